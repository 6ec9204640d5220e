from datetime import UTC, date, datetime, time, timedelta, timezone
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynlo.clock import as_utc_text, business_date, utc_now

ZONES = st.sampled_from(["Europe/London", "America/New_York", "Asia/Tokyo", "Asia/Kathmandu"])
CUTS = st.sampled_from([time(0), time(2), time(5), time(4, 30)])
INSTANTS = st.integers(1_577_836_800, 2_051_222_400).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
# Nights when the clocks change: forward, then back, in each zone.
CHANGES = [
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
]


@given(at=INSTANTS, zone=ZONES, cut=CUTS)
def test_every_instant_has_one_day_whatever_zone_it_is_written_in(
    at: datetime, zone: str, cut: time
) -> None:
    day = business_date(at=at, zone=zone, day_starts_at=cut)
    elsewhere = at.astimezone(timezone(timedelta(hours=9)))
    assert business_date(at=elsewhere, zone=zone, day_starts_at=cut) == day
    assert at.astimezone(ZoneInfo(zone)).date() - day in (timedelta(0), timedelta(days=1))


@given(at=INSTANTS, later=st.timedeltas(timedelta(0), timedelta(days=3)), zone=ZONES, cut=CUTS)
def test_a_later_instant_never_has_an_earlier_day(
    at: datetime, later: timedelta, zone: str, cut: time
) -> None:
    first = business_date(at=at, zone=zone, day_starts_at=cut)
    assert business_date(at=at + later, zone=zone, day_starts_at=cut) >= first


@pytest.mark.parametrize("cut", [time(0), time(2), time(5)])
@pytest.mark.parametrize(("zone", "night"), CHANGES)
def test_the_night_the_clocks_change_has_one_cut_and_no_way_back(
    zone: str, night: date, cut: time
) -> None:
    noon = datetime.combine(night, time(12), ZoneInfo(zone)).astimezone(UTC)
    minutes = [noon + timedelta(minutes=5 * step) for step in range(-12 * 18, 1)]
    days = [business_date(at=at, zone=zone, day_starts_at=cut) for at in minutes]
    changes = [after for before, after in pairwise(days) if after != before]
    assert changes == [night]
    first = minutes[days.index(night)].astimezone(ZoneInfo(zone))
    assert first.replace(tzinfo=None) >= datetime.combine(night, cut)


def test_a_day_is_23_or_25_hours_long_when_the_clocks_change() -> None:
    for night, hours in ((date(2026, 3, 29), 23), (date(2026, 10, 25), 25)):
        start = datetime.combine(night, time(0), ZoneInfo("Europe/London")).astimezone(UTC)
        inside = [start + timedelta(hours=hour) for hour in range(hours)]
        days = {business_date(at=at, zone="Europe/London", day_starts_at=time(0)) for at in inside}
        assert days == {night}


@pytest.mark.parametrize(
    ("local", "cut", "day"),
    [
        (time(4, 59, 59), time(5), date(2026, 6, 9)),
        (time(5), time(5), date(2026, 6, 10)),
        (time(1, 59), time(2), date(2026, 6, 9)),
        (time(0), time(0), date(2026, 6, 10)),
        (time(23, 59), time(5), date(2026, 6, 10)),
    ],
)
def test_the_small_hours_belong_to_the_evening_before(local: time, cut: time, day: date) -> None:
    at = datetime.combine(date(2026, 6, 10), local, ZoneInfo("Europe/London"))
    assert business_date(at=at, zone="Europe/London", day_starts_at=cut) == day


def test_a_cut_inside_the_repeated_hour_is_decided_by_the_clock_on_the_wall() -> None:
    first = datetime(2026, 10, 25, 0, 45, tzinfo=UTC)
    again = first + timedelta(minutes=30)
    cut = time(1, 30)
    days = [business_date(at=at, zone="Europe/London", day_starts_at=cut) for at in (first, again)]
    assert days == [date(2026, 10, 25), date(2026, 10, 24)]


def test_instants_are_written_in_utc_with_microseconds() -> None:
    summer = datetime(2026, 6, 1, 13, 0, tzinfo=ZoneInfo("Europe/London"))
    assert as_utc_text(summer) == "2026-06-01T12:00:00.000000Z"
    assert utc_now().tzinfo is UTC
