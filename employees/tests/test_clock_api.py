from datetime import timedelta
from typing import Any

import orjson
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from employees.models import ClockAttempt, TimeEntry
from employees.tests.calls import Till, give_pin, punch, refusal, said, shift_worked
from fynlo.accounts.models import Membership, Restaurant
from fynlo.clock import utc_now
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member, sign_in

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)


def status(member: Member) -> dict[str, Any]:
    return said(member.get("timeclock/status/"))


def test_a_day_at_the_clock(manager: Member, server: Member) -> None:
    rest = said(
        manager.post(
            "break-types/", {"name": "Rest", "expected_minutes": 20, "minimum_minutes": 10}
        ),
        201,
    )
    entry = said(punch(server, "clock-in"), 201)
    assert (entry["member"], entry["ended_at"]) == (str(server.membership.pk), None)
    assert status(server)["state"] == "working"
    paused = said(punch(server, "breaks/start", break_type=rest["id"]))
    assert (paused["breaks"][0]["name"], status(server)["state"]) == ("Rest", "on_break")
    assert said(punch(server, "breaks/end"))["breaks"][0]["ended_at"]
    done = said(punch(server, "clock-out"))
    assert (done["ended_at"] is not None, done["flags"]) == (True, ["break_short"])
    assert (status(server)["state"], status(server)["entry"]) == ("out", None)
    assert said(server.get(f"time-entries/{entry['id']}/")) == done


@pytest.mark.parametrize(
    ("before", "verb", "code"),
    [
        ([], "clock-out", "not_clocked_in"),
        ([], "breaks/start", "not_clocked_in"),
        (["clock-in"], "breaks/end", "not_on_break"),
        (["clock-in", "breaks/start"], "breaks/start", "already_on_break"),
        (["clock-in"], "clock-in", "already_clocked_in"),
    ],
)
def test_what_cannot_be_now_is_refused_and_kept(
    server: Member, before: list[str], verb: str, code: str
) -> None:
    for step in before:
        punch(server, step)
    seq = last_seq(server.restaurant.pk)
    assert refusal(punch(server, verb)) == (409, code)
    assert last_seq(server.restaurant.pk) == seq
    attempt = ClockAttempt.objects.order_by("-attempted_at")[0]
    assert (attempt.refusal, attempt.member_id) == (code, server.membership.pk)


def test_a_second_clock_in_is_shown_the_open_entry(server: Member) -> None:
    entry = said(punch(server, "clock-in"), 201)
    assert orjson.loads(punch(server, "clock-in").content)["current"] == entry


def test_a_refusal_is_kept_with_an_idempotency_key_too(server: Member) -> None:
    server.post("timeclock/clock-out/", {}, idempotency_key="a")
    assert ClockAttempt.objects.get().refusal == "not_clocked_in"


def test_the_same_clock_in_twice_is_one(server: Member) -> None:
    body = {"id": "01936f00-0000-7000-8000-000000000001"}
    answers = [server.post("timeclock/clock-in/", body) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 200]
    assert answers[0]["Location"] == f"/api/v1/time-entries/{body['id']}/"


def test_wage_and_job_are_those_of_the_clock_in(owner: Member, server: Member) -> None:
    path = f"staff/{server.membership.pk}/"
    said(owner.patch(path, {"hourly_wage": 1200, "job_title": "Waiter", "version": 1}))
    entry = said(punch(server, "clock-in"), 201)
    said(owner.patch(path, {"hourly_wage": 1500, "version": 2}))
    done = said(punch(server, "clock-out"))
    assert (entry["hourly_wage"], done["hourly_wage"], done["job_title"]) == (1200, 1200, "Waiter")
    assert said(punch(server, "clock-in"), 201)["hourly_wage"] == 1500


def test_by_code_and_pin_at_a_till(owner: Member, server: Member) -> None:
    till = Till(owner)
    give_pin(server)
    entry = said(till.punch("clock-in", server), 201)
    assert entry["member"] == str(server.membership.pk)
    assert ClockAttempt.objects.get().device_id == till.device.pk
    assert said(till.punch("clock-out", server))["id"] == entry["id"]


def test_a_wrong_pin_at_a_till_is_refused_and_kept(owner: Member, server: Member) -> None:
    till = Till(owner)
    give_pin(server)
    assert refusal(till.punch("clock-in", server, pin="9999")) == (401, "pin_refused")
    attempt = ClockAttempt.objects.get()
    assert (attempt.refusal, attempt.member_id) == ("pin_refused", None)
    assert not TimeEntry.objects.exists()


def test_a_revoked_till_is_no_clock(owner: Member, server: Member) -> None:
    till = Till(owner)
    give_pin(server)
    owner.post(f"devices/{till.device.pk}/revoke/")
    assert refusal(till.punch("clock-in", server)) == (401, "device_refused")


def test_somebody_in_two_restaurants_has_two_clocks(
    owner: Member, server: Member, rival_restaurant: Restaurant
) -> None:
    other = Membership.objects.create(
        restaurant=rival_restaurant,
        user=server.membership.user,
        role="server",
        employee_code="s9",
    )
    there = sign_in(other)
    assert [punch(one, "clock-in").status_code for one in (server, there)] == [201, 201]
    assert said(there.get("time-entries/"))["results"][0]["currency"] == "EUR"
    till = Till(owner)
    give_pin(there)
    assert refusal(till.punch("clock-out", there)) == (401, "pin_refused")


def test_what_a_till_did_offline_is_accepted_later_and_noted(server: Member) -> None:
    now = utc_now().replace(microsecond=0)
    entry = said(punch(server, "clock-in", at=now - 3 * HOUR), 201)
    assert entry["flags"] == ["offline"]
    done = said(punch(server, "clock-out", at=now - HOUR))
    assert done["ended_at"] > entry["started_at"]


