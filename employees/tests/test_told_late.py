"""What devices tell afterwards, in whatever order it arrives."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from employees.models import TimeEntry
from employees.services.watching import watch
from employees.tests.calls import punch, refusal, said, shift_worked
from fynlo.accounts.actor import System
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


@pytest.fixture
def now() -> datetime:
    return utc_now().replace(microsecond=0)


def times(member: Member, entry: dict[str, Any]) -> tuple[str, str | None, list[str]]:
    row = said(member.get(f"time-entries/{entry['id']}/"))
    return row["started_at"], row["ended_at"], row["flags"]


def test_a_shift_of_yesterday_told_while_at_work_today(server: Member, now: datetime) -> None:
    today = said(punch(server, "clock-in"), 201)
    since, until = now - 30 * HOUR, now - 25 * HOUR
    late = said(punch(server, "clock-in", at=since), 201)
    assert times(server, late) == (as_utc_text(since), as_utc_text(since), ["forgotten", "offline"])
    said(punch(server, "breaks/start", at=since + HOUR))
    said(punch(server, "breaks/end", at=since + 2 * HOUR))
    ended = said(punch(server, "clock-out", at=until))
    assert (ended["id"], ended["breaks"][0]["ended_at"]) == (
        late["id"],
        as_utc_text(since + 2 * HOUR),
    )
    assert times(server, late) == (as_utc_text(since), as_utc_text(until), ["offline"])
    assert said(server.get("timeclock/status/"))["entry"]["id"] == today["id"]


def test_a_shift_told_after_a_later_one(server: Member, now: datetime) -> None:
    shift_worked(server, now - 4 * HOUR, now - 2 * HOUR)
    late = said(punch(server, "clock-in", at=now - 30 * HOUR), 201)
    said(punch(server, "clock-out", at=now - 26 * HOUR))
    assert times(server, late)[1] == as_utc_text(now - 26 * HOUR)


def test_what_is_told_of_hours_that_have_ended_is_kept_with_them_and_changes_nothing(
    manager: Member, server: Member, now: datetime
) -> None:
    """A second till, offline all day, tells of the same day at night."""
    entry = shift_worked(server, now - 9 * HOUR, now - 4 * HOUR)
    before = times(server, entry)
    for verb, hours in (("clock-in", 8), ("breaks/start", 7), ("breaks/end", 6), ("clock-out", 3)):
        told = said(punch(server, verb, at=now - hours * HOUR))
        assert (told["id"], told["flags"]) == (entry["id"], ["contradicted", "offline"])
    assert times(server, entry)[:2] == before[:2]
    assert said(manager.get("time-entries/?flag=contradicted"))["results"] == [told]
    attempts = said(manager.get(f"timeclock/attempts/?member={server.membership.pk}"))["results"]
    assert [(row["punch"], row["refusal"]) for row in attempts if row["entry"] == entry["id"]] == [
        (punch, "")
        for punch in ("clock_out", "break_end", "break_start", "clock_in", "clock_out", "clock_in")
    ]
    assert TimeEntry.objects.count() == 1


def test_the_same_clock_in_told_by_two_tills_contradicts_nothing(
    server: Member, now: datetime
) -> None:
    entry = shift_worked(server, now - 9 * HOUR, now - 4 * HOUR)
    again = said(punch(server, "clock-in", at=now - 9 * HOUR))
    assert (again["id"], again["flags"]) == (entry["id"], ["offline"])


def test_a_shift_right_after_another_is_one_of_its_own(server: Member, now: datetime) -> None:
    shift_worked(server, now - 9 * HOUR, now - 4 * HOUR)
    assert shift_worked(server, now - 4 * HOUR, now - 3 * HOUR)["flags"] == ["offline"]
    assert TimeEntry.objects.count() == 2


def test_a_clock_out_long_after_hours_that_nothing_contradicted_is_refused(
    server: Member, now: datetime
) -> None:
    shift_worked(server, now - 9 * HOUR, now - 4 * HOUR)
    assert refusal(punch(server, "clock-out", at=now - 3 * HOUR)) == (409, "not_clocked_in")


def test_a_clock_in_told_before_the_clock_out_that_was_earlier(
    server: Member, now: datetime
) -> None:
    morning = said(punch(server, "clock-in", at=now - 9 * HOUR), 201)
    evening = said(punch(server, "clock-in", at=now - 3 * HOUR), 201)
    assert "forgotten" in times(server, evening)[2]
    assert said(punch(server, "clock-out", at=now - 5 * HOUR))["id"] == morning["id"]
    assert said(punch(server, "clock-out", at=now - HOUR))["id"] == evening["id"]
    assert times(server, evening)[1] == as_utc_text(now - HOUR)


def test_what_is_told_late_does_not_reach_into_other_hours(server: Member, now: datetime) -> None:
    shift_worked(server, now - 4 * HOUR, now - 3 * HOUR)
    late = said(punch(server, "clock-in", at=now - 5 * HOUR), 201)
    before = times(server, late)
    assert refusal(punch(server, "clock-out", at=now - 2 * HOUR)) == (409, "times_overlap")
    assert refusal(punch(server, "clock-out", at=now - 6 * HOUR)) == (409, "not_clocked_in")
    assert times(server, late) == before


def test_hours_of_a_locked_period_stay_as_fynlo_assumed_them(
    manager: Member, server: Member, now: datetime
) -> None:
    """The entry began in it; the clock-out came the day after."""
    midnight = (now - 24 * HOUR).replace(hour=0, minute=0, second=0)
    night = midnight - 6 * HOUR
    said(punch(server, "clock-in", at=night), 201)
    with durable():
        watch(by=System(server.restaurant.pk), now=now)
    day = night.date().isoformat()
    made = said(manager.post("payroll/periods/", {"starts_on": day, "ends_on": day}), 201)
    said(manager.post(f"payroll/periods/{made['id']}/lock/"))
    late = midnight + 8 * HOUR
    assert refusal(punch(server, "clock-out", at=late)) == (409, "period_locked")


def test_the_same_moment_told_twice_and_a_second_one_of_now_are_refused(
    server: Member, now: datetime
) -> None:
    said(punch(server, "clock-in", at=now - HOUR), 201)
    for at in (None, now - HOUR):
        assert refusal(punch(server, "clock-in", at=at)) == (409, "already_clocked_in")


def test_the_true_end_replaces_the_one_that_fynlo_assumed(server: Member, now: datetime) -> None:
    entry = said(punch(server, "clock-in", at=now - 20 * HOUR), 201)
    with durable():
        watch(by=System(server.restaurant.pk), now=now)
    assert "forgotten" in times(server, entry)[2]
    said(punch(server, "clock-out", at=now - 15 * HOUR))
    assert times(server, entry)[1] == as_utc_text(now - 15 * HOUR)
    assert "forgotten" not in times(server, entry)[2]
    assert refusal(punch(server, "clock-out", at=now - 14 * HOUR)) == (409, "not_clocked_in")


def test_a_clock_out_too_long_after_belongs_to_nothing(server: Member, now: datetime) -> None:
    said(punch(server, "clock-in", at=now - 40 * HOUR), 201)
    with durable():
        watch(by=System(server.restaurant.pk), now=now)
    assert refusal(punch(server, "clock-out", at=now - 10 * HOUR)) == (409, "not_clocked_in")
