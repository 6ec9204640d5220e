"""Orders on the nights when the clocks change, where the business day begins at 04:00."""

from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from unittest.mock import patch
from zoneinfo import ZoneInfo

import pytest

from fynlo.accounts.models import Restaurant
from fynlo.api import views
from fynlo.testing.cast import Member
from pos.models import AvailabilityWindow, TimedPrice
from pos.tests.conftest import Menu, opened, said
from pos.tests.test_closing_api import paid

pytestmark = pytest.mark.django_db
Clock = Callable[..., AbstractContextManager[object]]
NIGHTS = [
    ("Europe/London", date(2026, 3, 29)),
    ("Europe/London", date(2026, 10, 25)),
    ("America/New_York", date(2026, 3, 8)),
    ("America/New_York", date(2026, 11, 1)),
]


@pytest.fixture(params=NIGHTS, ids=lambda night: f"{night[0]}-{night[1]}")
def night(request: pytest.FixtureRequest, restaurant: Restaurant) -> tuple[ZoneInfo, date]:
    zone, day = request.param
    changed = {"time_zone": zone, "day_starts_at": time(4)}
    Restaurant.objects.filter(pk=restaurant.pk).update(**changed)
    return ZoneInfo(zone), day


@pytest.fixture
def clock(night: tuple[ZoneInfo, date]) -> Clock:
    """The wall clock of the night stands at so much; `fold` for an hour that comes twice."""

    def at(hour: int, minute: int = 0, *, fold: int = 0) -> AbstractContextManager[object]:
        zone, day = night
        local = datetime.combine(day, time(hour, minute, fold=fold), zone)
        return patch.object(views, "utc_now", return_value=local.astimezone(UTC))

    return at


def order_at(server: Member, menu: Menu, moment: AbstractContextManager[object]) -> dict[str, Any]:
    with moment:
        return opened(server, menu.order(channel="takeaway"))


def test_until_four_it_is_the_day_before(
    server: Member, menu: Menu, clock: Clock, night: tuple[ZoneInfo, date]
) -> None:
    """Numbers go on through the change, and begin again at the cut."""
    moments = [clock(1, 30), clock(1, 30, fold=1), clock(3, 59), clock(4), clock(23)]
    orders = [order_at(server, menu, moment) for moment in moments]
    day = night[1]
    assert [row["business_date"] for row in orders] == [
        *[(day - timedelta(days=1)).isoformat()] * 3,
        *[day.isoformat()] * 2,
    ]
    assert [row["number"] for row in orders] == [1, 2, 3, 1, 2]


def test_what_was_completed_is_reopened_until_the_cut(
    server: Member, manager: Member, menu: Menu, clock: Clock
) -> None:
    order = order_at(server, menu, clock(1, 30))
    path = f"orders/{order['id']}/"
    server.post(f"{path}send/")
    paid(server, order["id"])
    for moment in (clock(3, 30), clock(3, 59)):
        with moment:
            assert said(server.post(f"{path}complete/"))["status"] == "COMPLETED"
            assert said(manager.post(f"{path}reopen/"))["status"] == "OPEN"
    server.post(f"{path}complete/")
    with clock(4):
        assert said(manager.post(f"{path}reopen/"))["code"] == "business_day_over"


def test_a_happy_hour_of_the_evening_before_ends_by_the_wall_clock(
    server: Member, menu: Menu, clock: Clock, night: tuple[ZoneInfo, date]
) -> None:
    """From Saturday 23:00 to Sunday 02:00: the hour that comes twice is happy twice."""
    TimedPrice.objects.create(
        product=menu.burger, price=900, weekdays=[6], starts_at=time(23), ends_at=time(2)
    )
    zone, day = night
    moments = [clock(1, 30), clock(1, 30, fold=1), clock(3, 30)]
    prices = [order_at(server, menu, moment)["total"] for moment in moments]
    # Where 01:30 is skipped, its second reading is the wall clock's 00:30.
    assert prices == [*[1250 if local >= 2 else 900 for local in hours(zone, day)], 1250]


def hours(zone: ZoneInfo, day: date) -> list[int]:
    """What the wall clock really shows when somebody says 01:30, first and second."""
    said_so = [datetime.combine(day, time(1, 30, fold=fold), zone) for fold in (0, 1)]
    return [at.astimezone(UTC).astimezone(zone).hour for at in said_so]


def test_what_is_sold_until_two_is_refused_when_the_wall_clock_shows_it(
    server: Member, menu: Menu, clock: Clock, night: tuple[ZoneInfo, date]
) -> None:
    AvailabilityWindow.objects.create(
        product=menu.burger, weekdays=[6], starts_at=time(18), ends_at=time(2)
    )
    zone, day = night
    body = menu.order(channel="takeaway")
    for fold, hour in enumerate(hours(zone, day)):
        with clock(1, 30, fold=fold):
            response = server.post("orders/", body)
        assert response.status_code == (201 if hour < 2 else 422), (fold, hour)
    with clock(3, 30):
        assert server.post("orders/", body).status_code == 422
