"""The clock's two views: mine, and everybody's."""

from datetime import datetime
from typing import Any

import orjson

from employees.selectors.entries import entry_document, open_entry
from employees.selectors.staff import staff
from employees.services.timesheets import NOBODY, shown, standings
from fynlo.accounts.actor import Actor


def my_status(*, by: Actor, now: datetime) -> str:
    """How I stand, with the open time entry if there is one."""
    found = standings(by.restaurant_id, now=now, members=[by.membership_id])
    entry = open_entry(by.membership_id)
    document = orjson.Fragment(entry_document(entry.pk)) if entry else None
    mine = shown(found.get(by.membership_id, NOBODY))
    return orjson.dumps({**mine, "entry": document}).decode()


def board(*, by: Actor, now: datetime) -> str:
    """Everybody on the staff, by name."""
    found = standings(by.restaurant_id, now=now)
    people = staff(by.restaurant_id, is_active=True).order_by("user__name", "pk")
    rows: list[dict[str, Any]] = [
        {
            "member": str(pk),
            "name": name,
            "job_title": job_title,
            **shown(found.get(pk, NOBODY)),
        }
        for pk, name, job_title in people.values_list("pk", "user__name", "job_title")
    ]
    return orjson.dumps({"results": rows}).decode()
