"""No penny is lost: any bill, divided in any way, and put together again."""

from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from fynlo.accounts.selectors import Profile
from fynlo.db import new_id
from fynlo.money import allocate
from pos.models import Order, OrderDiscount, OrderLine
from pos.services.bill import OpenBill, calculate
from pos.services.merging import join_bills
from pos.services.splitting import divide_bill
from pos.services.voids import take_off

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
RATES = st.sampled_from(
    [("Standard", 2000, True), ("Reduced", 500, True), ("GST", 1500, False), ("Zero", 0, True)]
)
LINES = st.lists(
    st.fixed_dictionaries(
        {
            "unit_price": st.integers(0, 9_999),
            "modifiers_price": st.integers(0, 300),
            "thousandths": st.integers(1, 9) | st.integers(1, 9).map(lambda n: n * 1000),
            "counted": st.integers(0, 3),
            "seat": st.integers(0, 3),
            "rate": RATES,
            "state": st.sampled_from(["NEW", "SENT", "SENT", "SERVED", "VOIDED"]),
        }
    ),
    min_size=1,
    max_size=8,
)
DISCOUNTS = st.lists(
    st.tuples(
        st.none() | st.integers(0, 7),
        st.sampled_from(["percent", "amount"]),
        st.integers(1, 10_000),
    ),
    max_size=4,
)
CHARGE = st.sampled_from([0, 1000, 1250])
CHARGE_TAX = st.sampled_from([0, 2000])
Given = tuple[list[dict[str, Any]], list[tuple[int | None, str, int]], int]
BILLS = st.tuples(LINES, DISCOUNTS, CHARGE)


def profile(charge_tax: int) -> Profile:
    return Profile(
        id=new_id(),
        name="The Copper Kettle",
        currency="GBP",
        country="GB",
        time_zone="Europe/London",
        day_starts_at=time(4),
        service_charge_bps=1250,
        service_charge_tax_bps=charge_tax,
        cash_rounding=1,
    )


def bill_of(described: Given, known: Profile) -> OpenBill:
    lines, discounts, charge = described
    order = Order(restaurant_id=known.id, guests=2, service_charge_bps=charge, opened_at=NOW)
    made = [line_of(order, place, values) for place, values in enumerate(lines)]
    given_at = NOW
    reductions = [
        OrderDiscount(
            order=order,
            line_id=None if place is None else made[place % len(made)].pk,
            kind=kind,
            value=value,
            given_at=given_at,
        )
        for place, kind, value in discounts
    ]
    bill = OpenBill.of(order, made, reductions)
    calculate(order, made, reductions, profile=known)
    return bill


def line_of(order: Order, place: int, values: dict[str, Any]) -> OrderLine:
    name, bps, inclusive = values["rate"]
    return OrderLine(
        order=order,
        position=place,
        unit_price=values["unit_price"],
        modifiers_price=values["modifiers_price"],
        quantity=Decimal(values["thousandths"]) / 1000,
        counted=values["counted"],
        seat=values["seat"],
        state=values["state"],
        tax_name=name,
        tax_rate_bps=bps,
        tax_inclusive=inclusive,
    )


AMOUNTS = ("gross", "discount", "subtotal", "service_charge", "tax", "tax_added", "total")


def amounts(*bills: OpenBill) -> dict[str, int]:
    return {name: sum(getattr(bill.order, name) for bill in bills) for name in AMOUNTS}


def buckets(*bills: OpenBill) -> dict[tuple[str, int, bool], tuple[int, int]]:
    found: dict[tuple[str, int, bool], tuple[int, int]] = {}
    for row in (row for bill in bills for row in bill.order.taxes):
        key = (row["name"], row["rate_bps"], row["inclusive"])
        net, tax = found.get(key, (0, 0))
        found[key] = (net + row["net"], tax + row["tax"])
    return found


def quantities(*bills: OpenBill) -> Decimal:
    return sum((line.quantity for bill in bills for line in bill.lines), Decimal(0))


def counted(*bills: OpenBill) -> int:
    return sum(line.counted for bill in bills for line in bill.lines)


def check(bill: OpenBill) -> None:
    """What the database asks of every order and line, and that it prices the same again."""
    order, before = bill.order, amounts(bill)
    assert order.total == order.subtotal + order.service_charge + order.tax_added
    assert order.subtotal == sum(line.total - line.order_discount for line in bill.lines)
    assert order.tax == sum(row["tax"] for row in order.taxes)
    assert all(line.quantity > 0 and line.discount >= 0 for line in bill.lines)
    assert all(line.total == line.gross - line.discount >= 0 for line in bill.lines)
    assert all(row["net"] >= 0 and row["tax"] >= 0 for row in order.taxes)
    assert len({line.position for line in bill.lines}) == len(bill.lines)
    calculate(order, bill.lines, bill.discounts, profile=profile(0))
    assert amounts(bill)["total"] == before["total"]


