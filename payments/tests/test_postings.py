"""Every movement of money sums to zero, and the staff's tips stay whole."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fynlo.api.inputs import MAX_MINOR_UNITS
from payments.choices import CLEARING, Account, FeePayer, Provider
from payments.services import postings
from payments.services.fees import Rate, fees, returned

MINOR = st.integers(0, MAX_MINOR_UNITS)
PROVIDERS = st.sampled_from([Provider.TRUELAYER, Provider.STRIPE])


def test_a_bank_payment_with_a_tip() -> None:
    moved = postings.captured(
        Provider.TRUELAYER, captured=2750, tip=250, provider_fee=6, platform_fee=28
    )
    assert moved == {
        Account.PSP_CLEARING_TRUELAYER: 2750,
        Account.RESTAURANT_PAYABLE: -2466,
        Account.TIPS_PAYABLE: -250,
        Account.PROVIDER_FEE_PAYABLE_TRUELAYER: -6,
        Account.PLATFORM_REVENUE: -28,
    }


@given(
    provider=PROVIDERS,
    bill=MINOR,
    tip=MINOR,
    fixed=st.integers(0, 99),
    payer=st.sampled_from(FeePayer),
)
def test_what_is_captured_balances_and_fees_never_come_out_of_tips(
    provider: Provider, bill: int, tip: int, fixed: int, payer: FeePayer
) -> None:
    found = fees(bill + tip, Rate(290, fixed, 100), payer)
    moved = postings.captured(
        provider,
        captured=found.charge,
        tip=tip,
        provider_fee=found.provider,
        platform_fee=found.platform,
    )
    assert sum(moved.values()) == 0
    assert moved[Account.TIPS_PAYABLE] == -tip
    assert moved[Account.RESTAURANT_PAYABLE] == tip - found.net
    if payer == FeePayer.CUSTOMER:
        assert moved[Account.RESTAURANT_PAYABLE] == -bill


@given(bill=MINOR, rounding=st.integers(-9, 9), tip=MINOR)
def test_cash_balances(bill: int, rounding: int, tip: int) -> None:
    moved = postings.captured_in_cash(bill=bill, rounding=rounding, tip=tip)
    assert sum(moved.values()) == 0
    assert moved[Account.CASH_DRAWER] == bill + tip


@given(provider=st.sampled_from(Provider), amount=MINOR, tip=MINOR, fee=MINOR)
def test_a_refund_balances_and_gives_back_what_it_says(
    provider: Provider, amount: int, tip: int, fee: int
) -> None:
    moved = postings.refunded(provider, amount=amount, tip=tip, platform_fee=fee)
    assert sum(moved.values()) == 0
    assert moved[CLEARING[provider]] == -amount
    assert moved[Account.TIPS_PAYABLE] == tip


@given(bill=st.integers(1, 10**6), parts=st.lists(st.integers(1, 100), min_size=1, max_size=6))
def test_a_payment_refunded_in_parts_leaves_the_provider_s_fee_alone(
    bill: int, parts: list[int]
) -> None:
    """The provider keeps its fee, Fynlo gives its own back: the restaurant loses the rest."""
    found = fees(bill * sum(parts), Rate(290, 30, 100), FeePayer.RESTAURANT)
    left = dict(
        postings.captured(
            Provider.STRIPE,
            captured=found.charge,
            tip=0,
            provider_fee=found.provider,
            platform_fee=found.platform,
        )
    )
    before = 0
    for part in parts:
        back = returned(found.platform, whole=found.charge, before=before, amount=bill * part)
        moved = postings.refunded(Provider.STRIPE, amount=bill * part, tip=0, platform_fee=back)
        left = {
            account: left.get(account, 0) + moved.get(account, 0) for account in {*left, *moved}
        }
        before += bill * part
    assert {account: amount for account, amount in left.items() if amount} == {
        Account.RESTAURANT_PAYABLE: found.provider,
        Account.PROVIDER_FEE_PAYABLE_STRIPE: -found.provider,
    }


@given(provider=PROVIDERS, amount=MINOR, fee=MINOR)
def test_late_money_goes_back_whole(provider: Provider, amount: int, fee: int) -> None:
    came = postings.late(provider, amount=amount, provider_fee=fee)
    went = postings.refunded_late(provider, amount=amount)
    assert sum(came.values()) == sum(went.values()) == 0
    assert came[Account.CUSTOMER_REFUNDS_PAYABLE] == -went[Account.CUSTOMER_REFUNDS_PAYABLE]


@given(provider=PROVIDERS, amount=MINOR, fee=MINOR, won=st.booleans())
def test_a_dispute_ends_with_nothing_outstanding(
    provider: Provider, amount: int, fee: int, won: bool
) -> None:
    opened = postings.dispute_opened(provider, amount=amount, fee=fee)
    ended = (
        postings.dispute_won(provider, amount=amount)
        if won
        else postings.dispute_lost(amount=amount)
    )
    assert sum(opened.values()) == sum(ended.values()) == 0
    outstanding = Account.CHARGEBACK_RECEIVABLE
    assert opened[outstanding] + ended[outstanding] == 0


@given(provider=PROVIDERS, more=st.integers(-MAX_MINOR_UNITS, MAX_MINOR_UNITS))
def test_a_fee_adjustment_balances(provider: Provider, more: int) -> None:
    assert sum(postings.fee_adjusted(provider, more=more).values()) == 0


@pytest.mark.parametrize("provider", [Provider.TRUELAYER, Provider.STRIPE])
def test_the_opposite_takes_everything_back(provider: Provider) -> None:
    came = postings.captured(provider, captured=2750, tip=250, provider_fee=6, platform_fee=28)
    back = postings.opposite(came)
    assert all(came[account] + back[account] == 0 for account in came)
