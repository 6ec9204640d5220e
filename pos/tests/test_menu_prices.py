from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fynlo.errors import UnknownReference
from pos.services.prices import price_at

PINT = UUID("01936f00-0000-7000-8000-000000000001")
HALF = UUID("01936f00-0000-7000-8000-000000000002")
LONDON = "Europe/London"
ZONES = st.sampled_from([LONDON, "Europe/Dublin", "America/New_York", "Australia/Lord_Howe"])
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]


def beer(*timed_prices: dict[str, Any]) -> dict[str, Any]:
    variations = [{"id": str(PINT), "price": 600}, {"id": str(HALF), "price": 320}]
    return {"price": 500, "variations": variations, "timed_prices": list(timed_prices)}


def happy(
    price: int,
    start: str = "17:00",
    end: str = "19:00",
    *,
    weekdays: list[int] = EVERY_DAY,
    variation: UUID | None = None,
) -> dict[str, Any]:
    return {
        "variation": str(variation) if variation else None,
        "price": price,
        "weekdays": weekdays,
        "starts_at": start,
        "ends_at": end,
    }


def london(text: str, fold: int = 0) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(LONDON), fold=fold)


def price(product: dict[str, Any], at: datetime, variation: UUID | None = None) -> int:
    return price_at(product=product, variation_id=variation, at=at.astimezone(UTC), zone=LONDON)


def test_without_a_window_the_menu_price_holds() -> None:
    assert price(beer(), london("2026-11-23T18:00")) == 500
    assert price(beer(), london("2026-11-23T18:00"), HALF) == 320


def test_a_window_includes_its_start_and_not_its_end() -> None:
    product = beer(happy(400))
    prices = [
        price(product, london(f"2026-11-23T{clock}"))
        for clock in ("16:59:59", "17:00", "18:59:59", "19:00")
    ]
    assert prices == [500, 400, 400, 500]


def test_a_window_holds_only_on_its_weekdays() -> None:
    monday_only = beer(happy(400, weekdays=[1]))
    assert price(monday_only, london("2026-11-23T18:00")) == 400
    assert price(monday_only, london("2026-11-24T18:00")) == 500


def test_a_window_over_midnight_belongs_to_the_day_it_starts_on() -> None:
    sunday_night = beer(happy(400, "22:00", "02:00", weekdays=[7]))
    assert price(sunday_night, london("2026-11-22T23:00")) == 400
    assert price(sunday_night, london("2026-11-23T01:59")) == 400
    assert price(sunday_night, london("2026-11-23T02:00")) == 500
    assert price(sunday_night, london("2026-11-22T01:00")) == 500
    assert price(sunday_night, london("2026-11-23T23:00")) == 500


def test_the_price_of_the_variation_beats_that_of_the_product_and_the_lowest_wins() -> None:
    product = beer(happy(100), happy(450, variation=PINT), happy(440, variation=PINT))
    at = london("2026-11-23T18:00")
    assert price(product, at, PINT) == 440
    assert price(product, at, HALF) == 100
    assert price(product, at) == 100


def test_a_window_of_another_variation_changes_nothing() -> None:
    product = beer(happy(450, variation=PINT))
    at = london("2026-11-23T18:00")
    assert (price(product, at, HALF), price(product, at)) == (320, 500)


def test_an_unknown_variation_is_refused() -> None:
    with pytest.raises(UnknownReference):
        price(beer(), london("2026-11-23T18:00"), UUID(int=1))


def test_the_hour_that_comes_twice_is_in_its_window_twice() -> None:
    product = beer(happy(400, "01:00", "02:00"))
    first, second = london("2026-10-25T01:30"), london("2026-10-25T01:30", fold=1)
    assert second.astimezone(UTC) - first.astimezone(UTC) == timedelta(hours=1)
    assert (price(product, first), price(product, second)) == (400, 400)


def test_the_hour_that_is_skipped_ends_the_window_at_once() -> None:
    product = beer(happy(400, "00:00", "01:30"))
    before = datetime(2026, 3, 29, 0, 59, 59, tzinfo=UTC)
    assert (price(product, before), price(product, before + timedelta(seconds=1))) == (400, 500)


def runs(window: dict[str, Any], at: datetime, zone: str) -> bool:
    """The same rule said another way: intervals of the wall clock, one for each weekday."""
    wall = at.astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    start, end = (time.fromisoformat(window[name]) for name in ("starts_at", "ends_at"))
    for days_back in (0, 1):
        day = (wall - timedelta(days=days_back)).date()
        opens, closes = datetime.combine(day, start), datetime.combine(day, end)
        closes += timedelta(days=1 if closes <= opens else 0)
        if day.isoweekday() in window["weekdays"] and opens <= wall < closes:
            return True
    return False


clocks = st.times().map(lambda clock: clock.strftime("%H:%M"))
windows = st.builds(
    happy,
    st.integers(0, 700),
    clocks,
    clocks,
    weekdays=st.lists(st.integers(1, 7), unique=True),
    variation=st.sampled_from([None, PINT, HALF]),
)
changing_days = st.sampled_from(
    [datetime(2026, 3, 29, tzinfo=UTC), datetime(2026, 10, 25, tzinfo=UTC),
     datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 4, 4, tzinfo=UTC)]
)  # fmt: skip
instants = st.one_of(
    st.builds(lambda minutes: datetime(2024, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes),
              st.integers(0, 5 * 365 * 24 * 60)),
    st.builds(lambda day, minutes: day + timedelta(minutes=minutes), changing_days,
              st.integers(0, 2 * 24 * 60)),
)  # fmt: skip


@given(st.lists(windows, max_size=6), st.sampled_from([None, PINT, HALF]), instants, ZONES)
@example(
    [happy(1, "00:00", "00:00", weekdays=[7])], None, datetime(2026, 3, 29, tzinfo=UTC), LONDON
)
def test_the_price_is_that_of_the_windows_that_run(
    rows: list[dict[str, Any]], variation: UUID | None, at: datetime, zone: str
) -> None:
    product = beer(*rows)
    running = [row for row in rows if runs(row, at, zone)]
    own = [row["price"] for row in running if row["variation"] == (variation and str(variation))]
    general = [row["price"] for row in running if row["variation"] is None]
    regular = {None: 500, PINT: 600, HALF: 320}[variation]
    expected = min(own or general or [regular])
    assert price_at(product=product, variation_id=variation, at=at, zone=zone) == expected
