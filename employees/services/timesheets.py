"""Stored time entries as the arithmetic of `hours` wants them, and what is said of them live."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from employees.choices import WorkState
from employees.models import Break, LabourPolicy, TimeEntry
from employees.selectors.entries import breaks_of, entries_around
from employees.selectors.policy import policy_of
from employees.services.hours import (
    Calendar,
    Hours,
    Pause,
    Rules,
    Work,
    by_day,
    next_break_due,
    total,
    until_overtime,
)
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import as_utc_text

A_DAY = timedelta(days=1)
A_WEEK = timedelta(days=7)


def calendar_of(restaurant_id: UUID, policy: LabourPolicy | None = None) -> Calendar:
    profile = restaurant_profile(restaurant_id)
    known = policy or policy_of(restaurant_id)
    return Calendar(profile.time_zone, profile.day_starts_at, known.week_starts_on)


def work_of(entry: TimeEntry, breaks: Iterable[Break], *, now: datetime) -> Work:
    """An open entry is taken to end now."""
    end = entry.ended_at or max(now.replace(microsecond=0), entry.started_at)
    pauses = tuple(Pause(row.started_at, row.ended_at, row.is_paid) for row in breaks)
    return Work(entry.started_at, end, Rules.of(entry.rules), entry.hourly_wage, pauses)


def entries_with_breaks(
    rows: Collection[TimeEntry],
) -> list[tuple[TimeEntry, list[Break]]]:
    """In one statement more."""
    breaks: dict[UUID, list[Break]] = {}
    for row in breaks_of([entry.pk for entry in rows]):
        breaks.setdefault(row.entry_id, []).append(row)
    return [(entry, breaks.get(entry.pk, [])) for entry in rows]


def works_between(
    restaurant_id: UUID,
    *,
    since: datetime,
    until: datetime,
    now: datetime,
    members: Collection[UUID] | None = None,
) -> dict[UUID, list[Work]]:
    """By member, in the order of time: two statements, however many they are."""
    rows = list(entries_around(restaurant_id, since=since, until=until, members=members))
    found: dict[UUID, list[Work]] = {}
    for entry, breaks in entries_with_breaks(rows):
        found.setdefault(entry.member_id, []).append(work_of(entry, breaks, now=now))
    return found


@dataclass(frozen=True, slots=True)
class Standing:
    """How somebody stands now. `left`: until overtime; None when they have none to come, or are
    not at work."""

    state: WorkState
    since: datetime | None
    today: Hours
    week: Hours
    break_due_at: datetime | None
    left: timedelta | None


def standings(
    restaurant_id: UUID, *, now: datetime, members: Collection[UUID] | None = None
) -> dict[UUID, Standing]:
    """Of whoever worked this week, or of these members as far as they did. Three statements."""
    calendar = calendar_of(restaurant_id)
    today = calendar.day_of(now)
    since = calendar.start_of(calendar.week_of(today))
    rows = list(entries_around(restaurant_id, since=since, until=now + A_DAY, members=members))
    by_member: dict[UUID, list[tuple[TimeEntry, list[Break]]]] = {}
    for entry, breaks in entries_with_breaks(rows):
        by_member.setdefault(entry.member_id, []).append((entry, breaks))
    return {member: _standing(entries, calendar, now=now) for member, entries in by_member.items()}


def _standing(
    rows: list[tuple[TimeEntry, list[Break]]], calendar: Calendar, *, now: datetime
) -> Standing:
    works = [work_of(entry, breaks, now=now) for entry, breaks in rows]
    days, today = by_day(works, calendar), calendar.day_of(now)
    monday = calendar.week_of(today)
    week = total(hours for day, hours in days.items() if calendar.week_of(day) == monday)
    entry, breaks = rows[-1]
    is_in = entry.ended_at is None
    paused = next((row for row in breaks if row.ended_at is None), None)
    return Standing(
        state=(WorkState.ON_BREAK if paused else WorkState.WORKING) if is_in else WorkState.OUT,
        since=paused.started_at if paused else entry.started_at if is_in else None,
        today=days.get(today, Hours()),
        week=week,
        break_due_at=next_break_due(works[-1]) if is_in else None,
        left=until_overtime(works, calendar, now=now) if is_in else None,
    )


NOBODY = Standing(WorkState.OUT, None, Hours(), Hours(), None, None)


def shown(standing: Standing) -> dict[str, Any]:
    """As clients read it: whole minutes, begun ones not counted."""
    return {
        "state": standing.state.value,
        "since": _text(standing.since),
        "minutes_today": minutes(standing.today.worked),
        "minutes_week": minutes(standing.week.worked),
        "overtime_minutes_week": minutes(standing.week.overtime),
        "next_break_due_at": _text(standing.break_due_at),
        "minutes_to_overtime": None if standing.left is None else minutes(standing.left),
    }


def minutes(length: timedelta) -> int:
    return length // timedelta(minutes=1)


def _text(at: datetime | None) -> str | None:
    return as_utc_text(at) if at else None
