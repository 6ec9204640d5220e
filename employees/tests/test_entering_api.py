"""Hours that never were at the clock."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from employees.models import TimeEntry
from employees.tests.calls import refusal, said, shift_worked
from fynlo.clock import as_utc_text, utc_now
from fynlo.events.reading import history
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def noon() -> datetime:
    """Of the day before yesterday."""
    return (utc_now() - 2 * 24 * HOUR).replace(hour=12, minute=0, second=0, microsecond=0)


def hours(member: Member, start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    times = {"started_at": as_utc_text(start), "ended_at": as_utc_text(end)}
    person = str(member.membership.pk)
    return {"member": person, **times, "reason": "The clock was broken", **more}


def test_a_manager_enters_hours_with_a_reason(
    manager: Member, server: Member, noon: datetime
) -> None:
    rest = [{"started_at": as_utc_text(noon + HOUR), "ended_at": as_utc_text(noon + 1.5 * HOUR)}]
    body = hours(server, noon, noon + 5 * HOUR, breaks=rest)
    entry = said(manager.post("time-entries/", body), 201)
    assert (entry["flags"], entry["clocked_out_at"]) == (["added"], None)
    assert (entry["reason"], len(entry["breaks"])) == ("The clock was broken", 1)
    assert said(server.get(f"time-entries/{entry['id']}/")) == entry
    (row,) = history(restaurant_id=server.restaurant.pk, entity_id=entry["id"])
    event = orjson.loads(row.envelope)
    assert (event["kind"], event["actor"]) == ("staff.hours_added", str(manager.membership.pk))
    day = noon.date()
    (pay,) = said(manager.get(f"payroll/?from={day}&to={day}"))["results"]
    assert (pay["regular_seconds"], pay["unpaid_break_seconds"]) == (4.5 * 3600, 1800)


def test_the_same_hours_twice_are_one(manager: Member, server: Member, noon: datetime) -> None:
    own_id = "01936f00-0000-7000-8000-000000000001"
    body = hours(server, noon, noon + HOUR, id=own_id)
    answers = [manager.post("time-entries/", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]


def test_nobody_enters_their_own(manager: Member, server: Member, noon: datetime) -> None:
    mine = hours(manager, noon, noon + HOUR)
    assert refusal(manager.post("time-entries/", mine)) == (403, "own_adjustment")
    theirs = hours(server, noon, noon + HOUR)
    assert refusal(server.post("time-entries/", theirs)) == (403, "permission_missing")


def test_what_overlaps_or_cannot_be_is_refused(
    manager: Member, server: Member, rival_owner: Member, noon: datetime
) -> None:
    shift_worked(server, noon, noon + 2 * HOUR)
    kept = set(TimeEntry.objects.values_list("pk", flat=True))
    soon = utc_now() + HOUR
    rest = [{"started_at": as_utc_text(noon), "ended_at": as_utc_text(noon + HOUR)}]
    later = noon + 3 * HOUR
    for body, answer in (
        (hours(server, noon + HOUR, noon + 3 * HOUR), (409, "times_overlap")),
        (hours(server, later, later - HOUR), (422, "times_out_of_order")),
        (hours(server, noon - 8 * 24 * HOUR, noon - HOUR), (422, "times_out_of_order")),
        (hours(server, later, later + HOUR, breaks=rest), (422, "times_out_of_order")),
        (hours(server, soon - 2 * HOUR, soon), (422, "in_the_future")),
        (hours(rival_owner, later, later + HOUR), (422, "unknown_reference")),
    ):
        assert refusal(manager.post("time-entries/", body)) == answer
    assert set(TimeEntry.objects.values_list("pk", flat=True)) == kept


def test_in_a_locked_period_an_owner_leaves_a_correction(
    manager: Member, owner: Member, server: Member, noon: datetime
) -> None:
    shift_worked(server, noon, noon + HOUR)
    day = noon.date().isoformat()
    made = said(manager.post("payroll/periods/", {"starts_on": day, "ends_on": day}), 201)
    said(manager.post(f"payroll/periods/{made['id']}/lock/"))
    body = hours(server, noon + 2 * HOUR, noon + 3 * HOUR)
    assert refusal(manager.post("time-entries/", body)) == (409, "period_locked")
    said(owner.post("time-entries/", body), 201)
    (correction,) = said(manager.get(f"payroll/?from={day}&to={day}"))["corrections"]
    assert correction["regular_seconds"] == 3600