def divided(bill: OpenBill, data: Any, count: int, known: Profile) -> list[OpenBill]:
    """By whole lines and by parts of lines, at random."""
    plan = {}
    for line in bill.live_lines:
        weights = data.draw(st.lists(st.integers(0, 3), min_size=count, max_size=count))
        shares = allocate(int(line.quantity * 1000), weights)
        plan[line.pk] = [Decimal(share) / 1000 for share in shares]
    parts, _ = divide_bill(bill, plan, evenly=False, profile=known, now=NOW)
    return parts


@settings(deadline=None)
@given(BILLS, CHARGE_TAX, st.integers(2, 4), st.data())
def test_the_parts_of_a_split_sum_to_the_whole_and_merge_to_it_again(
    described: Given, charge_tax: int, count: int, data: Any
) -> None:
    known = profile(charge_tax)
    bill = bill_of(described, known)
    if not bill.live_lines:
        return
    whole, rates, pieces = amounts(bill), buckets(bill), quantities(bill)
    stock = counted(bill)
    parts = divided(bill, data, count, known)
    assert amounts(*parts) == whole
    assert nonzero(buckets(*parts)) == nonzero(rates)
    assert (quantities(*parts), counted(*parts)) == (pieces, stock)
    first, *others = parts
    for other in others:
        join_bills(other, first, profile=known)
        assert amounts(other)["total"] == 0
    assert amounts(first) == whole
    assert nonzero(buckets(first)) == nonzero(rates)
    check(first)


@settings(deadline=None)
@given(BILLS, CHARGE_TAX, st.integers(2, 7))
def test_equal_parts_sum_to_the_whole_and_differ_by_a_penny(
    described: Given, charge_tax: int, count: int
) -> None:
    known = profile(charge_tax)
    lines, discounts, charge = described
    in_pieces = [{**line, "thousandths": line["thousandths"] * 1000} for line in lines]
    bill = bill_of((in_pieces, discounts, charge), known)
    if not bill.live_lines:
        return
    whole, rates = amounts(bill), buckets(bill)
    plan = {
        line.pk: [Decimal(part) / 1000 for part in allocate(int(line.quantity * 1000), [1] * count)]
        for line in bill.live_lines
    }
    parts, _ = divide_bill(bill, plan, evenly=True, profile=known, now=NOW)
    assert amounts(*parts) == whole
    assert nonzero(buckets(*parts)) == nonzero(rates)
    for part in parts:
        check(part)
    totals = [part.order.total for part in parts]
    if whole["subtotal"] >= 100 * count:
        assert max(totals) - min(totals) <= 1


@settings(deadline=None)
@given(BILLS, BILLS, CHARGE_TAX)
def test_a_merged_order_comes_to_what_both_came_to(
    described: Given, other: Given, charge_tax: int
) -> None:
    known = profile(charge_tax)
    target, source = bill_of(described, known), bill_of(other, known)
    both, rates = amounts(source, target), buckets(source, target)
    join_bills(source, target, profile=known)
    assert amounts(target) == both
    assert nonzero(buckets(target)) == nonzero(rates)
    assert amounts(source)["total"] == 0
    check(target)


def worked_on(bill: OpenBill, data: Any, known: Profile) -> None:
    """Parts of lines are voided, discounts are taken back, other modifiers are chosen."""
    for line in list(bill.live_lines):
        size = int(line.quantity * 1000)
        off = Decimal(data.draw(st.integers(0, size))) / 1000
        if off:
            take_off(bill, line, off).state = "VOIDED"
        line.modifiers_price = data.draw(st.integers(0, 300))
    bill.discounts = [given for given in bill.discounts if data.draw(st.booleans())]
    calculate(bill.order, bill.lines, bill.discounts, profile=known)


@settings(deadline=None)
@given(BILLS, CHARGE_TAX, st.integers(2, 4), st.data())
def test_a_bill_that_was_worked_on_between_splits_keeps_every_penny_and_piece(
    described: Given, charge_tax: int, count: int, data: Any
) -> None:
    known = profile(charge_tax)
    bill = bill_of(described, known)
    pieces, stock = quantities(bill), counted(bill)
    for _ in range(2):
        worked_on(bill, data, known)
        assert (quantities(bill), counted(bill)) == (pieces, stock)
        if not bill.live_lines:
            return
        whole, rates = amounts(bill), buckets(bill)
        first, *others = divided(bill, data, count, known)
        assert amounts(first, *others) == whole
        for other in others:
            join_bills(other, first, profile=known)
        assert (amounts(first), nonzero(buckets(first))) == (whole, nonzero(rates))
        bill = first
    check(bill)


def nonzero(rates: dict[tuple[str, int, bool], tuple[int, int]]) -> dict[Any, Any]:
    """A rate whose lines cost nothing is listed where its lines are."""
    return {rate: row for rate, row in rates.items() if any(row)}
