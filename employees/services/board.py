"""The clock's two views: mine, and everybody's."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson

from employees.selectors.entries import entries, entry_document, open_entry
from employees.selectors.policy import policy_of
from employees.selectors.rota import published_shifts
from employees.selectors.staff import staff
from employees.services.timesheets import NOBODY, minutes, shown, standings
from fynlo.accounts.actor import Actor


def my_status(*, by: Actor, now: datetime) -> str:
    """How I stand, with the open time entry if there is one."""
    found = standings(by.restaurant_id, now=now, members=[by.membership_id])
    entry = open_entry(by.membership_id)
    document = orjson.Fragment(entry_document(entry.pk)) if entry else None
    mine = shown(found.get(by.membership_id, NOBODY))
    return orjson.dumps({**mine, "entry": document}).decode()


def _late(restaurant_id: UUID, *, now: datetime) -> dict[UUID, int]:
    """Who should be at work by the published rota and has not come, by how many minutes."""
    grace = timedelta(minutes=policy_of(restaurant_id).late_minutes)
    due = published_shifts(restaurant_id, since=now - timedelta(days=1), until=now - grace)
    rows = due.filter(published_ends_at__gt=now, published_member__isnull=False)
    came = entries(restaurant_id, since=now - timedelta(days=2)).values_list(
        "member_id", "ended_at"
    )
    found = {}
    for shift in rows:
        start = shift.published_starts_at
        assert start
        is_here = any(
            member == shift.published_member_id and (ended is None or ended > start)
            for member, ended in came
        )
        if not is_here and shift.published_member_id:
            found[shift.published_member_id] = minutes(now - start)
    return found


def board(*, by: Actor, now: datetime) -> str:
    """Everybody on the staff, by name."""
    found = standings(by.restaurant_id, now=now)
    late = _late(by.restaurant_id, now=now)
    people = staff(by.restaurant_id, is_active=True).order_by("user__name", "pk")
    rows: list[dict[str, Any]] = [
        {
            "member": str(pk),
            "name": name,
            "job_title": job_title,
            **shown(found.get(pk, NOBODY)),
            "minutes_late": late.get(pk),
        }
        for pk, name, job_title in people.values_list("pk", "user__name", "job_title")
    ]
    return orjson.dumps({"results": rows}).decode()
