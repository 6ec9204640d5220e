"""The end of a business day: nothing may be open, then the Z report is written, once.

A worker does it in steps, each in a transaction of its own that says how far it is; whoever dies
between two leaves a row that another worker takes up.
"""

from dataclasses import asdict
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db import transaction

from fynlo.accounts.actor import Actor, System
from fynlo.accounts.selectors import restaurant_profile
from fynlo.celery import app
from fynlo.clock import as_utc_text, business_date
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import append
from payments.choices import CLOSE_TRANSITIONS, CloseState
from payments.documents import DAY_CLOSE
from payments.errors import DayAlreadyClosed, DayBlocked, DayNotOver
from payments.models import DayClose
from payments.selectors.day import (
    blockers,
    close_document,
    day_closes,
    day_figures,
    last_number,
    lock_close,
    unfinished_closes,
)

LEFT_ALONE = timedelta(minutes=1)
_PROGRESS = {CloseState.CHECKING: 0, CloseState.SUMMING: 40, CloseState.DONE: 100}


def day_of(by: Actor, day: date | None, *, now: datetime) -> date:
    """Today's business day when None. Raises DayNotOver for one that has not begun."""
    profile = restaurant_profile(by.restaurant_id)
    today = business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)
    if day is not None and day > today:
        raise DayNotOver(field="business_date")
    return day or today


@transaction_required
def close_day(
    *, by: Actor, now: datetime, pk: UUID, day: date | None = None, override: bool = False
) -> str:
    """Begin to close a business day; a worker does the rest. The document with its `status_url`.

    `override` closes over what stands in the way, and says so for ever.
    Raises DayNotOver, DayAlreadyClosed, DayBlocked.
    """
    closing = day_of(by, day, now=now)
    if day_closes(by.restaurant_id).filter(business_date=closing).exists():
        raise DayAlreadyClosed
    found = [asdict(one) for one in blockers(by.restaurant_id, closing) if one.is_blocking]
    if found and not override:
        raise DayBlocked(extra={"blockers": found})
    DayClose.objects.create(
        pk=pk,
        restaurant_id=by.restaurant_id,
        business_date=closing,
        overridden=found,
        requested_by_id=by.membership_id,
        requested_at=now,
        touched_at=now,
    )
    append(kind="day.closing", document=DAY_CLOSE, entity_id=pk, by=by, now=now)
    hand_out(pk)
    url = f"/api/v1/payments/day/closes/{pk}/"
    return f'{close_document(pk)[:-1]},"status_url":"{url}"}}'


def hand_out(pk: UUID) -> None:
    """To a worker, after commit."""
    task = app.signature("payments.close_day", kwargs={"close_id": str(pk)})
    transaction.on_commit(task.delay, robust=True)


@transaction_required
def take_step(*, close_id: UUID, now: datetime) -> bool:
    """One step on; whether there is another. Doing a step again does no harm.

    Locks the restaurant, the close. Raises NotFound.
    """
    close = lock_close(close_id)
    if close.state == CloseState.DONE:
        return False
    if close.state == CloseState.CHECKING:
        _advance(close, CloseState.SUMMING, now=now)
        return True
    close.report = {
        "business_date": close.business_date.isoformat(),
        "currency": restaurant_profile(close.restaurant_id).currency,
        "reported_at": as_utc_text(now),
        **day_figures(close.restaurant_id, close.business_date),
    }
    close.number, close.closed_at = last_number(close.restaurant_id) + 1, now
    _advance(close, CloseState.DONE, now=now)
    return False


def _advance(close: DayClose, state: CloseState, *, now: datetime) -> None:
    close.state = move(close.state, state, CLOSE_TRANSITIONS)
    close.progress, close.touched_at = _PROGRESS[state], now
    close.version += 1
    close.save()
    kind = "day.closed" if state == CloseState.DONE else "day.closing"
    by = System(close.restaurant_id)
    append(kind=kind, document=DAY_CLOSE, entity_id=close.pk, by=by, now=now)


@transaction_required
def resume(*, now: datetime) -> None:
    """Hand out again what nobody has touched for a minute."""
    for pk in unfinished_closes(before=now - LEFT_ALONE):
        hand_out(pk)
