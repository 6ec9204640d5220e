from decimal import Decimal
from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from pos.services.pricing import Bill, Item, Reduction, Tax, price

TAXES = st.builds(
    Tax,
    st.sampled_from(["Standard", "Reduced"]),
    st.sampled_from([0, 500, 900, 1350, 2000, 2300]),
    st.booleans(),
)
REDUCTIONS = st.lists(
    st.one_of(
        st.builds(Reduction, st.just("percent"), st.integers(1, 10_000)),
        st.builds(Reduction, st.just("amount"), st.integers(1, 5_000)),
    ),
    max_size=3,
)
ITEMS = st.lists(
    st.builds(
        Item,
        st.integers(0, 20_000),
        st.integers(1, 5_000).map(lambda n: Decimal(n) / 1000),
        TAXES,
        REDUCTIONS.map(tuple),
    ),
    max_size=30,
)
BPS = st.integers(0, 2_500)


def check_sums(bill: Bill) -> None:
    assert sum(item.gross for item in bill.items) == bill.gross
    assert sum(item.total - item.order_discount for item in bill.items) == bill.subtotal
    assert sum(item.order_discount for item in bill.items) == sum(bill.reduction_amounts)
    taxed = sum(row["tax"] for row in bill.taxes if row["name"] != "Service charge")
    assert sum(item.tax for item in bill.items) == taxed
    assert bill.total == bill.subtotal + bill.service_charge + bill.tax_added


@given(ITEMS, REDUCTIONS, BPS, st.sampled_from([0, 2000]))
def test_the_parts_of_any_bill_sum_to_it(
    items: list[Item], reductions: list[Reduction], charge: int, charge_tax: int
) -> None:
    bill = price(
        items,
        reductions=reductions,
        service_charge_bps=charge,
        service_charge_tax_bps=charge_tax,
    )
    check_sums(bill)
    assert 0 <= bill.discount <= bill.gross
    for item in bill.items:
        assert 0 <= item.order_discount <= item.total <= item.gross


@given(ITEMS)
def test_each_bucket_is_within_half_a_penny_of_the_exact_tax(items: list[Item]) -> None:
    for row in price(items).taxes:
        base = row["gross"] if row["inclusive"] else row["net"]
        whole = 10_000 + row["rate_bps"] if row["inclusive"] else 10_000
        exact = Fraction(base * row["rate_bps"], whole)
        assert abs(row["tax"] - exact) <= Fraction(1, 2)
        assert row["net"] + row["tax"] == row["gross"]


@given(st.lists(st.integers(0, 5_000), min_size=1, max_size=200), st.sampled_from([500, 2000]))
def test_inclusive_tax_never_drifts_with_the_number_of_lines(prices: list[int], rate: int) -> None:
    tax = Tax("Standard", rate, True)
    many = price([Item(amount, Decimal(1), tax) for amount in prices])
    one = price([Item(sum(prices), Decimal(1), tax)])
    assert (many.tax, many.total) == (one.tax, one.total)


@given(ITEMS, REDUCTIONS)
def test_inclusive_tax_changes_nothing_that_the_guest_pays(
    items: list[Item], reductions: list[Reduction]
) -> None:
    inclusive = [
        Item(i.unit_price, i.quantity, Tax(i.tax.name, i.tax.rate_bps, True), i.reductions)
        for i in items
    ]
    bill = price(inclusive, reductions=reductions)
    assert bill.total == bill.subtotal


def test_discounts_take_from_what_the_one_before_left() -> None:
    tax = Tax("Standard", 2000, True)
    half_twice = (Reduction("percent", 5000), Reduction("percent", 5000))
    bill = price([Item(1000, Decimal(1), tax, half_twice)])
    assert bill.items[0].reduction_amounts == (500, 250)


def test_the_penny_left_over_goes_to_the_line_that_lost_most() -> None:
    tax = Tax("Standard", 2000, True)
    items = [Item(amount, Decimal(1), tax) for amount in (333, 333, 334)]
    bill = price(items, reductions=[Reduction("amount", 100)])
    assert [item.order_discount for item in bill.items] == [33, 33, 34]
