"""What nobody else remembered: every few seconds, everything that is overdue.

What a sweep finds it hands to workers, one task each; every task looks again under its own locks,
so that two sweeps, or a sweep and a webhook, do it once.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from fynlo.celery import app
from fynlo.db import transaction_required
from payments.selectors.attempts import lock_overdue, lock_to_poll, unfinished_calls
from payments.selectors.refunds import lock_refunds_to_poll
from payments.selectors.webhooks import webhooks_waiting
from payments.services.watching import plan_poll, plan_refund_poll

AT_ONCE = 200
# Whoever planned a call makes it itself within this time, if it lives.
LEFT_ALONE = timedelta(seconds=10)


@transaction_required
def overdue(*, now: datetime) -> list[UUID]:
    """Attempts whose time is up; those that somebody else holds are found by the next sweep."""
    return lock_overdue(now=now, limit=AT_ONCE)


@transaction_required
def to_poll(*, now: datetime) -> tuple[list[UUID], list[UUID]]:
    """Attempts and refunds to ask the providers about. Each is planned anew before it is asked
    about: a worker that dies with one loses one poll."""
    attempts = lock_to_poll(now=now, limit=AT_ONCE)
    for attempt in attempts:
        attempt.polls += 1
        plan_poll(attempt, now=now)
        attempt.save(update_fields=["polls", "poll_at", "is_watched"])
    refunds = lock_refunds_to_poll(now=now, limit=AT_ONCE)
    for refund in refunds:
        refund.polls += 1
        plan_refund_poll(refund, now=now)
        refund.save(update_fields=["polls", "poll_at", "is_watched"])
    return [attempt.pk for attempt in attempts], [refund.pk for refund in refunds]


def hand_out(task: str, name: str, ids: Iterable[UUID]) -> None:
    """One task for each."""
    for pk in ids:
        app.signature(task, kwargs={name: str(pk)}).delay()


def left_calls(*, now: datetime) -> list[UUID]:
    """Calls that somebody planned and did not live to make, or that are to be made again."""
    return unfinished_calls(before=now - LEFT_ALONE, limit=AT_ONCE)


def left_webhooks(*, now: datetime) -> list[UUID]:
    return webhooks_waiting(now=now, limit=AT_ONCE)
