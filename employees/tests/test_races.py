"""Two at once: each test fails without the constraint or lock that its docstring names."""

from contextlib import ExitStack
from datetime import datetime, timedelta
from uuid import UUID

import pytest
from django.http import HttpResponse

from employees.errors import TimesOverlap
from employees.models import TimeEntry
from employees.services.clock import naming_conflicts
from employees.services.periods import close_period
from employees.tests.calls import Till, give_pin, punch, refusal, said, shift_worked
from fynlo.accounts.models import Restaurant
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once, beside, wait_until_blocked

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
    """Two connections write a past shift each, both ended, with times that overlap; the second
    waits for the first. Fails without the constraint `time_entry_no_overlap`."""
    now = utc_now().replace(microsecond=0)

    def tell(since: datetime) -> bool:
        try:
            with durable(), naming_conflicts(server.membership.pk):
                TimeEntry(
                    restaurant=server.restaurant,
                    member=server.membership,
                    currency="GBP",
                    rules={},
                    clocked_in_at=since,
                    started_at=since,
                    ended_at=since + timedelta(hours=3),
                    received_at=now,
                ).save(force_insert=True)
        except TimesOverlap:
            return False
        return True

    done = at_once(*[lambda h=h: tell(now - timedelta(hours=h)) for h in (5, 6)])
    assert sorted(done) == [False, True]
    assert TimeEntry.objects.count() == 1


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


def test_hours_do_not_change_while_their_period_is_locked(
    manager: Member, server: Member, owner: Member
) -> None:
    """Fails when `lock_periods_of` does not lock: the adjustment then comes in unseen, after the
    figures were taken and before the period is locked."""
    noon = (utc_now() - timedelta(days=2)).replace(hour=12, minute=0, second=0, microsecond=0)
    entry = shift_worked(server, noon, noon + timedelta(hours=1))
    times = {"started_at": entry["started_at"], "ended_at": as_utc_text(noon + timedelta(hours=2))}
    path = f"time-entries/{entry['id']}/adjustments/"
    adjustment = said(server.post(path, {**times, "reason": "Forgot"}), 201)
    day = noon.date().isoformat()
    period = said(owner.post("payroll/periods/", {"starts_on": day, "ends_on": day}), 201)
    with ExitStack() as after, durable():
        close_period(by=owner.actor, now=utc_now(), pk=UUID(period["id"]))
        approval = after.enter_context(
            beside(lambda: manager.post(f"adjustments/{adjustment['id']}/approve/"))
        )
        wait_until_blocked()
    assert refusal(approval.result()) == (409, "period_locked")
