from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.db import Error, transaction

from employees.models import Adjustment, Break, TimeEntry
from employees.tests.calls import punch, refusal, said, shift_worked
from fynlo.accounts.choices import Role
from fynlo.clock import as_utc_text, utc_now
from fynlo.testing.cast import Member, hire

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def noon() -> datetime:
    """Of the day before yesterday."""
    return (utc_now() - 2 * 24 * HOUR).replace(hour=12, minute=0, second=0, microsecond=0)


@pytest.fixture
def entry(server: Member, noon: datetime) -> dict[str, Any]:
    """From noon to five."""
    return shift_worked(server, noon, noon + 5 * HOUR)


def proposal(start: datetime, end: datetime, **more: Any) -> dict[str, Any]:
    times = {"started_at": as_utc_text(start), "ended_at": as_utc_text(end)}
    return {**times, "reason": "Forgot the clock", **more}


def asked(by: Member, entry: dict[str, Any], body: dict[str, Any]) -> dict[str, Any]:
    return said(by.post(f"time-entries/{entry['id']}/adjustments/", body), 201)


def decide(by: Member, adjustment: dict[str, Any], verb: str = "approve") -> Any:
    return by.post(f"adjustments/{adjustment['id']}/{verb}/", {"note": "Saw it"})


def test_what_was_asked_for_counts_when_somebody_else_approves(
    manager: Member, server: Member, entry: dict[str, Any], noon: datetime
) -> None:
    adjustment = asked(server, entry, proposal(noon - HOUR, noon + 6 * HOUR))
    assert adjustment["state"] == "PENDING"
    approved = said(decide(manager, adjustment))
    assert (approved["state"], approved["note"]) == ("APPROVED", "Saw it")
    now_is = said(server.get(f"time-entries/{entry['id']}/"))
    assert now_is["started_at"] == as_utc_text(noon - HOUR)
    assert now_is["clocked_in_at"] == entry["clocked_in_at"]
    assert (approved["before"]["started_at"], "adjusted" in now_is["flags"]) == (
        entry["started_at"],
        True,
    )
    assert refusal(decide(manager, adjustment)) == (409, "transition_not_allowed")


def test_what_is_rejected_changes_nothing(
    manager: Member, server: Member, entry: dict[str, Any], noon: datetime
) -> None:
    adjustment = asked(server, entry, proposal(noon - HOUR, noon))
    assert said(decide(manager, adjustment, "reject"))["state"] == "REJECTED"
    assert said(server.get(f"time-entries/{entry['id']}/")) == entry


def test_nobody_approves_their_own(
    manager: Member, owner: Member, server: Member, entry: dict[str, Any], noon: datetime
) -> None:
    """Neither what they asked for, nor what another asked for their hours."""
    mine = shift_worked(manager, noon, noon + HOUR)
    by_myself = asked(manager, mine, proposal(noon, noon + 2 * HOUR))
    for_me = asked(owner, mine, proposal(noon, noon + 3 * HOUR))
    for_another = asked(manager, entry, proposal(noon, noon + HOUR))
    for adjustment in (by_myself, for_me, for_another):
        assert refusal(decide(manager, adjustment)) == (403, "own_adjustment")
    assert refusal(decide(server, for_another)) == (403, "permission_missing")
    said(decide(owner, by_myself))


def test_one_asks_for_oneself_and_a_manager_for_anybody(
    manager: Member, cashier: Member, entry: dict[str, Any], noon: datetime
) -> None:
    path = f"time-entries/{entry['id']}/adjustments/"
    assert cashier.post(path, proposal(noon, noon + HOUR)).status_code == 404
    asked(manager, entry, proposal(noon, noon + HOUR))
    assert said(cashier.get("adjustments/"))["results"] == []
    assert len(said(manager.get("adjustments/?state=PENDING"))["results"]) == 1


def test_breaks_are_replaced_and_the_old_ones_kept(
    manager: Member, server: Member, noon: datetime
) -> None:
    punch(server, "clock-in", at=noon)
    punch(server, "breaks/start", at=noon + HOUR)
    entry = said(punch(server, "clock-out", at=noon + 8 * HOUR))
    pause = {"started_at": as_utc_text(noon + HOUR), "ended_at": as_utc_text(noon + 1.5 * HOUR)}
    body = proposal(noon, noon + 8 * HOUR, breaks=[pause])
    said(decide(manager, asked(server, entry, body)))
    now_is = said(server.get(f"time-entries/{entry['id']}/"))
    assert [row["ended_at"] for row in now_is["breaks"]] == [pause["ended_at"]]
    assert Break.objects.filter(replaced_by__isnull=False).count() == 1
    before = Adjustment.objects.values_list("before", flat=True).get()
    assert before == entry


