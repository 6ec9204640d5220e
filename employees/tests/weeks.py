"""Weeks of work, drawn by hypothesis: any zone, over the changes of its clocks, over midnight."""

from datetime import UTC, datetime, time, timedelta

from hypothesis import strategies as st

from employees.choices import RULE_PACKS
from employees.services.hours import BreakRule, Calendar, Pause, Rules, Work

ZONES = ("Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "UTC")
# In the weeks around them the clocks of those zones go forward or back.
TURNS = (datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC),
         datetime(2026, 3, 7, tzinfo=UTC), datetime(2026, 10, 31, tzinfo=UTC),
         datetime(2026, 4, 4, tzinfo=UTC), datetime(2026, 10, 3, tzinfo=UTC),
         datetime(2026, 7, 1, tzinfo=UTC))  # fmt: skip

calendars = st.builds(
    Calendar,
    zone=st.sampled_from(ZONES),
    day_starts_at=st.builds(time, st.integers(0, 23), st.sampled_from((0, 30))),
    week_starts_on=st.integers(1, 7),
)
limits = st.none() | st.integers(0, 60 * 60)
free_rules = st.builds(
    Rules,
    daily_minutes=st.none() | st.integers(0, 12 * 60),
    weekly_minutes=limits,
    seventh_day=st.booleans(),
    multiplier_bps=st.integers(10_000, 30_000),
    double_daily_minutes=st.none() | st.integers(0, 16 * 60),
    double_seventh_day_minutes=st.none() | st.integers(0, 16 * 60),
    tolerance_minutes=st.integers(0, 30),
    breaks=st.lists(
        st.builds(BreakRule, st.integers(0, 700), st.integers(1, 90), st.booleans()), max_size=2
    ).map(tuple),
)
rules = st.sampled_from([Rules.of(pack) for pack in RULE_PACKS.values()]) | free_rules


@st.composite
def pauses(draw: st.DrawFn, start: datetime, end: datetime) -> tuple[Pause, ...]:
    """One after the other; the last may have no end."""
    found, at = [], start
    for _ in range(draw(st.integers(0, 3))):
        left = int((end - at).total_seconds())
        first = at + timedelta(seconds=draw(st.integers(0, left)))
        last = first + timedelta(seconds=draw(st.integers(0, int((end - first).total_seconds()))))
        found.append(Pause(first, last, draw(st.booleans())))
        at = last
    is_open = draw(st.booleans())
    if found and is_open:
        found[-1] = Pause(found[-1].started_at, None, found[-1].is_paid)
    return tuple(found)


@st.composite
def works(draw: st.DrawFn, *, judged_by: st.SearchStrategy[Rules] = rules) -> list[Work]:
    """One person's entries, one after the other, over two weeks or so."""
    at = draw(st.sampled_from(TURNS)) - timedelta(seconds=draw(st.integers(0, 7 * 86_400)))
    found, one = [], draw(judged_by)
    for _ in range(draw(st.integers(1, 10))):
        start = at + timedelta(seconds=draw(st.integers(0, 20 * 3600)))
        end = start + timedelta(seconds=draw(st.integers(0, 30 * 3600)))
        judge = draw(st.one_of(st.just(one), judged_by))
        found.append(Work(start, end, judge, draw(st.integers(0, 5000)), draw(pauses(start, end))))
        at = end
    return found
