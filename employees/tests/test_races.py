"""Two at once: each test fails without the constraint or lock that its docstring names."""

from datetime import timedelta

import pytest
from django.http import HttpResponse

from employees.models import TimeEntry
from employees.tests.calls import Till, give_pin, punch, refusal, said
from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once

pytestmark = [pytest.mark.race, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def tills(restaurant: Restaurant, owner: Member) -> list[Till]:
    return [Till(owner, name=name) for name in ("one", "two", "three")]


def test_two_devices_clock_one_person_in_at_once(tills: list[Till], server: Member) -> None:
    """Fails without the constraints `one_open_time_entry` and `time_entry_no_overlap`: either
    would do."""
    give_pin(server)

    def clock_in(till: Till) -> HttpResponse:
        return till.punch("clock-in", server)

    answers = at_once(*[lambda till=till: clock_in(till) for till in tills])
    done = sorted(answers, key=lambda answer: answer.status_code)
    entry = said(done[0], 201)
    for late in done[1:]:
        assert refusal(late) == (409, "already_clocked_in")
        assert said(late, 409)["current"] == entry
    assert TimeEntry.objects.count() == 1


def test_hours_told_twice_at_once_do_not_overlap(server: Member) -> None:
    """Two devices tell of one past shift with different times, each of which has ended. Fails
    without the constraint `time_entry_no_overlap`."""
    now = utc_now().replace(microsecond=0)
    first = TimeEntry(
        restaurant=server.restaurant,
        member=server.membership,
        currency="GBP",
        rules={},
        clocked_in_at=now - timedelta(hours=5),
        started_at=now - timedelta(hours=5),
        ended_at=now - timedelta(hours=2),
        received_at=now,
    )
    first.save(force_insert=True)
    inside = now - timedelta(hours=3)
    assert refusal(punch(server, "clock-in", at=inside)) == (409, "times_overlap")


def test_two_devices_clock_one_person_out_at_once(server: Member) -> None:
    """Fails when `lock_open_entry` does not lock."""
    said(punch(server, "clock-in"), 201)
    answers = at_once(*[lambda: punch(server, "clock-out")] * 4)
    assert sorted(answer.status_code for answer in answers) == [200, 409, 409, 409]


def test_two_breaks_at_once_are_one(server: Member) -> None:
    """Fails when `lock_open_entry` does not lock: the constraint `one_open_break` then answers
    with `already_exists`."""
    said(punch(server, "clock-in"), 201)
    answers = at_once(*[lambda: punch(server, "breaks/start")] * 4)
    late = [answer for answer in answers if answer.status_code != 200]
    assert [refusal(answer) for answer in late] == [(409, "already_on_break")] * 3
