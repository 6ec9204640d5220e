"""What Celery's beat tells of people at work. The beat comes every 20 seconds."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest
from django.conf import settings
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from employees.models import TimeEntry
from employees.services.watching import watch
from employees.tasks import watch_hours
from employees.tests.calls import punch, said
from employees.tests.test_rota_api import work_at
from fynlo.accounts.actor import System
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.events.reading import history
from fynlo.testing.cast import Member
from fynlo.testing.sockets import Listener, serving

HOUR = timedelta(hours=1)
ONE_A_DAY = {
    "daily_minutes": 60,
    "breaks": [{"after_minutes": 45, "minutes": 10, "in_one": True}],
}


def rule(manager: Member, **rules: Any) -> None:
    said(manager.patch("labour-policy/", {"rules": rules, "version": 1}))


def alerts_at(entry: dict[str, Any], member: Member, now: datetime) -> list[str]:
    """What is told at that moment, and was not told before."""
    before = kinds(entry, member)
    with durable():
        watch(by=System(member.restaurant.pk), now=now)
    return kinds(entry, member)[len(before) :]


def kinds(entry: dict[str, Any], member: Member) -> list[str]:
    rows = history(restaurant_id=member.restaurant.pk, entity_id=entry["id"])
    return [orjson.loads(row.envelope)["kind"] for row in rows]


@pytest.fixture
def entry(morning: None, manager: Member, server: Member) -> dict[str, Any]:
    """Of somebody whose overtime begins after an hour, and whose break is due after 45 minutes."""
    rule(manager, **ONE_A_DAY)
    return said(punch(server, "clock-in"), 201)


def started(entry: dict[str, Any]) -> datetime:
    return TimeEntry.objects.get(pk=entry["id"]).started_at


@pytest.mark.django_db
def test_each_alert_comes_at_its_time_and_once(entry: dict[str, Any], server: Member) -> None:
    begin, minute = started(entry), timedelta(minutes=1)
    assert alerts_at(entry, server, begin + 29 * minute) == []
    assert alerts_at(entry, server, begin + 30 * minute) == ["staff.overtime_approaching"]
    assert alerts_at(entry, server, begin + 31 * minute) == []
    assert alerts_at(entry, server, begin + 45 * minute) == ["staff.break_due"]
    assert alerts_at(entry, server, begin + 60 * minute) == ["staff.overtime_started"]
    assert alerts_at(entry, server, begin + 90 * minute) == []


@pytest.mark.django_db
def test_nobody_is_told_to_take_a_break_in_one(entry: dict[str, Any], server: Member) -> None:
    punch(server, "breaks/start")
    begin = started(entry)
    assert "staff.break_due" not in alerts_at(entry, server, begin + HOUR)


@pytest.mark.django_db
def test_overtime_is_written_to_who_governs(
    entry: dict[str, Any], server: Member, manager: Member, owner: Member,
    django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks,
) -> None:  # fmt: skip
    with django_capture_on_commit_callbacks(execute=True):
        alerts_at(entry, server, started(entry) + HOUR)
    assert {letter.subject for letter in mail.outbox} == {"Server works overtime"}
    assert sorted(letter.to[0] for letter in mail.outbox) == sorted(
        member.membership.user.email for member in (manager, owner)
    )


@pytest.mark.django_db
def test_a_forgotten_clock_out_is_closed_at_the_end_of_the_shift(
    manager: Member, server: Member
) -> None:
    now = utc_now().replace(microsecond=0)
    work_at(manager, server, now - 9 * HOUR)
    entry = said(punch(server, "clock-in", at=now - 9 * HOUR), 201)
    assert alerts_at(entry, server, now - HOUR - timedelta(seconds=1)) == ["staff.break_due"]
    assert alerts_at(entry, server, now) == ["staff.clock_out_forgotten"]
    closed = said(server.get(f"time-entries/{entry['id']}/"))
    assert TimeEntry.objects.get().ended_at == now - 5 * HOUR
    assert (closed["clocked_out_at"], "forgotten" in closed["flags"]) == (None, True)
    assert alerts_at(entry, server, now + HOUR) == []


@pytest.mark.django_db
def test_without_a_shift_it_is_closed_after_the_longest_time(server: Member) -> None:
    now = utc_now().replace(microsecond=0)
    entry = said(punch(server, "clock-in", at=now - 17 * HOUR), 201)
    punch(server, "breaks/start", at=now - 10 * HOUR)
    assert alerts_at(entry, server, now) == ["staff.clock_out_forgotten"]
    assert TimeEntry.objects.get().ended_at == now - HOUR
    (paused,) = said(server.get(f"time-entries/{entry['id']}/"))["breaks"]
    assert paused["ended_at"] is not None


@pytest.mark.django_db
def test_a_restaurant_where_nobody_works_is_left_alone(server: Member) -> None:
    watch_hours.delay()
    assert not TimeEntry.objects.exists()


@pytest.mark.django_db
def test_a_restaurant_that_cannot_be_watched_does_not_stop_the_others(
    server: Member, rival_owner: Member, caplog: pytest.LogCaptureFixture
) -> None:
    """Whose rules cannot be read come first. Fails when the task catches nothing."""
    first, second = sorted((server, rival_owner), key=lambda one: one.restaurant.pk)
    for member in (first, second):
        said(punch(member, "clock-in", at=utc_now() - 17 * HOUR), 201)
    TimeEntry.objects.filter(member=first.membership).update(rules={"colour": "red"})
    watch_hours.delay()
    closed = TimeEntry.objects.filter(ended_at__isnull=False)
    assert [entry.member_id for entry in closed] == [second.membership.pk]
    assert f"hours of restaurant {first.restaurant.pk} not watched" in caplog.text


def test_the_beat_comes_often_enough() -> None:
    schedule = settings.CELERY_BEAT_SCHEDULE["watch-hours"]
    assert schedule["task"] == watch_hours.name
    assert schedule["schedule"] <= 30


@pytest.mark.django_db(transaction=True)
def test_an_alert_reaches_a_socket(morning: None, manager: Member, server: Member) -> None:
    rule(manager, **ONE_A_DAY)
    entry = said(punch(server, "clock-in", at=utc_now() - timedelta(minutes=31)), 201)
    with serving() as address, Listener.of(manager, address, streams="staff").live() as listener:
        watch_hours.delay()
        (event,) = listener.events(1)
    assert (event["kind"], event["id"]) == ("staff.overtime_approaching", entry["id"])
