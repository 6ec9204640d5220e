from decimal import ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal
from fractions import Fraction

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from fynlo.money import (
    allocate,
    divide_half_even,
    divide_half_up,
    exponent,
    for_people,
    from_major,
    multiply,
    round_to_step,
    share,
    tax_added,
    tax_included,
)

AMOUNTS = st.integers(-(10**11), 10**11)
RATES = st.integers(0, 10_000)
WEIGHTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=40)
CURRENCIES = st.sampled_from(["GBP", "JPY", "KWD", "EUR"])
DIVISORS = st.integers(1, 10**6)


def rounded(numerator: int, denominator: int, rounding: str) -> int:
    """What the standard library says; the division is exact to far more digits than we have."""
    return int((Decimal(numerator) / Decimal(denominator)).quantize(Decimal(1), rounding=rounding))


@given(numerator=AMOUNTS, denominator=DIVISORS)
@example(numerator=5, denominator=2)
@example(numerator=-5, denominator=2)
@example(numerator=-3, denominator=2)
def test_division_agrees_with_decimal(numerator: int, denominator: int) -> None:
    assert divide_half_even(numerator, denominator) == rounded(
        numerator, denominator, ROUND_HALF_EVEN
    )
    assert divide_half_up(numerator, denominator) == rounded(numerator, denominator, ROUND_HALF_UP)


@given(numerator=AMOUNTS, half=st.integers(1, 10**6))
def test_ties_go_to_the_even_number_or_away_from_zero(numerator: int, half: int) -> None:
    tie, below = (2 * numerator + 1) * half, abs(2 * numerator + 1) // 2
    assert divide_half_even(tie, 2 * half) % 2 == 0
    assert abs(divide_half_up(tie, 2 * half)) == below + 1


@given(total=AMOUNTS, weights=WEIGHTS)
@example(total=100, weights=[1, 1, 1])
@example(total=-100, weights=[0, 0, 0])
def test_allocated_parts_add_up_and_none_is_off_by_a_whole_unit(
    total: int, weights: list[int]
) -> None:
    parts = allocate(total, weights)
    counts = weights if any(weights) else [1] * len(weights)
    exact = [Fraction(total * count, sum(counts)) for count in counts]
    assert sum(parts) == total
    assert all(abs(part - fair) < 1 for part, fair in zip(parts, exact, strict=True))


@given(total=AMOUNTS, weights=WEIGHTS)
def test_a_larger_weight_never_gets_less_and_the_first_of_equals_gets_the_odd_unit(
    total: int, weights: list[int]
) -> None:
    sizes = [abs(part) for part in allocate(total, weights)]
    counts = weights if any(weights) else [1] * len(weights)
    by_weight = sorted(zip([-count for count in counts], range(len(sizes)), sizes, strict=True))
    in_order = [size for _, _, size in by_weight]
    assert in_order == sorted(in_order, reverse=True)


def test_the_odd_pennies_go_to_the_first() -> None:
    assert allocate(100, [1, 1, 1]) == [34, 33, 33]
    assert allocate(-100, [1, 1, 1]) == [-34, -33, -33]
    assert allocate(5, [0, 0]) == [3, 2]
    assert allocate(0, [3, 4]) == [0, 0]


@pytest.mark.parametrize("weights", [[], [1, -1]])
def test_weights_must_be_there_and_not_negative(weights: list[int]) -> None:
    with pytest.raises(ValueError, match="weights"):
        allocate(1, weights)


@given(gross=AMOUNTS, rate=RATES)
def test_the_tax_inside_a_price_and_the_net_make_the_price_again(gross: int, rate: int) -> None:
    tax = tax_included(gross, rate)
    assert abs(tax - Fraction(gross * rate, 10_000 + rate)) <= Fraction(1, 2)
    assert abs(tax_added(gross - tax, rate) - tax) <= 1


@pytest.mark.parametrize(
    ("gross", "rate", "tax"), [(1200, 2000, 200), (1250, 2000, 208), (3, 10_000, 2), (1, 10_000, 0)]
)
def test_vat_inside_known_prices(gross: int, rate: int, tax: int) -> None:
    assert tax_included(gross, rate) == tax


@given(amount=AMOUNTS, bps=RATES)
def test_a_share_lies_within_the_amount_and_what_is_left_is_not_negative(
    amount: int, bps: int
) -> None:
    assert 0 <= abs(share(amount, bps)) <= abs(amount)
    assert share(amount, 10_000) == amount
    assert share(-amount, bps) == -share(amount, bps)


@given(price=st.integers(-(10**9), 10**9), grams=st.integers(1, 9_999_999))
def test_a_weighed_quantity_is_rounded_once_half_up(price: int, grams: int) -> None:
    assert multiply(price, Decimal(grams).scaleb(-3)) == divide_half_up(price * grams, 1000)


@given(amount=AMOUNTS, step=st.integers(1, 1000))
@example(amount=1002, step=5)
@example(amount=-10, step=20)
def test_cash_is_rounded_to_the_nearest_coin_ties_away_from_zero(amount: int, step: int) -> None:
    paid = round_to_step(amount, step)
    assert paid % step == 0
    assert 2 * abs(paid - amount) <= step
    if 2 * abs(paid - amount) == step:
        assert abs(paid) > abs(amount)


@given(amount=AMOUNTS, currency=CURRENCIES)
def test_what_people_read_is_what_is_read_back(amount: int, currency: str) -> None:
    written = for_people(amount, currency)
    figures = "".join(sign for sign in written if sign in "-0123456789.")
    assert from_major(figures, currency) == amount


def test_currencies_have_their_own_decimals() -> None:
    assert [exponent(currency) for currency in ("GBP", "JPY", "KWD")] == [2, 0, 3]
    assert for_people(1250, "GBP") == "£12.50"
    assert from_major("8.5", "GBP") == 850
    assert from_major(" 850 ", "JPY") == 850
    assert from_major("0.125", "KWD") == 125


@pytest.mark.parametrize(
    "text", ["", "x", "1,50", "8.505", "1e400", "1e999999", "NaN", "Infinity", "٣", "1_0", "9" * 40]
)
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"is not an amount|too many decimals"):
        from_major(text, "GBP")
