"""What is true of any weeks: see `weeks` for what they are made of."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import groupby

from hypothesis import given, settings
from hypothesis import strategies as st

from employees.choices import RULE_PACKS
from employees.services.hours import (
    Calendar,
    Hours,
    Rules,
    Work,
    by_day,
    total,
    under,
    until_overtime,
)
from employees.tests.weeks import calendars, rules, works
from fynlo.clock import business_date

ZERO = timedelta()
SECOND = timedelta(seconds=1)


def length(work: Work) -> timedelta:
    """Counted the plain way, without days."""
    unpaid = [
        (work.ended_at if pause.ended_at is None else pause.ended_at) - pause.started_at
        for pause in work.pauses
        if not pause.is_paid
    ]
    return work.ended_at - work.started_at - sum(unpaid, ZERO)


@given(works(), calendars)
def test_what_was_worked_is_regular_and_overtime(week: list[Work], calendar: Calendar) -> None:
    hours = total(by_day(week, calendar).values())
    assert hours.worked == hours.regular + hours.overtime == sum(map(length, week), ZERO)
    assert hours.regular >= ZERO
    assert hours.overtime >= hours.double_time >= ZERO


@given(works(), calendars)
def test_breaks_never_exceed_the_entry(week: list[Work], calendar: Calendar) -> None:
    for work in week:
        hours = total(by_day([work], calendar).values())
        assert hours.paid_breaks + hours.unpaid_breaks <= work.ended_at - work.started_at
        assert hours.worked + hours.unpaid_breaks == work.ended_at - work.started_at


@given(works(), calendars)
def test_the_days_of_a_week_sum_to_the_week(week: list[Work], calendar: Calendar) -> None:
    """Asked for one at a time, as payroll is, with what was going on in that week alone: in all
    fields, money too."""

    def asked_for(day: date) -> Hours:
        since = calendar.start_of(calendar.week_of(day))
        until = calendar.start_of(calendar.week_of(day) + timedelta(days=7))
        ours = [work for work in week if work.started_at < until and work.ended_at > since]
        return by_day(ours, calendar).get(day, Hours())

    days = by_day(week, calendar)
    assert total(map(asked_for, days)) == total(days.values())


@given(works(), calendars, rules)
def test_overtime_is_what_days_and_weeks_exceed(
    week: list[Work], calendar: Calendar, judge: Rules
) -> None:
    """Counted the plain way, from the lengths of days."""
    worked = {day: row.worked for day, row in by_day(under(week, Rules()), calendar).items()}
    overtime = double = ZERO
    for _, group in groupby(sorted(worked), key=calendar.week_of):
        days = [day for day in group if worked[day]]
        regular = ZERO
        for day in days:
            is_seventh = judge.seventh_day and len(days) == 7 and day == days[-1]
            one, two = limits_of(judge, is_seventh=is_seventh)
            twice = excess(worked[day], two, judge)
            once = excess(worked[day] - twice, one, Rules() if is_seventh else judge)
            double, overtime = double + twice, overtime + twice + once
            regular += worked[day] - twice - once
        overtime += excess(regular, judge.weekly_minutes, judge)
    found = total(by_day(under(week, judge), calendar).values())
    assert (found.overtime, found.double_time) == (overtime, double)


def limits_of(judge: Rules, *, is_seventh: bool) -> tuple[int | None, int | None]:
    """Minutes of a day until overtime, and until double time."""
    if not is_seventh:
        return judge.daily_minutes, judge.double_daily_minutes
    two = judge.double_seventh_day_minutes
    return 0, judge.double_daily_minutes if two is None else two


def excess(length: timedelta, limit: int | None, judge: Rules) -> timedelta:
    more = ZERO if limit is None else length - timedelta(minutes=limit)
    return more if more > timedelta(minutes=judge.tolerance_minutes) else ZERO


@given(works(), calendars)
def test_the_same_rules_change_nothing(week: list[Work], calendar: Calendar) -> None:
    one = week[0].rules
    same = [work for work in week if work.rules == one]
    assert by_day(under(same, one), calendar) == by_day(same, calendar)


@given(works(), calendars)
def test_double_time_changes_what_is_paid_and_not_what_is_worked(
    week: list[Work], calendar: Calendar
) -> None:
    """What is double is overtime; at the same price it would change nothing."""
    rules = Rules.of(RULE_PACKS["california"])
    plain = replace(rules, double_daily_minutes=None, double_seventh_day_minutes=None)
    same_price = replace(rules, double_multiplier_bps=rules.multiplier_bps)
    double, single, same = (
        total(by_day(under(week, one), calendar).values()) for one in (rules, plain, same_price)
    )
    assert (double.regular, double.overtime) == (single.regular, single.overtime)
    assert same.pay_units == single.pay_units <= double.pay_units


@given(works(), calendars)
def test_no_limits_no_overtime(week: list[Work], calendar: Calendar) -> None:
    hours = total(by_day(under(week, Rules()), calendar).values())
    assert hours.overtime == ZERO


@given(works(judged_by=rules), calendars, st.integers(0, 600))
def test_a_stricter_limit_never_means_less_overtime(
    week: list[Work], calendar: Calendar, less: int
) -> None:
    def overtime(weekly: int) -> timedelta:
        return total(by_day(under(week, Rules(weekly_minutes=weekly)), calendar).values()).overtime

    assert overtime(2400 - less) >= overtime(2400)


@given(calendars, st.dates(date(2026, 1, 1), date(2027, 12, 31)))
def test_days_tile_time(calendar: Calendar, named: date) -> None:
    at = calendar.start_of(named)
    day = calendar.day_of(at)
    assert calendar.start_of(day) == at
    assert calendar.day_of(at - SECOND) == day - timedelta(days=1)
    length = calendar.start_of(day + timedelta(days=1)) - at
    assert timedelta(hours=22) < length < timedelta(hours=26)


@given(works(), calendars)
def test_a_day_of_hours_is_a_business_day(week: list[Work], calendar: Calendar) -> None:
    """But within an hour of a cut that the clocks show twice."""
    for work in week:
        cut = calendar.start_of(calendar.day_of(work.started_at))
        if work.started_at - cut > timedelta(hours=2):
            known = business_date(
                at=work.started_at, zone=calendar.zone, day_starts_at=calendar.day_starts_at
            )
            assert known == calendar.day_of(work.started_at)


@settings(max_examples=60)
@given(works(judged_by=rules), calendars)
def test_overtime_begins_when_it_was_said_to(week: list[Work], calendar: Calendar) -> None:
    """Up to that moment no more of it; a second later some, unless a new day or week began."""
    last = week[-1]
    today = calendar.day_of(last.ended_at)
    monday = calendar.week_of(today)
    ours = [
        w
        for w in under(week, last.rules)
        if calendar.week_of(calendar.day_of(w.started_at)) == monday
    ]
    if not ours or any(p.ended_at is None for p in last.pauses):
        return
    left = until_overtime(ours, calendar, now=last.ended_at)
    if left is None:
        return

    def overtime(more: timedelta) -> timedelta:
        longer = Work(last.started_at, last.ended_at + more, last.rules, 0, last.pauses)
        return by_day([*ours[:-1], longer], calendar).get(today, Hours()).overtime

    if calendar.day_of(last.ended_at + left + SECOND) == today:
        assert overtime(left + SECOND) > ZERO
    if left:
        assert overtime(left) == ZERO
