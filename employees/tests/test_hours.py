"""Hours by example."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from employees.choices import RULE_PACKS
from employees.services.hours import (
    BreakRule,
    Calendar,
    Pause,
    Rules,
    Work,
    by_day,
    missing_breaks,
    next_break_due,
    total,
    until_overtime,
)

LONDON = Calendar("Europe/London", time(5))
H = timedelta(hours=1)
NO_RULES = Rules()
EIGHT_A_DAY = Rules(daily_minutes=480, multiplier_bps=15_000)
CALIFORNIA = Rules.of(RULE_PACKS["california"])
FORTY_A_WEEK = Rules(weekly_minutes=2400, multiplier_bps=15_000)


def at(day: int, hour: int, minute: int = 0, *, month: int = 6) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def work(start: datetime, hours: float, rules: Rules = NO_RULES, **more: object) -> Work:
    return Work(start, start + hours * H, rules, **more)  # type: ignore[arg-type]


def test_a_night_that_ends_after_midnight_is_one_day() -> None:
    days = by_day([work(at(1, 19), 6)], LONDON)
    assert {day: row.worked for day, row in days.items()} == {date(2026, 6, 1): 6 * H}


def test_a_shift_over_the_cut_is_two_days() -> None:
    days = by_day([work(at(2, 2), 4)], LONDON)  # 03:00 to 07:00 in London
    assert [(day.day, row.worked) for day, row in days.items()] == [(1, 2 * H), (2, 2 * H)]


def test_the_night_when_the_clocks_go_forward_is_an_hour_shorter() -> None:
    """22:00 GMT to 06:00 BST is seven hours."""
    start = datetime(2026, 3, 28, 22, tzinfo=UTC)
    days = by_day([Work(start, datetime(2026, 3, 29, 5, tzinfo=UTC), Rules())], LONDON)
    assert [row.worked for row in days.values()] == [6 * H, 1 * H]
    assert LONDON.start_of(date(2026, 3, 29)) - LONDON.start_of(date(2026, 3, 28)) == 23 * H


def test_the_night_when_they_go_back_is_an_hour_longer() -> None:
    assert LONDON.start_of(date(2026, 10, 25)) - LONDON.start_of(date(2026, 10, 24)) == 25 * H


def test_a_day_start_that_the_clocks_skip_is_the_moment_of_the_skip() -> None:
    half_past_one = Calendar("Europe/London", time(1, 30))
    assert half_past_one.start_of(date(2026, 3, 29)) == datetime(2026, 3, 29, 1, tzinfo=UTC)


def test_overtime_of_a_day_is_its_end() -> None:
    (day,) = by_day([work(at(1, 8), 10, EIGHT_A_DAY, wage=1200)], LONDON).values()
    assert (day.regular, day.overtime) == (8 * H, 2 * H)
    assert day.pay_units == 36_000_000 * (8 * 1200 + 2 * 1800)


def test_overtime_of_a_week_is_its_end() -> None:
    week = [work(at(day, 8), 9, FORTY_A_WEEK) for day in range(1, 6)]
    days = list(by_day(week, LONDON).values())
    assert [row.overtime for row in days] == [0 * H] * 4 + [5 * H]


def test_no_hour_is_overtime_twice() -> None:
    both = Rules(daily_minutes=480, weekly_minutes=2400)
    week = [work(at(day, 8), 10, both) for day in range(1, 6)]
    assert total(by_day(week, LONDON).values()).overtime == 10 * H


def test_a_little_over_the_limit_is_tolerated_and_more_counts_in_full() -> None:
    rules = Rules(daily_minutes=480, tolerance_minutes=10)
    for minutes, overtime in ((490, 0), (491, 11)):
        (day,) = by_day([work(at(1, 8), minutes / 60, rules)], LONDON).values()
        assert day.overtime == timedelta(minutes=overtime)


def test_the_seventh_day_in_a_row_is_overtime() -> None:
    week = [work(at(day, 8), 4, Rules(seventh_day=True)) for day in range(1, 8)]
    days = list(by_day(week, LONDON).values())
    assert [row.overtime for row in days] == [0 * H] * 6 + [4 * H]


@pytest.mark.parametrize(
    ("hours", "regular", "overtime", "double"),
    [(8, 8, 0, 0), (12, 8, 4, 0), (12.5, 8, 4.5, 0.5), (14, 8, 6, 2)],
)
def test_california_pays_double_after_twelve_hours(
    hours: float, regular: float, overtime: float, double: float
) -> None:
    (day,) = by_day([work(at(1, 8), hours, CALIFORNIA, wage=1000)], LONDON).values()
    assert (day.regular, day.overtime, day.double_time) == (regular * H, overtime * H, double * H)
    paid = 1000 * regular + 1500 * (overtime - double) + 2000 * double
    assert day.pay_units == 36_000_000 * paid


def test_california_pays_double_after_eight_hours_of_the_seventh_day() -> None:
    """Six hours a day: 36 in six days, so that no week's limit is in play."""
    days = [work(at(day, 8), 6, CALIFORNIA) for day in range(1, 7)]
    *others, last = by_day([*days, work(at(7, 8), 10, CALIFORNIA)], LONDON).values()
    assert [row.overtime for row in others] == [0 * H] * 6
    assert (last.regular, last.overtime, last.double_time) == (0 * H, 10 * H, 2 * H)


