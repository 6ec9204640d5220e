"""The rota: planned as drafts, published in bulk, with what is wrong with it."""

from datetime import datetime, timedelta
from itertools import groupby, pairwise
from typing import Any, TypedDict, Unpack
from uuid import UUID

import orjson

from employees.documents import SHIFT
from employees.errors import TimesOutOfOrder
from employees.models import Shift
from employees.selectors.policy import policy_of
from employees.selectors.rota import drafts_around, lock_shift, lock_shifts, shift_document, shifts
from employees.selectors.staff import staff
from employees.services.hours import Rules
from fynlo.accounts.actor import Actor
from fynlo.clock import as_utc_text
from fynlo.db import check_version, created_before, transaction_required
from fynlo.errors import UnknownReference
from fynlo.events.log import append, append_all, append_deleted

LONGEST = timedelta(hours=24)


class ShiftFields(TypedDict, total=False):
    member: UUID | None
    job_title: str
    starts_at: datetime
    ends_at: datetime
    note: str


@transaction_required
def create_shift(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, **fields: Unpack[ShiftFields]
) -> tuple[str, bool]:
    """A draft: the document, and whether it is new.

    Raises IdConflict, TimesOutOfOrder, UnknownReference.
    """
    if created_before(Shift, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return shift_document(pk), False
    shift = Shift(pk=pk, restaurant_id=by.restaurant_id, fingerprint=fingerprint)
    _set(shift, fields)
    shift.save(force_insert=True)
    return append(kind="shift.created", document=SHIFT, entity_id=pk, by=by, now=now), True


def _set(shift: Shift, fields: ShiftFields) -> None:
    values: dict[str, Any] = {**fields}
    if "member" in values:
        values["member_id"] = values.pop("member")
    for name, value in values.items():
        setattr(shift, name, value)
    check_length(shift.starts_at, shift.ends_at)
    member = shift.member_id
    if member and not staff(shift.restaurant_id, is_active=True).filter(pk=member).exists():
        raise UnknownReference("Nobody like this works here.", field="member")


def check_length(starts_at: datetime, ends_at: datetime) -> None:
    """Raises TimesOutOfOrder."""
    if not timedelta() < ends_at - starts_at <= LONGEST:
        raise TimesOutOfOrder("A shift ends after it begins, and within 24 hours.", field="ends_at")


@transaction_required
def change_shift(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[ShiftFields],
) -> str:
    """The draft; what is published stays until it is published again.

    Raises NotFound, VersionConflict, TimesOutOfOrder, UnknownReference.
    """
    shift = lock_shift(by.restaurant_id, pk)
    check_version(shift.version, expected_version, document=lambda: shift_document(pk))
    _set(shift, fields)
    shift.version += 1
    shift.save()
    return append(kind="shift.updated", document=SHIFT, entity_id=pk, by=by, now=now)


@transaction_required
def cancel_shift(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """A draft is gone at once, a published shift when that is published. Nothing to show.

    Raises NotFound, VersionConflict.
    """
    shift = lock_shift(by.restaurant_id, pk)
    check_version(shift.version, expected_version, document=lambda: shift_document(pk))
    shift.is_cancelled = True
    shift.version += 1
    shift.save()
    if shift.published_starts_at is None:
        append_deleted(kind="shift.deleted", document=SHIFT, entity_id=pk, by=by, now=now)
    else:
        append(kind="shift.updated", document=SHIFT, entity_id=pk, by=by, now=now)
    return ""


@transaction_required
def publish(*, by: Actor, now: datetime, since: datetime, until: datetime) -> str:
    """All drafts that begin in this time: `{"published": n, "conflicts": […]}`. Conflicts are told
    and do not stop it. Locks the shifts."""
    rows = shifts(by.restaurant_id, since=since, until=until)
    changed = [shift for shift in lock_shifts(rows) if not shift.is_published_as_it_is]
    for shift in changed:
        gone = shift.is_cancelled
        shift.published_member_id = None if gone else shift.member_id
        shift.published_starts_at = None if gone else shift.starts_at
        shift.published_ends_at = None if gone else shift.ends_at
        shift.published_at = now
        shift.version += 1
    columns = ["published_member", "published_starts_at", "published_ends_at", "published_at",
               "version"]  # fmt: skip
    Shift.objects.bulk_update(changed, columns)
    found = conflicts(by.restaurant_id, since=since, until=until)
    append_all(
        kind="shift.published",
        document=SHIFT,
        entity_ids=[shift.pk for shift in changed],
        by=by,
        now=now,
    )
    return orjson.dumps({"published": len(changed), "conflicts": found}).decode()


def conflicts(restaurant_id: UUID, *, since: datetime, until: datetime) -> list[dict[str, Any]]:
    """Shifts of one person that overlap, or leave less rest between them than the rules ask for:
    `[{"kind": "overlap" | "rest", "member", "name", "shift", "next_shift", "minutes"}]`, `minutes`
    being those of the overlap or of the rest."""
    rest = timedelta(minutes=Rules.of(policy_of(restaurant_id).rules).rest_minutes)
    rows = list(drafts_around(restaurant_id, since=since, until=until))
    found = []
    for _, mine in groupby(rows, key=lambda shift: shift.member_id):
        for one, other in pairwise(mine):
            concerns = one.starts_at < until and other.ends_at > since
            gap = other.starts_at - one.ends_at
            if concerns and gap < max(rest, timedelta(seconds=1)) and (gap < timedelta() or rest):
                found.append(_conflict(one, other, gap))
    return found


def _conflict(one: Shift, other: Shift, gap: timedelta) -> dict[str, Any]:
    assert one.member
    return {
        "kind": "overlap" if gap < timedelta() else "rest",
        "member": str(one.member_id),
        "name": str(one.member.user),
        "shift": str(one.pk),
        "next_shift": str(other.pk),
        "next_starts_at": as_utc_text(other.starts_at),
        "minutes": abs(gap) // timedelta(minutes=1),
    }
