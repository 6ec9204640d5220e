"""Daily sums: they say what the orders say, whatever happens to both."""

from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.money import multiply
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once, beside, wait_until_blocked
from pos import tasks
from pos.choices import SalesGroup
from pos.models import Order, OrderLine, OrderNumber, SalesDay, SalesOfDay
from pos.selectors.sales import Period, sales_report
from pos.selectors.sales_days import days_to_sum_up
from pos.selectors.sales_facts import ORDER_MEASURES
from pos.services.sales_days import sum_up_day
from pos.tests.conftest import Menu, opened
from pos.tests.sales_scene import report, settled

FIRST = date(2026, 3, 27)
DAYS = [FIRST + timedelta(days) for days in range(4)]
PERIOD = Period(DAYS[0], DAYS[-1])
NOW = datetime(2026, 4, 2, 12, tzinfo=UTC)

LINES = st.lists(
    st.fixed_dictionaries(
        {
            "product": st.integers(0, 2),
            "quantity": st.sampled_from(["1", "2", "0.350", "0.333"]),
            "gross": st.integers(0, 5000),
            "off": st.integers(0, 100),
            "inclusive": st.booleans(),
            "voided": st.booleans(),
            "unit_cost": st.none() | st.integers(0, 900),
        }
    ),
    max_size=3,
)
ORDERS = st.lists(
    st.fixed_dictionaries(
        {
            "day": st.integers(0, 3),
            "minute": st.integers(0, 24 * 60 - 1),
            "status": st.sampled_from(["COMPLETED", "COMPLETED", "COMPLETED", "CANCELLED", "OPEN"]),
            "is_merged": st.booleans(),
            "channel": st.sampled_from(["dine_in", "takeaway"]),
            "has_table": st.booleans(),
            "has_server": st.booleans(),
            "guests": st.integers(1, 6),
            "service_charge": st.integers(0, 300),
            "tip": st.integers(0, 300),
            "refunded": st.integers(0, 1),
            "lines": LINES,
        }
    ),
    max_size=8,
)


class Books:
    """Orders written straight into the database, and what they come to, summed in Python."""

    def __init__(self, member: Member, menu: Menu) -> None:
        self.member, self.menu = member, menu
        self.products = [menu.burger, menu.cola, menu.water]
        self.restaurant_id = member.restaurant.pk

    def clear(self) -> None:
        OrderLine.objects.all().delete()
        Order.objects.update(merged_into=None)
        Order.objects.all().delete()
        SalesDay.objects.all().delete()
        for day in DAYS:
            OrderNumber.objects.update_or_create(
                restaurant_id=self.restaurant_id, business_date=day, defaults={"last": 99}
            )

    def write(self, number: int, told: dict[str, Any]) -> Order:
        day, lines = DAYS[told["day"]], list(self._lines(told))
        at = datetime.combine(day, datetime.min.time(), UTC) + timedelta(minutes=told["minute"])
        order = Order(
            restaurant_id=self.restaurant_id,
            number=number,
            business_date=day,
            channel=told["channel"],
            status=told["status"],
            table=self.menu.table if told["has_table"] else None,
            server=self.member.membership if told["has_server"] else None,
            guests=told["guests"],
            opened_at=at,
            received_at=at,
            updated_at=at,
            currency="GBP",
            gross=sum(line.gross for line in lines),
            discount=sum(line.discount + line.order_discount for line in lines),
            subtotal=sum(line.total - line.order_discount for line in lines),
            tax=sum(line.tax for line in lines),
            tax_added=sum(line.tax for line in lines if not line.tax_inclusive),
            service_charge=told["service_charge"],
            tip=told["tip"],
        )
        order.total = order.subtotal + order.service_charge + order.tax_added + order.tip
        order.paid, order.refunded = order.total, told["refunded"] * order.total
        order.payments = [{"method": "cash", "amount": order.total, "tip": order.tip}]
        if told["status"] == "CANCELLED" and told["is_merged"]:
            order.merged_into = Order.objects.order_by("pk").first()
        order.save()
        for line in lines:
            line.order = order
        OrderLine.objects.bulk_create(lines)
        return order

    def _lines(self, told: dict[str, Any]) -> Iterator[OrderLine]:
        for place, line in enumerate(told["lines"]):
            voided = line["voided"] or told["status"] == "CANCELLED"
            gross = 0 if voided else line["gross"]
            discount, share = gross * line["off"] // 200, gross * line["off"] // 300
            yield OrderLine(
                id=new_id(),
                position=place,
                product=self.products[line["product"]],
                name="Anything",
                quantity=Decimal(line["quantity"]),
                unit_price=line["gross"],
                unit_cost=line["unit_cost"],
                gross=gross,
                discount=discount,
                order_discount=share,
                total=gross - discount,
                tax=(gross - discount - share) // 6,
                tax_name="VAT",
                tax_rate_bps=2000,
                tax_inclusive=line["inclusive"],
                state="VOIDED" if voided else "SERVED",
                added_at=NOW,
            )


