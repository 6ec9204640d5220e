"""What somebody should be told of while people are at work: overtime, breaks, forgotten clock-outs.

Each is told once for each time entry. Twice does no harm.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.core.mail import send_mail
from django.db import transaction

from employees.choices import Flag
from employees.documents import TIME_ENTRY
from employees.models import LabourPolicy, TimeEntry
from employees.selectors.entries import breaks_of, entries, lock_open_entries
from employees.selectors.policy import policy_of
from employees.selectors.rota import Planned, published_near
from employees.selectors.staff import staff
from employees.services.clock import LOOKS_AHEAD, break_flags
from employees.services.timesheets import Standing, standings
from fynlo.accounts.choices import GOVERNING
from fynlo.celery import app
from fynlo.db import transaction_required
from fynlo.events.log import Author, append_all

APPROACHING, BEGAN = "staff.overtime_approaching", "staff.overtime_started"
BREAK_DUE, FORGOTTEN = "staff.break_due", "staff.clock_out_forgotten"
_SUBJECTS = {
    APPROACHING: "{name} is about to work overtime",
    BEGAN: "{name} works overtime",
    FORGOTTEN: "{name} has not clocked out",
}
_LETTER = """{subject}.

At work since {since}, as {place} counts it.
"""


@transaction_required
def watch(*, by: Author, now: datetime) -> int:
    """Looks at everybody who is clocked in in one restaurant; how many things there were to tell.

    Locks the open time entries, skipping those that are being worked on.
    """
    policy, rows = policy_of(by.restaurant_id), lock_open_entries(by.restaurant_id)
    members = [entry.member_id for entry in rows]
    forgotten = _close_forgotten(rows, policy, now)
    known = standings(by.restaurant_id, now=now, members=members)
    told: dict[str, list[UUID]] = {FORGOTTEN: forgotten}
    for entry in rows:
        if entry.pk not in forgotten:
            for kind in _news(entry, known[entry.member_id], policy, now):
                told.setdefault(kind, []).append(entry.pk)
    for kind, ids in told.items():
        append_all(kind=kind, document=TIME_ENTRY, entity_ids=sorted(ids), by=by, now=now)
        if kind in _SUBJECTS:
            for pk in ids:
                transaction.on_commit(partial(_hand_over, kind, pk, by.restaurant_id), robust=True)
    return sum(len(ids) for ids in told.values())


def _hand_over(kind: str, pk: UUID, restaurant_id: UUID) -> None:
    given = {"kind": kind, "entry_id": str(pk), "restaurant_id": str(restaurant_id)}
    app.signature("employees.send_alert", kwargs=given).delay()


def _news(entry: TimeEntry, standing: Standing, policy: LabourPolicy, now: datetime) -> list[str]:
    """Marks the entry and saves it when there is any."""
    found = []
    left, ahead = standing.left, timedelta(minutes=policy.overtime_alert_minutes)
    if left == timedelta() and entry.overtime_began_at is None:
        entry.overtime_began_at = entry.overtime_warned_at = now
        found.append(BEGAN)
    elif left is not None and left <= ahead and entry.overtime_warned_at is None:
        entry.overtime_warned_at = now
        found.append(APPROACHING)
    due_at = standing.break_due_at
    if due_at is not None and due_at <= now and entry.break_warned_at is None:
        entry.break_warned_at = now
        found.append(BREAK_DUE)
    if found:
        entry.version += 1
        entry.save()
    return found


def _close_forgotten(rows: Iterable[TimeEntry], policy: LabourPolicy, now: datetime) -> list[UUID]:
    """Ends entries at the end of their shift, or after the longest time without one."""
    open_since = list(rows)
    earliest = min((entry.started_at for entry in open_since), default=now)
    shifts = published_near(
        [entry.member_id for entry in open_since],
        at=now,
        within=now - earliest + timedelta(hours=1),
    )
    closed = []
    for entry in open_since:
        end, deadline = _planned_end(entry, shifts, policy)
        if deadline <= now:
            _close(entry, min(end, now))
            closed.append(entry.pk)
    return closed


def _planned_end(
    entry: TimeEntry, shifts: Iterable[Planned], policy: LabourPolicy
) -> tuple[datetime, datetime]:
    """When it should have ended, and until when that may be late."""
    mine = [
        shift.ends_at
        for shift in shifts
        if shift.member_id == entry.member_id
        and shift.starts_at - LOOKS_AHEAD <= entry.started_at < shift.ends_at
    ]
    if mine:
        return mine[0], mine[0] + timedelta(minutes=policy.forgotten_minutes)
    longest = entry.started_at + timedelta(minutes=policy.longest_minutes)
    return longest, longest


def _close(entry: TimeEntry, at: datetime) -> None:
    """Nobody clocked out: `clocked_out_at` stays empty."""
    for row in breaks_of([entry.pk]).filter(ended_at=None):
        row.ended_at = max(at, row.started_at)
        row.save(update_fields=["ended_at"])
        at = row.ended_at
    entry.ended_at = at.replace(microsecond=0)
    entry.flags = sorted({*entry.flags, *break_flags(entry), Flag.FORGOTTEN.value})
    entry.version += 1
    entry.save()


def send_alert(*, kind: str, entry_id: UUID, restaurant_id: UUID) -> None:
    """To those who govern the restaurant. Nothing when the entry is gone."""
    found = entries(restaurant_id).filter(pk=entry_id).select_related("member__user", "restaurant")
    entry = found.first()
    if entry is None:
        return
    subject = _SUBJECTS[kind].format(name=entry.member.user)
    since = entry.started_at.strftime("%H:%M UTC")
    letter = _LETTER.format(subject=subject, since=since, place=entry.restaurant.name)
    people = staff(restaurant_id, is_active=True).filter(role__in=GOVERNING)
    for address in people.values_list("user__email", flat=True):
        send_mail(subject, letter, None, [address])
