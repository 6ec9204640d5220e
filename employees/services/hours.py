"""The arithmetic of hours: pure, exact, in instants of UTC.

A day is cut where the wall clock of the restaurant first shows its day start, so a day has 23 or
25 hours when the clocks change. Work is what lies between clock-in and clock-out without the
unpaid breaks. Overtime is counted from the end: of a day, what comes after its daily hours; of a
week, what comes after its weekly hours of regular work. No second is overtime twice. Double time
is the end of a day's overtime.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

ZERO = timedelta()


@dataclass(frozen=True, slots=True)
class BreakRule:
    """`minutes` of break once more than `after_minutes` were worked; `in_one` piece or several."""

    after_minutes: int
    minutes: int
    in_one: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """Minutes; None is no limit. Excess up to `tolerance_minutes` over a limit is no overtime.

    `seventh_day`: who works on all seven days of a week works the last one as overtime. What
    exceeds `double_daily_minutes`, on such a seventh day `double_seventh_day_minutes`, is overtime
    that costs `double_multiplier_bps`.
    """

    daily_minutes: int | None = None
    weekly_minutes: int | None = None
    seventh_day: bool = False
    multiplier_bps: int = 10_000
    double_daily_minutes: int | None = None
    double_seventh_day_minutes: int | None = None
    double_multiplier_bps: int = 20_000
    tolerance_minutes: int = 0
    rest_minutes: int = 0
    breaks: tuple[BreakRule, ...] = ()

    @classmethod
    def of(cls, stored: Mapping[str, Any]) -> "Rules":
        """From their JSON form."""
        breaks = tuple(BreakRule(**rule) for rule in stored.get("breaks", ()))
        return cls(**{**stored, "breaks": breaks})


@dataclass(frozen=True, slots=True)
class Calendar:
    """Where days and weeks of a restaurant begin. `week_starts_on`: 1 is Monday, 7 Sunday."""

    zone: str
    day_starts_at: time
    week_starts_on: int = 1

    def start_of(self, day: date) -> datetime:
        """The instant when the wall clock first shows the day start; when it skips that, the
        instant of the skip."""
        return _start_of_day(self.zone, self.day_starts_at, day)

    def day_of(self, at: datetime) -> date:
        guess = at.astimezone(ZoneInfo(self.zone)).date()
        while self.start_of(guess) > at:
            guess -= timedelta(days=1)
        while self.start_of(guess + timedelta(days=1)) <= at:
            guess += timedelta(days=1)
        return guess

    def week_of(self, day: date) -> date:
        """The first day of the week that this day is in."""
        return day - timedelta(days=(day.isoweekday() - self.week_starts_on) % 7)


@lru_cache(maxsize=8192)
def _start_of_day(zone: str, day_starts_at: time, day: date) -> datetime:
    wall = datetime.combine(day, day_starts_at, ZoneInfo(zone))
    before, after = wall.utcoffset(), wall.replace(fold=1).utcoffset()
    assert before is not None
    assert after is not None
    naive = wall.replace(tzinfo=UTC)
    if after > before:
        return _skip(ZoneInfo(zone), naive - after, naive - before)
    return naive - before


def _skip(zone: ZoneInfo, low: datetime, high: datetime) -> datetime:
    """The second at which the clocks go forward, between `low` and `high`."""
    early = low.astimezone(zone).utcoffset()
    while high - low > timedelta(seconds=1):
        middle = low + timedelta(seconds=(high - low) // timedelta(seconds=2))
        if middle.astimezone(zone).utcoffset() == early:
            low = middle
        else:
            high = middle
    return high


@dataclass(frozen=True, slots=True)
class Pause:
    """A break. One without an end lasts."""

    started_at: datetime
    ended_at: datetime | None
    is_paid: bool


@dataclass(frozen=True, slots=True)
class Work:
    """One time entry, as far as arithmetic goes. `wage`: minor units an hour."""

    started_at: datetime
    ended_at: datetime
    rules: Rules
    wage: int = 0
    pauses: tuple[Pause, ...] = ()


@dataclass(frozen=True, slots=True)
class Hours:
    """Sums of time, and of money in minor units × 36,000,000 (seconds × basis points).

    `double_time` is part of `overtime`.
    """

    regular: timedelta = ZERO
    overtime: timedelta = ZERO
    double_time: timedelta = ZERO
    paid_breaks: timedelta = ZERO
    unpaid_breaks: timedelta = ZERO
    pay_units: int = 0

    @property
    def worked(self) -> timedelta:
        return self.regular + self.overtime

    def __add__(self, other: "Hours") -> "Hours":
        return Hours(
            self.regular + other.regular,
            self.overtime + other.overtime,
            self.double_time + other.double_time,
            self.paid_breaks + other.paid_breaks,
            self.unpaid_breaks + other.unpaid_breaks,
            self.pay_units + other.pay_units,
        )


def total(rows: Iterable[Hours]) -> Hours:
    return sum(rows, Hours())


@dataclass(slots=True)
class _Piece:
    """A stretch of work within one day."""

    day: date
    started_at: datetime
    length: timedelta
    work: Work
    overtime: timedelta = field(default=ZERO)
    double_time: timedelta = field(default=ZERO)


def by_day(works: Iterable[Work], calendar: Calendar) -> dict[date, Hours]:
    """One person's hours, day by day. Give whole weeks, or overtime of a week is not seen.

    `works` do not overlap.
    """
    found: dict[date, Hours] = {}
    ordered = sorted(works, key=lambda work: work.started_at)
    for work in ordered:
        for day, breaks in _breaks(work, calendar):
            found[day] = found.get(day, Hours()) + breaks
    pieces = [piece for work in ordered for piece in _pieces(work, calendar)]
    for _, week in groupby(pieces, key=lambda piece: calendar.week_of(piece.day)):
        for piece in _judged(list(week), calendar):
            found[piece.day] = found.get(piece.day, Hours()) + _hours(piece)
    return found


def _hours(piece: _Piece) -> Hours:
    regular, rules = piece.length - piece.overtime, piece.work.rules
    units = (
        _seconds(regular) * 10_000
        + _seconds(piece.overtime - piece.double_time) * rules.multiplier_bps
        + _seconds(piece.double_time) * rules.double_multiplier_bps
    )
    return Hours(
        regular=regular,
        overtime=piece.overtime,
        double_time=piece.double_time,
        pay_units=units * piece.work.wage,
    )


def _seconds(length: timedelta) -> int:
    return length // timedelta(seconds=1)


def _breaks(work: Work, calendar: Calendar) -> Iterator[tuple[date, Hours]]:
    for pause in work.pauses:
        start, end = _within(pause, work)
        for day, first, last in _days(start, end, calendar):
            length = last - first
            yield (
                day,
                Hours(paid_breaks=length) if pause.is_paid else Hours(unpaid_breaks=length),
            )


def _within(pause: Pause, work: Work) -> tuple[datetime, datetime]:
    start = min(max(pause.started_at, work.started_at), work.ended_at)
    end = work.ended_at if pause.ended_at is None else min(pause.ended_at, work.ended_at)
    return start, max(start, end)


def _days(
    start: datetime, end: datetime, calendar: Calendar
) -> Iterator[tuple[date, datetime, datetime]]:
    """Cuts a stretch of time where days begin."""
    while start < end:
        day = calendar.day_of(start)
        cut = min(end, calendar.start_of(day + timedelta(days=1)))
        yield day, start, cut
        start = cut


def _pieces(work: Work, calendar: Calendar) -> Iterator[_Piece]:
    at = work.started_at
    unpaid = sorted(_within(pause, work) for pause in work.pauses if not pause.is_paid)
    for start, end in [*unpaid, (work.ended_at, work.ended_at)]:
        for day, first, last in _days(at, start, calendar):
            yield _Piece(day, first, last - first, work)
        at = max(at, end)


def _judged(week: list[_Piece], calendar: Calendar) -> list[_Piece]:
    """With the overtime of each piece. A day or a week follows the rules of its first entry."""
    days = [list(pieces) for _, pieces in groupby(week, key=lambda piece: piece.day)]
    for pieces in days:
        _judge_day(pieces, is_last_of_seven=len(days) == 7 and pieces is days[-1])
    rules = week[0].work.rules
    _cut(week, rules.weekly_minutes, rules.tolerance_minutes)
    return week


def _judge_day(pieces: Sequence[_Piece], *, is_last_of_seven: bool) -> None:
    """What is double time is cut off first; the rest of the overtime is what comes before it."""
    rules = pieces[0].work.rules
    is_seventh = rules.seventh_day and is_last_of_seven
    limit = rules.double_seventh_day_minutes if is_seventh else None
    _cut(pieces, rules.double_daily_minutes if limit is None else limit, rules.tolerance_minutes)
    for piece in pieces:
        piece.double_time = piece.overtime
    if is_seventh:
        _cut(pieces, 0, 0)
    else:
        _cut(pieces, rules.daily_minutes, rules.tolerance_minutes)


def _cut(pieces: Sequence[_Piece], limit_minutes: int | None, tolerance_minutes: int) -> None:
    """What regular time exceeds the limit becomes overtime, the latest first."""
    if limit_minutes is None:
        return
    regular = sum((piece.length - piece.overtime for piece in pieces), ZERO)
    excess = regular - timedelta(minutes=limit_minutes)
    if excess <= timedelta(minutes=tolerance_minutes):
        return
    for piece in reversed(pieces):
        taken = min(excess, piece.length - piece.overtime)
        piece.overtime += taken
        excess -= taken


def under(works: Iterable[Work], rules: Rules) -> list[Work]:
    """The same entries, as other rules would judge them."""
    return [replace(work, rules=rules) for work in works]


def until_overtime(works: Sequence[Work], calendar: Calendar, *, now: datetime) -> timedelta | None:
    """How much longer the person whose last entry is still open may work before overtime begins.

    Nothing when it has begun; None when the rules have no limit. `works` are those of this week,
    the open one ending `now`.
    """
    rules = works[-1].rules
    today = calendar.day_of(now)
    hours = by_day(works, calendar)
    ours = hours.get(today, Hours())
    week = {
        day: row for day, row in hours.items() if calendar.week_of(day) == calendar.week_of(today)
    }
    others = [day for day, row in week.items() if day != today and row.worked]
    if ours.overtime or (rules.seventh_day and len(others) == 6):
        return ZERO
    tolerance = timedelta(minutes=rules.tolerance_minutes)
    limits = (
        (rules.daily_minutes, ours.worked),
        (rules.double_daily_minutes, ours.worked),
        (rules.weekly_minutes, total(week.values()).regular),
    )
    left = [timedelta(minutes=most) + tolerance - done for most, done in limits if most is not None]
    return max(min(left), ZERO) if left else None


def missing_breaks(work: Work) -> list[BreakRule]:
    """The breaks that the rules ask for by the end of this entry and that were not taken."""
    length = work.ended_at - work.started_at
    taken = [_within(pause, work) for pause in work.pauses]
    lengths = [end - start for start, end in taken]
    longest, whole = max(lengths, default=ZERO), sum(lengths, ZERO)
    return [
        rule
        for rule in work.rules.breaks
        if length > timedelta(minutes=rule.after_minutes)
        and (longest if rule.in_one else whole) < timedelta(minutes=rule.minutes)
    ]


def next_break_due(work: Work) -> datetime | None:
    """When the next break that was not taken yet must have begun, if the entry goes on.

    None during a break, and when no more is asked for.
    """
    if any(pause.ended_at is None for pause in work.pauses):
        return None
    due = missing_breaks(replace(work, ended_at=work.ended_at + timedelta(days=2)))
    if not due:
        return None
    return work.started_at + timedelta(minutes=min(rule.after_minutes for rule in due))
