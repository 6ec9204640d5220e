"""The choice of a way to pay, rule by rule, and what holds whatever is asked."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from payments.choices import FeePayer, Method, Obstacle, Surcharge
from payments.services.fees import Fees, Rate, fees
from payments.services.routing import (
    Candidate,
    borne_by,
    may_be_charged,
    reasons,
    recommended,
)

RATES = {
    Method.OPEN_BANKING: Rate(20, 0, 100),
    Method.CARD: Rate(290, 30, 100),
    Method.APPLE_PAY: Rate(290, 30, 100),
    Method.CASH: Rate(0, 0, 0),
}


def candidates(amount: int = 2750, **changed: Candidate) -> list[Candidate]:
    usual = {
        method.value: Candidate(method, fees(amount, rate, FeePayer.RESTAURANT), preference=place)
        for place, (method, rate) in enumerate(RATES.items())
    }
    return list({**usual, **changed}.values())


def bank(**known: object) -> Candidate:
    found = fees(2750, RATES[Method.OPEN_BANKING], FeePayer.RESTAURANT)
    return Candidate(Method.OPEN_BANKING, found, **known)  # type: ignore[arg-type]


def chosen(given: list[Candidate]) -> Method | None:
    best = recommended(given)
    return best.method if best else None


def test_the_bank_is_cheapest_and_comes_first() -> None:
    assert chosen(candidates()) == Method.OPEN_BANKING
    assert reasons(candidates())[0] == "Bank costs 34 in fees, no other way less."


@pytest.mark.parametrize(
    ("known", "obstacle"),
    [
        ({"is_offered": False}, Obstacle.DISABLED),
        ({"is_priced": False}, Obstacle.NO_PRICE),
        ({"is_healthy": False}, Obstacle.PROVIDER_DOWN),
        ({"minimum": 2751}, Obstacle.BELOW_MINIMUM),
        ({"maximum": 2749}, Obstacle.ABOVE_MAXIMUM),
    ],
)
def test_what_stands_in_the_way_of_the_bank_makes_way_for_the_card(
    known: dict[str, object], obstacle: Obstacle
) -> None:
    blocked = bank(**known)
    assert blocked.obstacles == [obstacle]
    given = candidates(open_banking=blocked)
    assert chosen(given) == Method.CARD
    assert f"Bank: {obstacle.label}" in reasons(given)


@pytest.mark.parametrize("limits", [{"minimum": 2750}, {"maximum": 2750}])
def test_the_limits_themselves_are_allowed(limits: dict[str, object]) -> None:
    assert bank(**limits).obstacles == []


def test_of_equal_fees_the_restaurant_s_preference_decides() -> None:
    wallet = fees(2750, RATES[Method.APPLE_PAY], FeePayer.RESTAURANT)
    first = Candidate(Method.APPLE_PAY, wallet, preference=-1)
    given = candidates(open_banking=bank(is_healthy=False), apple_pay=first)
    assert chosen(given) == Method.APPLE_PAY


def test_cash_is_what_is_left_when_nothing_else_works() -> None:
    down = [
        Candidate(one.method, one.fees, is_healthy=one.method == Method.CASH)
        for one in candidates()
    ]
    assert chosen(down) == Method.CASH
    assert reasons(down)[0] == "Nothing but cash can be used."


def test_nothing_is_recommended_when_nothing_can_be_used() -> None:
    none = [Candidate(one.method, one.fees, is_offered=False) for one in candidates()]
    assert recommended(none) is None
    assert reasons(none) == ["No way to pay can be used for this amount now."]


CANDIDATES = st.lists(
    st.builds(
        Candidate,
        st.sampled_from(Method),
        st.builds(Fees, st.integers(0, 99), st.just(0), st.integers(0, 9), st.integers(0, 9)),
        preference=st.integers(0, 3),
        is_offered=st.booleans(),
        is_healthy=st.booleans(),
        minimum=st.integers(1, 50),
    ),
    max_size=6,
)


@given(CANDIDATES)
def test_what_is_recommended_can_be_used_and_nothing_usable_costs_less(
    given: list[Candidate],
) -> None:
    best = recommended(given)
    usable = [one for one in given if not one.obstacles]
    assert (best is None) == (not usable)
    electronic = [one for one in usable if one.method != Method.CASH]
    if best and electronic:
        assert best.cost == min(one.cost for one in electronic)
    assert len(reasons(given)) == (len(given) if best else 1)


@pytest.mark.parametrize(
    ("rule", "confirmed", "may"),
    [
        (Surcharge.FORBIDDEN, True, False),
        (Surcharge.WHEN_CONFIRMED, False, False),
        (Surcharge.WHEN_CONFIRMED, True, True),
        (Surcharge.AT_COST, False, True),
    ],
)
def test_a_guest_bears_the_fees_only_where_the_law_lets_them(
    rule: Surcharge, confirmed: bool, may: bool
) -> None:
    assert may_be_charged(rule, is_confirmed=confirmed) is may
    bearer = borne_by(FeePayer.CUSTOMER, rule, is_confirmed=confirmed)
    assert bearer == (FeePayer.CUSTOMER if may else FeePayer.RESTAURANT)
    refused = borne_by(FeePayer.RESTAURANT, rule, is_confirmed=confirmed)
    assert refused == FeePayer.RESTAURANT
