"""The clock: in, out, breaks. What PostgreSQL refuses is refused here by name.

Nobody is locked to clock in: of two devices that do it at once, `one_open_time_entry` lets one
through. Everything else locks the open entry first.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction

from employees.choices import EarlyMode, Flag, Punch
from employees.documents import TIME_ENTRY
from employees.errors import (
    AlreadyClockedIn,
    AlreadyOnBreak,
    InTheFuture,
    NotClockedIn,
    NotOnBreak,
    PunchBlocked,
    TimesOutOfOrder,
    TimesOverlap,
    TooEarly,
    TooLongAgo,
)
from employees.models import Break, BreakType, ClockAttempt, LabourPolicy, TimeEntry
from employees.selectors.entries import (
    break_types,
    breaks_of,
    entry_document,
    open_break,
    open_entry,
    was_at_work,
)
from employees.selectors.policy import policy_of
from employees.selectors.rota import published_near
from employees.services.evidence import Judged, Told, attempt_of, judged
from employees.services.hours import Pause, Rules, Work, missing_breaks
from employees.services.late import ended_hours, entry_of, times_touched
from employees.services.periods import is_correction
from employees.services.signals import SUSPICIOUS, blocks, risk_of
from fynlo.accounts.actor import Actor
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import member_rows, restaurant_profile
from fynlo.clock import as_utc_text
from fynlo.db import created_before, transaction_required
from fynlo.errors import DomainError, UnknownReference
from fynlo.events.log import append

# A shift that begins later than that is not what somebody comes for.
LOOKS_AHEAD = timedelta(hours=12)
# Devices' clocks are never quite right: so much ahead counts as now.
AHEAD = timedelta(minutes=2)
# What a device has kept for longer is put right by an adjustment.
OLDEST = timedelta(days=31)
KINDS = {
    Punch.CLOCK_IN: "staff.clocked_in",
    Punch.CLOCK_OUT: "staff.clocked_out",
    Punch.BREAK_START: "staff.break_started",
    Punch.BREAK_END: "staff.break_ended",
}


@transaction_required
def clock_in(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, told: Told
) -> tuple[str, bool]:
    """The time entry's document, and whether it is new.

    One that is told late, while other hours are in the way, is kept without any length until its
    clock-out is told. What is told late of hours that have ended is kept with them.
    Raises IdConflict, InTheFuture, TooLongAgo, PeriodLocked, PunchBlocked, AlreadyClockedIn,
    TimesOverlap, TooEarly.
    """
    if created_before(TimeEntry, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return entry_document(pk), False
    member, policy = _member(by), policy_of(by.restaurant_id)
    verdict = _allowed(by, member, policy, told, now)
    at = told.happened_at(now)
    known = ended_hours(by, policy, told, now) if told.is_late_news(now) else None
    if known is not None:
        return _contradicted(by, known, verdict, now), False
    flags = _flags(verdict, now) + _early(member, policy, told, now)
    entry = TimeEntry(
        pk=pk,
        fingerprint=fingerprint,
        restaurant_id=by.restaurant_id,
        member=member,
        job_title=member.job_title,
        hourly_wage=member.hourly_wage,
        currency=restaurant_profile(by.restaurant_id).currency,
        rules=policy.rules,
        clocked_in_at=at,
        started_at=at,
        received_at=now,
        flags=sorted(flags),
    )
    _insert(entry, is_late=told.is_late_news(now))
    return _recorded(by, entry, verdict, now), True


def _insert(entry: TimeEntry, *, is_late: bool) -> None:
    """Raises AlreadyClockedIn, TimesOverlap."""
    try:
        with naming_conflicts(entry.member_id):
            entry.save(force_insert=True)
    except (AlreadyClockedIn, TimesOverlap):
        if not is_late or was_at_work(entry.member_id, entry.started_at):
            raise
        entry.ended_at = entry.started_at
        entry.flags = sorted({*entry.flags, Flag.FORGOTTEN.value})
        entry.save(force_insert=True)


def _member(by: Actor) -> Membership:
    return member_rows(by.membership_id).get()


def _allowed(
    by: Actor, member: Membership, policy: LabourPolicy, told: Told, now: datetime
) -> Judged:
    """Raises InTheFuture, TooLongAgo, PeriodLocked, PunchBlocked."""
    occurred_at = told.occurred_at or now
    if occurred_at > now + AHEAD:
        raise InTheFuture(field="occurred_at")
    if occurred_at < now - OLDEST:
        raise TooLongAgo(field="occurred_at")
    if told.is_late_news(now):
        is_correction(by=by, moments=[occurred_at, *times_touched(by, policy, told, now)])
    verdict = judged(told=told, policy=policy, member=member, device_id=by.device_id, now=now)
    if blocks(verdict.found) and not told.is_late_news(now):
        raise PunchBlocked(extra={"signals": [dict(one) for one in verdict.found]})
    return verdict


def _flags(verdict: Judged, now: datetime) -> list[str]:
    flags = []
    if verdict.told.is_late_news(now):
        flags.append(Flag.OFFLINE.value)
    if risk_of(verdict.found) >= SUSPICIOUS:
        flags.append(Flag.SUSPICIOUS.value)
    return flags


def _early(member: Membership, policy: LabourPolicy, told: Told, now: datetime) -> list[str]:
    """Before the next shift, and in none. Raises TooEarly where that is not allowed."""
    at, ahead = told.happened_at(now), timedelta(minutes=policy.early_minutes)
    near = published_near([member.pk], at=at, within=LOOKS_AHEAD)
    later = [shift.starts_at for shift in near if shift.starts_at > at]
    if not later or any(shift.starts_at - ahead <= at < shift.ends_at for shift in near):
        return []
    if policy.early_mode == EarlyMode.REFUSE and not told.is_late_news(now):
        raise TooEarly(extra={"starts_at": as_utc_text(later[0])})
    return [Flag.EARLY.value]


@contextmanager
def naming_conflicts(member_id: UUID) -> Iterator[None]:
    """Raises AlreadyClockedIn or TimesOverlap for the constraint that was violated.

    In a savepoint: what was there before can still be read.
    """
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        _raise_named(error, member_id)
        raise


def _raise_named(error: IntegrityError, member_id: UUID) -> None:
    diagnosis = getattr(error.__cause__, "diag", None)
    violated = getattr(diagnosis, "constraint_name", None)
    present = open_entry(member_id)
    if violated == "one_open_time_entry" and present is not None:
        raise AlreadyClockedIn(extra={"current": entry_document(present.pk)}) from error
    if violated in ("one_open_time_entry", "time_entry_no_overlap"):
        raise TimesOverlap from error


def _contradicted(by: Actor, entry: TimeEntry, verdict: Judged, now: datetime) -> str:
    """What was told late of hours that have ended changes no times: somebody must look at it."""
    at, noted = verdict.told.happened_at(now), _flags(verdict, now)
    if at not in (entry.clocked_in_at, entry.clocked_out_at):
        noted.append(Flag.CONTRADICTED.value)
    entry.flags = sorted({*entry.flags, *noted})
    entry.version += 1
    entry.save()
    return _recorded(by, entry, verdict, now, kind="staff.hours_contradicted")


def _recorded(
    by: Actor, entry: TimeEntry, verdict: Judged, now: datetime, *, kind: str | None = None
) -> str:
    """The accepted attempt, and the event; without `kind` that of the punch. Call when the entry
    is saved."""
    attempt = attempt_of(
        verdict,
        restaurant_id=by.restaurant_id,
        member_id=by.membership_id,
        device_id=by.device_id,
        now=now,
    )
    attempt.entry = entry
    attempt.save(force_insert=True)
    told = verdict.told
    return append(
        kind=kind or KINDS[told.punch],
        document=TIME_ENTRY,
        entity_id=entry.pk,
        by=by,
        now=now,
        occurred_at=told.happened_at(now),
    )


@transaction_required
def clock_out(*, by: Actor, now: datetime, told: Told) -> str:
    """The time entry's document. An open break ends with it, and is noted.

    Locks the entry. Raises NotClockedIn, TimesOutOfOrder, InTheFuture, TooLongAgo, PunchBlocked.
    """
    entry, verdict = _begun(by, told, now)
    if not entry.lacks_end:
        return _contradicted(by, entry, verdict, now)
    at = _in_order(_last_moment(entry), told, now)
    paused = open_break(entry)
    if paused is not None:
        _end(paused, at)
    entry.clocked_out_at = entry.ended_at = at
    noted = {*entry.flags} - {Flag.FORGOTTEN.value}
    entry.flags = sorted({*noted, *_flags(verdict, now), *break_flags(entry)})
    if paused is not None:
        entry.flags = sorted({*entry.flags, Flag.BREAK_LEFT_OPEN.value})
    if told.waives_break and Flag.BREAK_MISSED in entry.flags:
        entry.flags = sorted({*entry.flags, Flag.BREAK_WAIVED.value} - {Flag.BREAK_MISSED.value})
    entry.version += 1
    with naming_conflicts(entry.member_id):
        entry.save()
    return _recorded(by, entry, verdict, now)


def _begun(by: Actor, told: Told, now: datetime) -> tuple[TimeEntry, Judged]:
    """The entry that it is about, locked. Raises NotClockedIn, and as `_allowed` does."""
    policy = policy_of(by.restaurant_id)
    verdict = _allowed(by, _member(by), policy, told, now)
    entry = entry_of(by, policy, told, now)
    if entry is None:
        raise NotClockedIn
    return entry, verdict


def _in_order(since: datetime, told: Told, now: datetime) -> datetime:
    at = told.happened_at(now)
    if at < since:
        raise TimesOutOfOrder(field="occurred_at")
    return at


def _end(paused: Break, at: datetime) -> None:
    paused.ended_at = max(at, paused.started_at)
    paused.save(update_fields=["ended_at"])


def break_flags(entry: TimeEntry) -> set[str]:
    """What is to be noted of the breaks of an entry that has ended."""
    assert entry.ended_at
    rows = list(breaks_of([entry.pk]))
    pauses = tuple(Pause(row.started_at, row.ended_at, row.is_paid) for row in rows)
    work = Work(entry.started_at, entry.ended_at, Rules.of(entry.rules), 0, pauses)
    flags = {Flag.BREAK_MISSED.value} if missing_breaks(work) else set()
    if any(_is_short(row) for row in rows):
        flags.add(Flag.BREAK_SHORT.value)
    return flags


def _is_short(row: Break) -> bool:
    if row.ended_at is None:
        return False
    return row.ended_at - row.started_at < timedelta(minutes=row.minimum_minutes)


@transaction_required
def start_break(*, by: Actor, now: datetime, told: Told) -> str:
    """The time entry's document.

    Locks the entry. Raises NotClockedIn, AlreadyOnBreak, UnknownReference, and as `clock_out`.
    """
    entry, verdict = _begun(by, told, now)
    if not entry.lacks_end:
        return _contradicted(by, entry, verdict, now)
    if open_break(entry) is not None:
        raise AlreadyOnBreak
    kind = _kind(by.restaurant_id, told.break_type)
    paused = Break(entry=entry, started_at=_in_order(_last_moment(entry), told, now), name="Break")
    if kind is not None:
        paused.kind, paused.name, paused.is_paid = kind, kind.name, kind.is_paid
        paused.expected_minutes, paused.minimum_minutes = (
            kind.expected_minutes,
            kind.minimum_minutes,
        )
    paused.save(force_insert=True)
    return _moved(by, entry, verdict, now)


def _kind(restaurant_id: UUID, pk: UUID | None) -> BreakType | None:
    if pk is None:
        return None
    found = break_types(restaurant_id).filter(pk=pk).first()
    if found is None:
        raise UnknownReference("There is no such break.", field="break_type")
    return found


def _last_moment(entry: TimeEntry) -> datetime:
    moments = [row.ended_at or row.started_at for row in breaks_of([entry.pk])]
    return max([entry.started_at, *moments])


def _moved(by: Actor, entry: TimeEntry, verdict: Judged, now: datetime) -> str:
    entry.flags = sorted({*entry.flags, *_flags(verdict, now)})
    entry.version += 1
    entry.save()
    return _recorded(by, entry, verdict, now)


@transaction_required
def end_break(*, by: Actor, now: datetime, told: Told) -> str:
    """The time entry's document. Locks the entry. Raises NotOnBreak, and as `clock_out`."""
    entry, verdict = _begun(by, told, now)
    if not entry.lacks_end:
        return _contradicted(by, entry, verdict, now)
    paused = open_break(entry)
    if paused is None:
        raise NotOnBreak
    _end(paused, _in_order(paused.started_at, told, now))
    entry.break_warned_at = None
    return _moved(by, entry, verdict, now)


@transaction_required
def record_refusal(
    *,
    restaurant_id: UUID,
    device_id: UUID | None,
    member_id: UUID | None,
    now: datetime,
    told: Told,
    refusal: DomainError,
) -> None:
    """A punch that was not accepted, in a transaction of its own: the punch's was undone.

    Whose code was typed with a wrong PIN is not looked up: it would take longer than for nobody's.
    """
    member = member_rows(member_id).first() if member_id else None
    verdict = judged(
        told=told,
        policy=policy_of(restaurant_id),
        member=member,
        device_id=device_id,
        now=now,
    )
    attempt: ClockAttempt = attempt_of(
        verdict,
        restaurant_id=restaurant_id,
        member_id=member.pk if member else None,
        device_id=device_id,
        now=now,
    )
    attempt.refusal = refusal.code
    attempt.save(force_insert=True)