def measured(order: Order) -> Counter[str]:
    """What `pos.selectors.sales_facts` says that an order comes to, said again."""
    lines = list(OrderLine.objects.filter(order=order))
    struck = [line for line in lines if line.state == "VOIDED"]
    lost = sum(multiply(line.unit_price + line.modifiers_price, line.quantity) for line in struck)
    if order.status == "CANCELLED":
        return Counter(cancelled_orders=1, cancelled=lost)
    inside = sum(line.tax for line in lines if line.tax_inclusive)
    same = ("gross", "discount", "tax", "service_charge", "tip", "rounding", "total", "refunded")
    return Counter(
        orders=1,
        covers=order.guests,
        net=order.subtotal - inside,
        voided_lines=len(struck),
        voided=lost,
        **{name: getattr(order, name) for name in same},
    )


def key_of(order: Order, group_by: SalesGroup) -> str | None:
    if group_by == SalesGroup.HOUR:
        # The clocks go forward on the night to 29 March 2026.
        summer = order.opened_at >= datetime(2026, 3, 29, 1, tzinfo=UTC)
        return str((order.opened_at.hour + summer) % 24)
    found = {
        SalesGroup.DAY: order.business_date.isoformat(),
        SalesGroup.WEEKDAY: str(order.business_date.isoweekday()),
        SalesGroup.TABLE: str(order.table_id) if order.table_id else None,
        SalesGroup.SERVER: str(order.server_id) if order.server_id else None,
        SalesGroup.CHANNEL: order.channel,
    }
    return found[group_by]


def expected(group_by: SalesGroup) -> dict[str | None, Counter[str]]:
    groups: dict[str | None, Counter[str]] = {}
    for order in Order.objects.exclude(status="OPEN").filter(merged_into=None):
        key = key_of(order, group_by)
        groups[key] = groups.get(key, Counter()) + measured(order)
    return groups


def answers(restaurant_id: Any) -> dict[str, Any]:
    return {
        group_by: sales_report(restaurant_id, period=PERIOD, group_by=group_by)
        for group_by in SalesGroup
    }


def without_zeros(row: dict[str, Any]) -> dict[str, int]:
    return {name: row[name] for name in ORDER_MEASURES if row[name]}


def sum_up(restaurant_id: Any, days: list[date]) -> None:
    for day in days:
        assert sum_up_day(restaurant_id=restaurant_id, day=day, now=NOW)


@pytest.fixture
def books(manager: Member, menu: Menu) -> Books:
    return Books(manager, menu)


@pytest.mark.django_db
@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    told=ORDERS,
    later=ORDERS,
    summed=st.lists(st.sampled_from(DAYS), max_size=6),
    changes=st.lists(st.tuples(st.integers(0, 7), st.sampled_from(["refund", "undo", "move"]))),
)
def test_sums_of_any_days_are_those_of_their_orders(
    books: Books,
    told: list[dict[str, Any]],
    later: list[dict[str, Any]],
    summed: list[date],
    changes: list[tuple[int, str]],
) -> None:
    """Any orders; any days of them summed up, some twice; any orders changed, moved to another
    day or added since. The report is what all of them come to, counted one by one in Python, and
    does not change when all days are summed up."""
    books.clear()
    orders = [books.write(number, one) for number, one in enumerate(told)]
    sum_up(books.restaurant_id, summed)
    for place, change in changes:
        if place < len(orders):
            change_order(orders[place], change)
    for number, one in enumerate(later, start=50):
        books.write(number, one)
    found = answers(books.restaurant_id)
    for group_by in set(SalesGroup) - {SalesGroup.PRODUCT, SalesGroup.CATEGORY}:
        rows = {row["key"]: without_zeros(row) for row in found[group_by]["results"]}
        assert rows == {key: dict(+sums) for key, sums in expected(group_by).items()}
    for group_by in (SalesGroup.PRODUCT, SalesGroup.CATEGORY):
        for name in ("gross", "discount", "net", "voided", "voided_lines"):
            total = sum(row[name] for row in found[group_by]["results"])
            assert total == found[group_by]["totals"][name]
    sum_up(books.restaurant_id, DAYS)
    assert answers(books.restaurant_id) == found


def change_order(order: Order, change: str) -> None:
    if change == "refund":
        order.refunded = order.paid
    elif change == "undo":
        order.status = "OPEN"
    else:
        order.business_date = DAYS[-1]
    order.number += 100
    order.save()


