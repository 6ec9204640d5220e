"""The worked tables of the price list, and what must hold for every amount."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynlo.api.inputs import MAX_MINOR_UNITS
from payments.choices import FeePayer
from payments.services.fees import Fees, Rate, fees, returned

BANK = Rate(provider_bps=20, provider_fixed=0, platform_bps=100)
CARD = Rate(provider_bps=290, provider_fixed=30, platform_bps=100)
CASH = Rate(provider_bps=0, provider_fixed=0, platform_bps=0)
RATES = st.builds(Rate, st.integers(0, 5000), st.integers(0, 500), st.integers(0, 5000))
AMOUNTS = st.integers(1, MAX_MINOR_UNITS)


def parts(found: Fees) -> tuple[int, int, int, int]:
    return found.charge, found.provider, found.platform, found.net


@pytest.mark.parametrize(
    ("amount", "rate", "absorbed", "passed_on"),
    [
        (1, BANK, (1, 0, 0, 1), (1, 0, 0, 1)),
        (33, BANK, (33, 0, 0, 33), (33, 0, 0, 33)),
        (100, BANK, (100, 0, 1, 99), (101, 0, 1, 100)),
        (100, CARD, (100, 33, 1, 66), (135, 34, 1, 100)),
        (1000, BANK, (1000, 2, 10, 988), (1012, 2, 10, 1000)),
        (1000, CARD, (1000, 59, 10, 931), (1071, 61, 10, 1000)),
        (1999, BANK, (1999, 4, 20, 1975), (2023, 4, 20, 1999)),
        (1999, CARD, (1999, 88, 20, 1891), (2110, 91, 20, 1999)),
        (2750, BANK, (2750, 6, 28, 2716), (2784, 6, 28, 2750)),
        (2750, CARD, (2750, 110, 28, 2612), (2892, 114, 28, 2750)),
        (11000, BANK, (11000, 22, 110, 10868), (11132, 22, 110, 11000)),
        (11000, CARD, (11000, 349, 110, 10541), (11473, 363, 110, 11000)),
        (2750, CASH, (2750, 0, 0, 2750), (2750, 0, 0, 2750)),
    ],
)
def test_the_worked_examples(
    amount: int,
    rate: Rate,
    absorbed: tuple[int, int, int, int],
    passed_on: tuple[int, int, int, int],
) -> None:
    """`(charge, provider, platform, net)` for each who may bear the fees."""
    assert parts(fees(amount, rate, FeePayer.RESTAURANT)) == absorbed
    assert parts(fees(amount, rate, FeePayer.CUSTOMER)) == passed_on


@pytest.mark.parametrize("rate", [BANK, CARD, CASH], ids=["bank", "card", "cash"])
def test_a_restaurant_whose_guests_bear_the_fees_nets_the_bill_exactly(rate: Rate) -> None:
    """For every amount up to 500.00, by the smallest charge that does."""
    for amount in range(1, 50_001):
        found = fees(amount, rate, FeePayer.CUSTOMER)
        assert found.net == amount
        less = found.charge - 1
        assert less - rate.provider_fee(less) - found.platform < amount


@given(AMOUNTS, RATES)
def test_whatever_the_rates_the_bill_is_netted_exactly(amount: int, rate: Rate) -> None:
    found = fees(amount, rate, FeePayer.CUSTOMER)
    assert found.net == amount
    assert found.charge == amount + found.customer_fee
    less = found.charge - 1
    assert less - rate.provider_fee(less) - found.platform < amount


@given(AMOUNTS, RATES)
def test_a_restaurant_that_bears_the_fees_charges_the_bill(amount: int, rate: Rate) -> None:
    found = fees(amount, rate, FeePayer.RESTAURANT)
    assert (found.charge, found.customer_fee) == (amount, 0)
    assert found.net == amount - found.provider - found.platform


@given(AMOUNTS, RATES)
def test_fynlo_takes_the_same_whoever_bears_the_fees(amount: int, rate: Rate) -> None:
    assert {fees(amount, rate, payer).platform for payer in FeePayer} == {
        fees(amount, rate, FeePayer.CUSTOMER).platform
    }


@pytest.mark.parametrize("payer", FeePayer)
def test_nothing_is_charged_for_nothing(payer: FeePayer) -> None:
    assert fees(0, CARD, payer) == Fees(0, 0, 0, 0)


def test_a_small_amount_with_a_fixed_fee_costs_the_restaurant_more_than_it_is() -> None:
    assert fees(1, CARD, FeePayer.RESTAURANT).net == -29


def test_a_fee_goes_back_by_the_sum_of_the_refunds() -> None:
    assert returned(45, whole=1999, before=0, amount=500) == 11
    assert returned(45, whole=1999, before=500, amount=700) == 16
    assert returned(45, whole=1999, before=1200, amount=799) == 18


@given(fee=st.integers(0, 10**6), refunds=st.lists(st.integers(1, 10**6), min_size=1, max_size=12))
def test_all_refunds_together_return_the_fee(fee: int, refunds: list[int]) -> None:
    whole, before, back = sum(refunds), 0, []
    for amount in refunds:
        back.append(returned(fee, whole=whole, before=before, amount=amount))
        before += amount
    assert sum(back) == fee
    assert min(back) >= 0