@pytest.mark.parametrize(
    ("times", "breaks", "code"),
    [
        ((2, 1), [], "times_out_of_order"),
        ((0, 5), [(4, 6)], "times_out_of_order"),
        ((0, 5), [(1, 3), (2, 4)], "times_out_of_order"),
        ((0, 72), [], "in_the_future"),
    ],
)
def test_times_that_cannot_be(
    server: Member, noon: datetime, times: tuple[int, int], breaks: Any, code: str
) -> None:
    entry = shift_worked(server, noon, noon + 5 * HOUR)
    pauses = [
        {"started_at": as_utc_text(noon + a * HOUR), "ended_at": as_utc_text(noon + b * HOUR)}
        for a, b in breaks
    ]
    body = proposal(noon + times[0] * HOUR, noon + times[1] * HOUR, breaks=pauses)
    response = server.post(f"time-entries/{entry['id']}/adjustments/", body)
    assert refusal(response) == (422, code)


def test_adjusted_hours_do_not_overlap_others(
    manager: Member, server: Member, entry: dict[str, Any], noon: datetime
) -> None:
    shift_worked(server, noon + 6 * HOUR, noon + 7 * HOUR)
    adjustment = asked(server, entry, proposal(noon, noon + 6.5 * HOUR))
    assert refusal(decide(manager, adjustment)) == (409, "times_overlap")


def test_what_is_settled_stays(
    manager: Member, server: Member, entry: dict[str, Any], noon: datetime
) -> None:
    said(decide(manager, asked(server, entry, proposal(noon, noon + HOUR))))
    changes = (
        lambda: Adjustment.objects.update(reason="another"),
        lambda: Adjustment.objects.all().delete(),
        lambda: TimeEntry.objects.update(clocked_in_at=noon - HOUR),
        lambda: TimeEntry.objects.update(clocked_out_at=None),
    )
    for change in changes:
        with pytest.raises(Error), transaction.atomic():
            change()


# Locked periods


@pytest.fixture
def period(manager: Member, entry: dict[str, Any], noon: datetime) -> dict[str, Any]:
    """Locked, with five hours of the server's in it."""
    day = noon.date().isoformat()
    made = said(manager.post("payroll/periods/", {"starts_on": day, "ends_on": day}), 201)
    return said(manager.post(f"payroll/periods/{made['id']}/lock/"))


def test_a_locked_period_is_for_owners_who_leave_a_correction(
    manager: Member, owner: Member, period: dict[str, Any], noon: datetime
) -> None:
    (entry,) = said(owner.get("time-entries/"))["results"]
    adjustment = asked(manager, entry, proposal(noon, noon + 6 * HOUR))
    other = hire(owner.restaurant, Role.MANAGER, name="other")
    assert refusal(decide(other, adjustment)) == (409, "period_locked")
    assert said(decide(owner, adjustment))["is_correction"] is True
    day = noon.date()
    payroll = said(manager.get(f"payroll/?from={day}&to={day}"))
    assert payroll["locked_at"] == period["locked_at"]
    (correction,) = payroll["corrections"]
    assert correction["regular_seconds"] == 3600
    assert payroll["results"][0]["regular_seconds"] == 6 * 3600


def test_hours_told_late_do_not_slip_into_a_locked_period(
    server: Member, owner: Member, period: dict[str, Any], noon: datetime
) -> None:
    early = noon - 3 * HOUR
    assert refusal(punch(server, "clock-in", at=early)) == (409, "period_locked")
    assert punch(owner, "clock-in", at=early).status_code == 201


def test_a_period_is_locked_when_it_is_over(manager: Member, server: Member) -> None:
    today = utc_now().date()
    body = {"starts_on": (today - 3 * 24 * HOUR).isoformat(), "ends_on": today.isoformat()}
    made = said(manager.post("payroll/periods/", body), 201)
    path = f"payroll/periods/{made['id']}/lock/"
    assert refusal(manager.post(path)) == (409, "period_not_over")


def test_a_period_with_somebody_still_at_work_is_not_over(
    manager: Member, server: Member, noon: datetime
) -> None:
    punch(server, "clock-in", at=noon)
    day = noon.date().isoformat()
    made = said(manager.post("payroll/periods/", {"starts_on": day, "ends_on": day}), 201)
    refused = manager.post(f"payroll/periods/{made['id']}/lock/")
    assert refusal(refused) == (409, "period_not_over")


def test_periods_do_not_overlap_and_are_locked_once(
    manager: Member, rival_owner: Member, period: dict[str, Any]
) -> None:
    body = {"starts_on": period["starts_on"], "ends_on": period["ends_on"]}
    assert refusal(manager.post("payroll/periods/", body)) == (409, "periods_overlap")
    assert rival_owner.post("payroll/periods/", body).status_code == 201
    again = manager.post(f"payroll/periods/{period['id']}/lock/")
    assert orjson.loads(again.content) == period
    wrong = {"starts_on": "2026-02-02", "ends_on": "2026-02-01"}
    assert refusal(manager.post("payroll/periods/", wrong)) == (422, "times_out_of_order")


def test_two_managers_decide_once(
    manager: Member, server: Member, entry: dict[str, Any], noon: datetime
) -> None:
    other = hire(manager.restaurant, Role.MANAGER, name="other")
    adjustment = asked(server, entry, proposal(noon, noon + HOUR))
    said(decide(manager, adjustment, "reject"))
    assert refusal(decide(other, adjustment)) == (409, "transition_not_allowed")