@pytest.mark.django_db(transaction=True)
def test_an_order_of_yesterday_that_is_completed_today_is_in_the_next_report(
    manager: Member, menu: Menu
) -> None:
    day = utc_now().date() - timedelta(3)
    order = opened(manager, menu.order())
    Order.objects.filter(pk=order["id"]).update(business_date=day)
    OrderNumber.objects.create(restaurant=manager.restaurant, business_date=day, last=1)
    tasks.sum_up_sales_days()
    assert SalesDay.objects.get().is_current
    done = settled(manager, order)
    assert not SalesDay.objects.get().is_current
    before = report(manager, f"from={day}&to={day}")
    assert before["totals"]["total"] == done["total"]
    tasks.sum_up_sales_days()
    assert SalesDay.objects.get().is_current
    assert report(manager, f"from={day}&to={day}") == before


@pytest.mark.django_db
def test_a_day_is_summed_up_when_it_is_over_where_the_restaurant_is(
    restaurant: Restaurant, menu: Menu
) -> None:
    """The day of 30 June ends on 1 July at 05:00 in London, which is 04:00 in UTC."""
    day = date(2026, 6, 30)
    OrderNumber.objects.create(restaurant=restaurant, business_date=day, last=1)
    end = datetime(2026, 7, 1, 4, tzinfo=UTC)
    assert days_to_sum_up(now=end - timedelta(microseconds=1)) == []
    assert days_to_sum_up(now=end) == [(restaurant.pk, day)]
    sum_up_day(restaurant_id=restaurant.pk, day=day, now=end)
    assert days_to_sum_up(now=end) == []
    Restaurant.objects.update(time_zone="Europe/Paris")
    assert days_to_sum_up(now=end) == [(restaurant.pk, day)]


@pytest.mark.django_db(transaction=True)
def test_what_dies_half_way_leaves_nothing(books: Books) -> None:
    books.clear()
    books.write(1, A_SALE)
    whole = answers(books.restaurant_id)
    with pytest.raises(ZeroDivisionError):
        die_half_way(books.restaurant_id)
    assert not SalesDay.objects.exists()
    assert answers(books.restaurant_id) == whole


def die_half_way(restaurant_id: Any) -> None:
    with durable():
        sum_up(restaurant_id, DAYS[:1])
        raise ZeroDivisionError


A_SALE = {
    "day": 0, "minute": 600, "status": "COMPLETED", "is_merged": False, "channel": "dine_in",
    "has_table": True, "has_server": True, "guests": 2, "service_charge": 10, "tip": 5,
    "refunded": 0, "lines": [{
        "product": 0, "quantity": "1", "gross": 1000, "off": 0, "inclusive": True,
        "voided": False, "unit_cost": 300,
    }],
}  # fmt: skip


def sum_up_durably(restaurant_id: Any) -> bool:
    with durable():
        return sum_up_day(restaurant_id=restaurant_id, day=FIRST, now=NOW)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_at_once_make_one_sum(books: Books) -> None:
    """Who comes second leaves the day alone; its row, which is locked when it is written, makes
    the others wait as well. To see it fail, let `hold_sales_day` be true at once and the row be
    found by `get_or_create`: two write the same sums, and meet a unique violation."""
    books.clear()
    books.write(1, A_SALE)
    whole = answers(books.restaurant_id)
    done = at_once(*[lambda: sum_up_durably(books.restaurant_id)] * 4)
    assert any(done)
    assert SalesOfDay.objects.filter(dimension="channel").count() == 1
    assert answers(books.restaurant_id) == whole


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_a_day_is_not_summed_up_while_an_order_of_it_changes(books: Books) -> None:
    """Without the shared lock in the trigger the sum is made of the order as it was, called
    current, and stays so."""
    books.clear()
    order = books.write(1, A_SALE)
    with durable():
        order.refunded = order.paid
        order.save()
        with beside(lambda: sum_up_durably(books.restaurant_id)) as summing:
            pass
    assert summing.result() is False
    assert not SalesDay.objects.filter(is_current=True).exists()
    assert sum_up_durably(books.restaurant_id)
    found = answers(books.restaurant_id)[SalesGroup.DAY]
    assert found["totals"]["refunded"] == order.paid


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_an_order_that_changes_while_its_day_is_summed_up_undoes_it(books: Books) -> None:
    """Without the shared lock in the trigger the change finds no sum to undo, for that of the
    other transaction is not there yet, and is never seen again."""
    books.clear()
    order = books.write(1, A_SALE)
    order.refunded = order.paid
    with ExitStack() as stack, durable():
        assert sum_up_day(restaurant_id=books.restaurant_id, day=FIRST, now=NOW)
        stack.enter_context(beside(order.save))
        wait_until_blocked()
    assert not SalesDay.objects.filter(is_current=True).exists()
    found = answers(books.restaurant_id)[SalesGroup.DAY]
    assert found["totals"]["refunded"] == order.paid
