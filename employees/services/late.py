"""Which time entry a punch is about that a device tells afterwards, in whatever order."""

from datetime import datetime, timedelta

from django.db.models import QuerySet

from employees.choices import Punch
from employees.models import LabourPolicy, TimeEntry
from employees.selectors.entries import (
    known_hours,
    lock_first,
    lock_open_entry,
    open_entry,
    unended,
)
from employees.services.evidence import Told
from fynlo.accounts.actor import Actor


def entry_of(by: Actor, policy: LabourPolicy, told: Told, now: datetime) -> TimeEntry | None:
    """The open entry; of what is told late, else the one whose end is not known, else hours that
    have ended. Locked to the end of the transaction."""
    entry = lock_open_entry(by.membership_id)
    if not told.is_late_news(now) or _is_of(entry, told, now):
        return entry
    found = lock_first(_assumed(by, policy, told, now))
    return found or ended_hours(by, policy, told, now) or entry


def ended_hours(by: Actor, policy: LabourPolicy, told: Told, now: datetime) -> TimeEntry | None:
    """The hours that this was in, or that another punch contradicted shortly before. Locked to the
    end of the transaction."""
    at, is_clock_in = told.happened_at(now), told.punch == Punch.CLOCK_IN
    since = at if is_clock_in else at - timedelta(minutes=policy.longest_minutes)
    return lock_first(known_hours(by.membership_id, at=at, contradicted_since=since))


def times_touched(by: Actor, policy: LabourPolicy, told: Told, now: datetime) -> list[datetime]:
    """Those of the entry that this ends although it has an end already. Reads only."""
    if told.punch == Punch.CLOCK_IN or _is_of(open_entry(by.membership_id), told, now):
        return []
    row = _assumed(by, policy, told, now).first()
    return [moment for moment in (row.started_at, row.ended_at) if moment] if row else []


def _is_of(entry: TimeEntry | None, told: Told, now: datetime) -> bool:
    return entry is not None and entry.started_at <= told.happened_at(now)


def _assumed(by: Actor, policy: LabourPolicy, told: Told, now: datetime) -> QuerySet[TimeEntry]:
    at = told.happened_at(now)
    since = at - timedelta(minutes=policy.longest_minutes)
    return unended(by.membership_id, since=since, until=at)
