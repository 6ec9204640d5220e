"""The charts of today on the index of the admin."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from hypothesis import given
from hypothesis import strategies as st

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date, utc_now
from fynlo.testing.cast import Member, hire
from pos.admin.charts import Charts, round_scale
from pos.models import Order
from pos.tests.admin_scene import office
from pos.tests.conftest import Menu, opened
from pos.tests.sales_scene import sold, water

pytestmark = pytest.mark.django_db


def charts(client: Client, query: str = "") -> Charts:
    found: Charts = client.get(f"/admin/{query}").context["charts"]
    return found


def day_of(place: Restaurant) -> Any:
    known = restaurant_profile(place.pk)
    return business_date(at=utc_now(), zone=known.time_zone, day_starts_at=known.day_starts_at)


def move_to(order: dict[str, Any], day: Any, time: str) -> None:
    Order.objects.filter(pk=order["id"]).update(
        business_date=day, opened_at=f"{day}T{time}:00+00:00"
    )


def test_today_stands_beside_the_same_weekday_of_last_week(manager: Member, menu: Menu) -> None:
    """Each burger is 10.42 net, and the scale goes up to 20.00."""
    day = day_of(manager.restaurant)
    for order_day, time in ((day, "12:10"), (day, "14:59"), (day - timedelta(7), "14:10")):
        move_to(sold(manager, menu.order()), order_day, time)
    move_to(sold(manager, menu.order()), day - timedelta(1), "13:00")
    hours = charts(office(manager)).hours
    assert [(column.today, column.before) for column in hours.columns] == [
        (52.1, 0),
        (0, 0),
        (52.1, 52.1),
    ]
    assert (hours.today, hours.before) == ("£20.84", "£10.42")
    assert hours.scale == ["£20", "£10", "£0"]


def test_what_sold_best_what_was_paid_and_what_is_open(manager: Member, menu: Menu) -> None:
    sold(manager, menu.order(menu.line(), water(menu)))
    for minutes in (5, 59, 90, 5000):
        order = opened(manager, menu.order(channel="takeaway"))
        at = utc_now() - timedelta(minutes=minutes)
        Order.objects.filter(pk=order["id"]).update(opened_at=at)
    found = charts(office(manager))
    assert [(bar.name, bar.note, bar.percent) for bar in found.products] == [
        ("Burger", "1 ×", 100),
        ("Water", "1 ×", pytest.approx(16, abs=0.1)),
    ]
    assert [(bar.name, bar.value) for bar in found.payments] == [("Cash", "£16.31")]
    assert [bar.value for bar in found.open_orders] == ["1", "1", "1", "1"]
    assert found.open_total == "£50.00"


def test_a_day_without_sales_says_so(manager: Member) -> None:
    page = office(manager).get("/admin/").content.decode()
    for sentence in ("Nothing was sold on either day yet.", "Nothing was paid yet.",
                     "No order is open."):  # fmt: skip
        assert sentence in page


def test_nobody_looks_at_the_charts_of_a_rival(
    manager: Member, menu: Menu, rival_owner: Member, rival_menu: Menu
) -> None:
    rival_menu.burger.name = "Rival burger"
    rival_menu.burger.save()
    sold(rival_owner, rival_menu.order())
    client, theirs = office(manager), rival_owner.restaurant.pk
    for query in ("", f"?restaurant={theirs}", "?restaurant=%00", "?restaurant=1"):
        page = client.get(f"/admin/{query}")
        assert page.context["charts"].restaurant.pk == manager.restaurant.pk
        assert "Rival burger" not in page.content.decode()


def test_who_manages_two_restaurants_chooses_one(
    manager: Member, rival_owner: Member, rival_menu: Menu
) -> None:
    second = hire(rival_owner.restaurant, Role.MANAGER, name="borrowed")
    Membership.objects.filter(pk=second.membership.pk).update(user=manager.membership.user)
    sold(rival_owner, rival_menu.order())
    client = office(manager)
    first, chosen = (charts(client, query) for query in ("", f"?restaurant={second.restaurant.pk}"))
    assert [place.name for place in first.choices] == ["Forno Vesuvio", "The Copper Kettle"]
    assert [place.name for place in (first.restaurant, chosen.restaurant)] == ["Forno Vesuvio"] * 2
    assert chosen.hours.today.startswith("€")
    other = charts(client, f"?restaurant={manager.restaurant.pk}")
    assert (other.restaurant.name, other.hours.today) == ("The Copper Kettle", "£0.00")


@given(most=st.integers(0, 10**12))
def test_a_scale_is_no_less_than_the_most_and_can_be_halved(most: int) -> None:
    top = round_scale(most)
    assert top >= most
    assert top % 2 == 0
    assert top <= max(2, most * 5 // 2)