def test_who_rests_on_one_day_has_no_seventh() -> None:
    days = [work(at(day, 8), 6, CALIFORNIA) for day in (1, 2, 3, 4, 5)]
    *_, last = by_day([*days, work(at(7, 8), 10, CALIFORNIA)], LONDON).values()
    assert (last.regular, last.overtime, last.double_time) == (8 * H, 2 * H, 0 * H)


def test_double_time_counts_in_no_week() -> None:
    """Five days of 13 hours: 8 regular ones each, which are 40 in the week."""
    week = total(by_day([work(at(day, 8), 13, CALIFORNIA) for day in range(1, 6)], LONDON).values())
    assert (week.regular, week.overtime, week.double_time) == (40 * H, 25 * H, 5 * H)


def test_unpaid_breaks_are_no_work_and_paid_ones_are() -> None:
    unpaid = Pause(at(1, 10), at(1, 11), is_paid=False)
    paid = Pause(at(1, 12), at(1, 12, 15), is_paid=True)
    (day,) = by_day([work(at(1, 8), 8, pauses=(unpaid, paid))], LONDON).values()
    assert (day.worked, day.unpaid_breaks) == (7 * H, 1 * H)
    assert day.paid_breaks == timedelta(minutes=15)


@pytest.mark.parametrize(
    ("hours", "minutes", "missing"), [(6, 0, 0), (6.1, 0, 1), (6.1, 19, 1), (6.1, 20, 0)]
)
def test_twenty_minutes_after_six_hours(hours: float, minutes: int, missing: int) -> None:
    pause = Pause(at(1, 10), at(1, 10, minutes), is_paid=False)
    done = work(at(1, 8), hours, Rules.of(RULE_PACKS["uk"]), pauses=(pause,))
    assert len(missing_breaks(done)) == missing


def test_a_break_in_one_piece_is_not_two_halves() -> None:
    halves = tuple(Pause(at(1, hour), at(1, hour, 15), is_paid=False) for hour in (10, 11))
    for in_one, missing in ((True, 1), (False, 0)):
        rules = Rules(breaks=(BreakRule(300, 30, in_one),))
        assert len(missing_breaks(work(at(1, 8), 8, rules, pauses=halves))) == missing


def test_the_next_break_is_due_after_the_hours_that_ask_for_it() -> None:
    uk = Rules.of(RULE_PACKS["uk"])
    pause = Pause(at(1, 10), at(1, 10, 20), is_paid=False)
    assert next_break_due(work(at(1, 8), 1, uk)) == at(1, 14)
    assert next_break_due(work(at(1, 8), 3, uk, pauses=(pause,))) is None
    assert next_break_due(work(at(1, 8), 3, uk, pauses=(Pause(at(1, 10), None, True),))) is None


def test_how_long_until_overtime() -> None:
    rules = Rules(daily_minutes=480, weekly_minutes=2400)
    week = [work(at(day, 8), 8, rules) for day in range(1, 5)]

    def left(hours: float) -> timedelta | None:
        today = work(at(5, 8), hours, rules)
        return until_overtime([*week, today], LONDON, now=today.ended_at)

    assert (left(1), left(7.5), left(8), left(9)) == (7 * H, 0.5 * H, 0 * H, 0 * H)
    assert until_overtime([work(at(5, 8), 3)], LONDON, now=at(5, 11)) is None


def test_the_seventh_day_begins_with_overtime() -> None:
    days = [work(at(day, 8), 6, CALIFORNIA) for day in range(1, 7)]
    assert until_overtime([*days, work(at(7, 8), 0, CALIFORNIA)], LONDON, now=at(7, 8)) == 0 * H
