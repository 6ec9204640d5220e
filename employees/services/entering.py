"""Whole time entries that were never at the clock, entered by a manager for somebody else."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from employees.choices import Flag
from employees.documents import TIME_ENTRY
from employees.errors import OwnAdjustment
from employees.models import Break, TimeEntry
from employees.selectors.entries import break_types, entry_document
from employees.selectors.policy import policy_of
from employees.services.adjustments import ProposedBreak, check_order
from employees.services.clock import break_flags, naming_conflicts
from employees.services.periods import is_correction
from fynlo.accounts.actor import Actor
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import members_of, restaurant_profile
from fynlo.db import created_before, transaction_required
from fynlo.errors import UnknownReference
from fynlo.events.log import append


@transaction_required
def enter_time(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    member: UUID,
    started_at: datetime,
    ended_at: datetime,
    reason: str,
    breaks: Sequence[ProposedBreak] = (),
) -> tuple[str, bool]:
    """The time entry's document, and whether it is new. It is noted as `added`; in a locked
    period only an owner may. Job, wage and rules are those of now.

    Locks payroll periods. Raises IdConflict, UnknownReference, OwnAdjustment, TimesOutOfOrder,
    InTheFuture, PeriodLocked, TimesOverlap.
    """
    if created_before(TimeEntry, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return entry_document(pk), False
    person = _somebody_else(by, member)
    start, end = started_at.replace(microsecond=0), ended_at.replace(microsecond=0)
    check_order(start, end, breaks, now)
    is_correction(by=by, moments=[start, end])
    entry = TimeEntry(
        pk=pk,
        fingerprint=fingerprint,
        restaurant_id=by.restaurant_id,
        member=person,
        job_title=person.job_title,
        hourly_wage=person.hourly_wage,
        currency=restaurant_profile(by.restaurant_id).currency,
        rules=policy_of(by.restaurant_id).rules,
        clocked_in_at=start,
        started_at=start,
        ended_at=end,
        received_at=now,
        reason=reason,
    )
    with naming_conflicts(person.pk):
        entry.save(force_insert=True)
    _add_breaks(entry, breaks)
    entry.flags = sorted({Flag.ADDED.value, *break_flags(entry)})
    entry.save(update_fields=["flags"])
    text = append(kind="staff.hours_added", document=TIME_ENTRY, entity_id=pk, by=by, now=now)
    return text, True


def _somebody_else(by: Actor, member: UUID) -> Membership:
    person = members_of(by.restaurant_id).filter(pk=member).first()
    if person is None:
        raise UnknownReference("There is no such person.", field="member")
    if person.pk == by.membership_id:
        raise OwnAdjustment
    return person


def _add_breaks(entry: TimeEntry, breaks: Sequence[ProposedBreak]) -> None:
    kinds = {kind.pk: kind for kind in break_types(entry.restaurant_id)} if breaks else {}
    for row in breaks:
        kind = kinds.get(row["break_type"]) if row["break_type"] else None
        if row["break_type"] and kind is None:
            raise UnknownReference("There is no such break.", field="breaks")
        Break(
            entry=entry,
            kind=kind,
            name=kind.name if kind else "Break",
            is_paid=kind.is_paid if kind else False,
            expected_minutes=kind.expected_minutes if kind else 0,
            minimum_minutes=kind.minimum_minutes if kind else 0,
            started_at=row["started_at"].replace(microsecond=0),
            ended_at=row["ended_at"].replace(microsecond=0),
        ).save(force_insert=True)