@pytest.mark.parametrize(
    ("ahead", "code"), [(10 * MINUTE, "in_the_future"), (-32 * 24 * HOUR, "too_long_ago")]
)
def test_neither_in_the_future_nor_long_ago(server: Member, ahead: timedelta, code: str) -> None:
    assert refusal(punch(server, "clock-in", at=utc_now() + ahead)) == (422, code)


def test_a_device_that_is_a_minute_fast_is_now(server: Member) -> None:
    entry = said(punch(server, "clock-in", at=utc_now() + MINUTE), 201)
    stored = TimeEntry.objects.get(pk=entry["id"])
    assert stored.started_at <= stored.received_at


def test_nothing_ends_before_it_began(server: Member) -> None:
    now = utc_now()
    punch(server, "clock-in", at=now - HOUR)
    assert refusal(punch(server, "clock-out", at=now - 2 * HOUR)) == (422, "times_out_of_order")
    punch(server, "breaks/start", at=now - 30 * MINUTE)
    assert refusal(punch(server, "breaks/end", at=now - 40 * MINUTE))[0] == 422
    assert refusal(punch(server, "clock-out", at=now - 40 * MINUTE))[0] == 422
    said(punch(server, "breaks/end", at=now - 10 * MINUTE))
    assert refusal(punch(server, "clock-out", at=now - 20 * MINUTE))[0] == 422


def test_hours_do_not_overlap(server: Member) -> None:
    now = utc_now().replace(microsecond=0)
    entry = shift_worked(server, now - 5 * HOUR, now - 2 * HOUR)
    inside = said(punch(server, "clock-in", at=now - 3 * HOUR))
    assert (inside["id"], inside["ended_at"]) == (entry["id"], entry["ended_at"])
    shift_worked(server, now - 2 * HOUR, now - HOUR)
    assert TimeEntry.objects.count() == 2


def test_a_break_ends_with_the_shift_and_is_noted(server: Member) -> None:
    punch(server, "clock-in")
    punch(server, "breaks/start")
    done = said(punch(server, "clock-out"))
    assert done["breaks"][0]["ended_at"] == done["ended_at"]
    assert "break_left_open" in done["flags"]


@pytest.mark.parametrize(("waives", "flag"), [(False, "break_missed"), (True, "break_waived")])
def test_a_missing_break_is_noted_as_missed_or_waived(
    server: Member, waives: bool, flag: str
) -> None:
    now = utc_now()
    punch(server, "clock-in", at=now - 7 * HOUR)
    done = said(punch(server, "clock-out", at=now - MINUTE / 2, waives_break=waives))
    assert done["flags"] == [flag, "offline"]


def test_the_status_says_when_a_break_is_due_and_how_far_overtime_is(
    morning: None, manager: Member, server: Member
) -> None:
    rules = {"daily_minutes": 480, "breaks": [{"after_minutes": 360, "minutes": 20}]}
    policy = said(manager.get("labour-policy/"))
    said(manager.patch("labour-policy/", {"rules": rules, "version": policy["version"]}))
    entry = said(punch(server, "clock-in", at=utc_now() - timedelta(seconds=90)), 201)
    mine = status(server)
    assert mine["minutes_to_overtime"] in (478, 479)
    assert mine["next_break_due_at"] > entry["started_at"]


def test_the_board_shows_everybody(manager: Member, server: Member, cashier: Member) -> None:
    punch(server, "clock-in")
    punch(cashier, "clock-in")
    punch(cashier, "breaks/start")
    rows = said(manager.get("timeclock/board/"))["results"]
    assert {row["name"]: row["state"] for row in rows} == {
        "Manager": "out",
        "Server": "working",
        "Cashier": "on_break",
    }


def test_everybody_reads_their_own_hours_and_managers_all(
    manager: Member, server: Member, cashier: Member
) -> None:
    entry = said(punch(server, "clock-in"), 201)
    assert said(cashier.get("time-entries/"))["results"] == []
    assert cashier.get(f"time-entries/{entry['id']}/").status_code == 404
    assert len(said(manager.get("time-entries/?is_open=true"))["results"]) == 1
    assert len(said(server.get("time-entries/"))["results"]) == 1


def test_kinds_of_breaks_have_names_of_their_own(manager: Member) -> None:
    body = {"name": "Rest", "expected_minutes": 20}
    rest = said(manager.post("break-types/", body), 201)
    assert refusal(manager.post("break-types/", body)) == (409, "name_in_use")
    path = f"break-types/{rest['id']}/"
    refused = manager.patch(path, {"minimum_minutes": 30, "version": 1})
    assert refusal(refused) == (422, "times_out_of_order")
    assert said(manager.patch(path, {"is_paid": True, "version": 1}))["version"] == 2
    assert manager.delete(path).status_code == 204
    assert manager.post("break-types/", body).status_code == 201


def test_a_clock_in_takes_six_statements(manager: Member, server: Member) -> None:
    """The policy, the restaurant and the session are known from before."""
    said(manager.get("labour-policy/"))
    said(server.get("timeclock/status/"))
    with CaptureQueriesContext(connection) as captured:
        said(punch(server, "clock-in"), 201)
    words = [query["sql"].split()[0] for query in captured if "SAVEPOINT" not in query["sql"]]
    assert words == [
        "SELECT",  # the member
        "SELECT",  # the policy
        "SELECT",  # their shifts
        "INSERT",  # the time entry
        "INSERT",  # the attempt
        "WITH",  # the event
    ]
