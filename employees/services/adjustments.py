"""Hours put right: somebody asks, somebody else decides, and nothing is overwritten unseen.

Order of locks: payroll periods, the time entry, the adjustment, the event cursor.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypedDict
from uuid import UUID

import orjson

from employees.choices import ADJUSTMENT_TRANSITIONS, AdjustmentState, Flag
from employees.documents import ADJUSTMENT, TIME_ENTRY
from employees.errors import InTheFuture, OwnAdjustment, TimesOutOfOrder
from employees.models import Adjustment, Break, TimeEntry
from employees.selectors.entries import (
    break_types,
    break_types_ever,
    breaks_of,
    entries_in_reach,
    entry_document,
    lock_entry,
)
from employees.selectors.payroll import adjustment_document, adjustment_of, lock_adjustment
from employees.services.clock import break_flags, naming_conflicts
from employees.services.periods import is_correction
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.clock import as_utc_text
from fynlo.db import check_version, created_before, transaction_required
from fynlo.errors import NotFound, UnknownReference, move
from fynlo.events.log import append

LONGEST = timedelta(days=7)


class ProposedBreak(TypedDict):
    started_at: datetime
    ended_at: datetime
    break_type: UUID | None


@transaction_required
def request_adjustment(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    entry: UUID,
    started_at: datetime,
    ended_at: datetime,
    reason: str,
    breaks: Sequence[ProposedBreak] | None = None,
) -> tuple[str, bool]:
    """The adjustment's document, and whether it is new. `breaks` replace all that there are; None
    keeps them. One asks for oneself, a manager for anybody.

    Raises NotFound, IdConflict, TimesOutOfOrder, InTheFuture, UnknownReference.
    """
    if created_before(Adjustment, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return adjustment_document(pk), False
    found = entries_in_reach(by).filter(pk=entry).first()
    if found is None:
        raise NotFound
    if found.member_id != by.membership_id:
        by.must(Permission.MANAGE_TIME)
    start, end = started_at.replace(microsecond=0), ended_at.replace(microsecond=0)
    check_order(start, end, breaks or (), now)
    adjustment = Adjustment(
        pk=pk,
        restaurant_id=by.restaurant_id,
        fingerprint=fingerprint,
        entry=found,
        proposed_started_at=start,
        proposed_ended_at=end,
        proposed_breaks=_kept(by.restaurant_id, breaks),
        reason=reason,
        requested_by_id=by.membership_id,
        requested_at=now,
    )
    adjustment.save(force_insert=True)
    text = append(kind="adjustment.requested", document=ADJUSTMENT, entity_id=pk, by=by, now=now)
    return text, True


def check_order(
    start: datetime, end: datetime, breaks: Sequence[ProposedBreak], now: datetime
) -> None:
    """Breaks come one after the other, within the hours, and those within a week."""
    if end - start > LONGEST:
        raise TimesOutOfOrder("Hours end within a week. Look at the times.", field="ended_at")
    if end > now:
        raise InTheFuture(field="ended_at")
    at = start
    for row in sorted(breaks, key=lambda row: row["started_at"]):
        if row["started_at"] < at or row["ended_at"] < row["started_at"]:
            raise TimesOutOfOrder(field="breaks")
        at = row["ended_at"]
    if end < at:
        raise TimesOutOfOrder(field="breaks" if breaks else "ended_at")


def _kept(
    restaurant_id: UUID, breaks: Sequence[ProposedBreak] | None
) -> list[dict[str, Any]] | None:
    if breaks is None:
        return None
    kinds = {row["break_type"] for row in breaks if row["break_type"]}
    if break_types(restaurant_id).filter(pk__in=kinds).count() != len(kinds):
        raise UnknownReference("There is no such break.", field="breaks")
    return [
        {
            "started_at": as_utc_text(row["started_at"].replace(microsecond=0)),
            "ended_at": as_utc_text(row["ended_at"].replace(microsecond=0)),
            "break_type": str(row["break_type"]) if row["break_type"] else None,
        }
        for row in breaks
    ]


@transaction_required
def approve_adjustment(
    *, by: Actor, now: datetime, pk: UUID, note: str = "", expected_version: int | None = None
) -> str:
    """The adjustment's document; the time entry now counts as proposed.

    Raises NotFound, VersionConflict, TransitionNotAllowed, OwnAdjustment, PeriodLocked,
    TimesOverlap, TimesOutOfOrder when the breaks that there are do not fit.
    """
    known = adjustment_of(by.restaurant_id, pk)
    ends = [known.entry.ended_at] if known.entry.ended_at else []
    moments = [
        known.entry.started_at, *ends, known.proposed_started_at, known.proposed_ended_at,
    ]  # fmt: skip
    corrects = is_correction(by=by, moments=moments)
    entry = lock_entry(by.restaurant_id, known.entry_id)
    adjustment = _decide(
        by=by,
        pk=pk,
        state=AdjustmentState.APPROVED,
        note=note,
        expected_version=expected_version,
        now=now,
    )
    adjustment.is_correction = corrects
    adjustment.before = orjson.loads(entry_document(entry.pk))
    adjustment.save()
    _apply(adjustment, entry)
    append(kind="staff.hours_adjusted", document=TIME_ENTRY, entity_id=entry.pk, by=by, now=now)
    return append(kind="adjustment.approved", document=ADJUSTMENT, entity_id=pk, by=by, now=now)


def _decide(
    *,
    by: Actor,
    pk: UUID,
    state: AdjustmentState,
    note: str,
    expected_version: int | None,
    now: datetime,
) -> Adjustment:
    """Not saved yet."""
    adjustment = lock_adjustment(by.restaurant_id, pk)
    check_version(adjustment.version, expected_version, document=lambda: adjustment_document(pk))
    adjustment.state = move(adjustment.state, state, ADJUSTMENT_TRANSITIONS)
    if by.membership_id in (adjustment.requested_by_id, adjustment.entry.member_id):
        raise OwnAdjustment
    adjustment.decided_by_id, adjustment.decided_at, adjustment.note = by.membership_id, now, note
    adjustment.version += 1
    return adjustment


def _apply(adjustment: Adjustment, entry: TimeEntry) -> None:
    entry.started_at = adjustment.proposed_started_at
    entry.ended_at = adjustment.proposed_ended_at
    if adjustment.proposed_breaks is None:
        _check_breaks(entry)
    else:
        _replace_breaks(adjustment, entry)
    noted = {Flag.BREAK_MISSED.value, Flag.BREAK_SHORT.value}
    entry.flags = sorted(({*entry.flags} - noted) | break_flags(entry) | {Flag.ADJUSTED.value})
    entry.version += 1
    with naming_conflicts(entry.member_id):
        entry.save()


def _check_breaks(entry: TimeEntry) -> None:
    """An open one ends with the entry."""
    assert entry.ended_at
    rows = list(breaks_of([entry.pk]))
    for row in rows:
        if row.started_at < entry.started_at or (row.ended_at or row.started_at) > entry.ended_at:
            raise TimesOutOfOrder(
                "The breaks do not fit into these hours. Propose other ones.", field="breaks"
            )
        if row.ended_at is None:
            row.ended_at = entry.ended_at
            row.save(update_fields=["ended_at"])


def _replace_breaks(adjustment: Adjustment, entry: TimeEntry) -> None:
    old = breaks_of([entry.pk])
    old.filter(ended_at=None).update(ended_at=entry.ended_at)
    old.update(replaced_by=adjustment)
    kinds = {str(kind.pk): kind for kind in break_types_ever(entry.restaurant_id)}
    fresh = []
    for row in adjustment.proposed_breaks or []:
        kind = kinds.get(row["break_type"] or "")
        fresh.append(
            Break(
                entry=entry,
                kind=kind,
                name=kind.name if kind else "Break",
                is_paid=kind.is_paid if kind else False,
                expected_minutes=kind.expected_minutes if kind else 0,
                minimum_minutes=kind.minimum_minutes if kind else 0,
                started_at=row["started_at"],
                ended_at=row["ended_at"],
            )
        )
    Break.objects.bulk_create(fresh)


@transaction_required
def reject_adjustment(
    *, by: Actor, now: datetime, pk: UUID, note: str = "", expected_version: int | None = None
) -> str:
    """The adjustment's document. The time entry stays as it is.

    Raises NotFound, VersionConflict, TransitionNotAllowed, OwnAdjustment.
    """
    lock_entry(by.restaurant_id, adjustment_of(by.restaurant_id, pk).entry_id)
    _decide(
        by=by,
        pk=pk,
        state=AdjustmentState.REJECTED,
        note=note,
        expected_version=expected_version,
        now=now,
    ).save()
    return append(kind="adjustment.rejected", document=ADJUSTMENT, entity_id=pk, by=by, now=now)
