from datetime import date
from typing import Any

import pytest

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.db import new_id
from fynlo.testing.cast import Member, hire
from payments.models import FeeSchedule, PaymentSettings
from payments.tests.conftest import now_of, order_of, paid
from pos.tests.conftest import Menu, said, stock_menu

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def deployment(settings: Any) -> Any:
    """One with keys to all providers, which a quote asks nothing."""
    settings.TRUELAYER_CLIENT_ID = settings.STRIPE_SECRET_KEY = "known"
    settings.APPLE_PAY_MERCHANT_ID = "merchant.known"
    settings.TRUELAYER_MERCHANT_ACCOUNTS = {"GBP": "sterling", "EUR": "euros"}
    return settings


def asked(member: Member, order: dict[str, Any], **body: Any) -> dict[str, Any]:
    """The quote, which has to be given."""
    response = member.post("payments/quote/", {"order": order["id"], **body})
    assert response.status_code == 200, response.content
    return said(response)


def by_method(quote: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {row["method"]: row for row in quote["methods"]}


def chooses(restaurant: Restaurant, **fields: Any) -> None:
    PaymentSettings.objects.create(restaurant=restaurant, **fields)


def elsewhere(country: str, currency: str) -> tuple[Member, Menu]:
    """Somebody who may sell at any price, in a restaurant far away."""
    abroad = Restaurant.objects.create(name="Abroad", country=country, currency=currency)
    return hire(abroad, Role.OWNER), stock_menu(abroad)


def test_every_way_to_pay_with_its_fees(owner: Member, menu: Menu) -> None:
    quote = asked(owner, order_of(owner, menu, 2500), tip=250)
    assert (quote["currency"], quote["bill"], quote["tip"], quote["amount"]) == (
        "GBP",
        2500,
        250,
        2750,
    )
    rows = by_method(quote)
    names = ("total", "customer_fee", "provider_fee", "platform_fee", "net", "saved_against_card")
    assert [rows["open_banking"][name] for name in names] == [2750, 0, 6, 28, 2716, 104]
    assert [rows["card"][name] for name in names] == [2750, 0, 110, 28, 2612, 0]
    assert [rows["apple_pay"][name] for name in names] == [2750, 0, 110, 28, 2612, 0]
    assert [rows["cash"][name] for name in names] == [2750, 0, 0, 0, 2750, 138]
    assert quote["recommended"] == "open_banking"
    assert quote["reasons"][0] == "Bank costs 34 in fees, no other way less."


def test_a_british_guest_is_not_charged_for_a_card_nor_for_the_bank_before_an_owner_confirms(
    owner: Member, menu: Menu
) -> None:
    order = order_of(owner, menu, 2750)
    rows = by_method(asked(owner, order, fee_payer="customer"))
    assert {row["fee_payer"] for row in rows.values()} - {rows["cash"]["fee_payer"]} == {
        "restaurant"
    }
    assert not any(rows[name]["may_charge_guest"] for name in ("open_banking", "card", "apple_pay"))
    owner.patch("payments/settings/", {"bank_fee_is_confirmed": True, "version": 1})
    rows = by_method(asked(owner, order, fee_payer="customer"))
    assert (rows["open_banking"]["fee_payer"], rows["open_banking"]["total"]) == ("customer", 2784)
    assert (rows["card"]["fee_payer"], rows["card"]["total"]) == ("restaurant", 2750)


def test_elsewhere_the_guest_bears_the_fees_and_may_refuse() -> None:
    member, menu = elsewhere("US", "EUR")
    chooses(member.restaurant, fee_payer="customer")
    order = order_of(member, menu, 11000)
    rows = by_method(asked(member, order))
    assert (rows["card"]["total"], rows["card"]["net"]) == (11473, 11000)
    assert (rows["open_banking"]["total"], rows["open_banking"]["net"]) == (11132, 11000)
    refused = by_method(asked(member, order, fee_payer="restaurant"))
    assert (refused["card"]["total"], refused["card"]["net"]) == (11000, 10541)


@pytest.mark.parametrize(
    ("country", "currency", "price", "total", "net"),
    [("JP", "JPY", 33, 65, 33), ("BH", "BHD", 12_344, 12_870, 12_344), ("JP", "JPY", 1, 32, 1)],
)
def test_currencies_of_other_exponents_count_in_their_own_minor_units(
    country: str, currency: str, price: int, total: int, net: int
) -> None:
    """The bank is not offered there; a card is, at the same rates."""
    member, menu = elsewhere(country, currency)
    quote = asked(member, order_of(member, menu, price), fee_payer="customer")
    rows = by_method(quote)
    assert rows["open_banking"]["obstacles"] == ["not_set_up", "no_price"]
    assert (rows["card"]["total"], rows["card"]["net"]) == (total, net)
    assert quote["recommended"] == "card"


def test_of_three_decimals_a_card_takes_no_last_one() -> None:
    member, menu = elsewhere("BH", "BHD")
    order = order_of(member, menu, 12_345)
    quote = asked(member, order)
    rows = by_method(quote)
    assert rows["card"]["obstacles"] == rows["apple_pay"]["obstacles"] == ["last_digit"]
    assert quote["recommended"] == "cash"
    refused = member.post("payments/stripe/intents/", {"order": order["id"]}, idempotency_key="1")
    assert (refused.status_code, said(refused)["obstacles"]) == (422, ["last_digit"])
    assert asked(member, order, amount=12_340)["recommended"] == "card"


@pytest.mark.parametrize(("price", "obstacles"), [(1, ["below_minimum"]), (33, [])])
def test_a_card_has_a_least_amount(
    owner: Member, menu: Menu, price: int, obstacles: list[str]
) -> None:
    quote = asked(owner, order_of(owner, menu, price))
    assert by_method(quote)["card"]["obstacles"] == obstacles
    assert by_method(quote)["open_banking"]["net"] == price
    assert quote["recommended"] == "open_banking"


def test_the_largest_bill_is_quoted(owner: Member, menu: Menu) -> None:
    largest = 10**11
    quote = asked(owner, order_of(owner, menu, largest), tip=largest)
    assert by_method(quote)["card"]["net"] == 2 * largest - 5_800_000_030 - 2_000_000_000


def test_presets_are_shares_of_the_bill_before_fees(owner: Member, menu: Menu) -> None:
    quote = asked(owner, order_of(owner, menu, 1999))
    assert quote["tips"] == [
        {"bps": 500, "amount": 100},
        {"bps": 1000, "amount": 200},
        {"bps": 2000, "amount": 400},
    ]
    assert asked(owner, order_of(owner, menu, 1999), tip=1)["tip"] == 1


def test_a_restaurant_without_tips_offers_and_takes_none(owner: Member, menu: Menu) -> None:
    chooses(owner.restaurant, takes_tips=False)
    order = order_of(owner, menu, 1999)
    assert (asked(owner, order)["takes_tips"], asked(owner, order)["tips"]) == (False, [])
    refused = owner.post("payments/quote/", {"order": order["id"], "tip": 1})
    assert (refused.status_code, said(refused)["code"]) == (422, "tips_not_taken")


def test_what_the_restaurant_does_not_offer_is_not_recommended(owner: Member, menu: Menu) -> None:
    chooses(owner.restaurant, methods=["apple_pay", "card"])
    quote = asked(owner, order_of(owner, menu, 1999))
    assert by_method(quote)["open_banking"]["obstacles"] == ["disabled"]
    assert quote["recommended"] == "apple_pay"


@pytest.mark.parametrize(
    ("missing", "ways"),
    [
        ({"TRUELAYER_CLIENT_ID": ""}, {"open_banking"}),
        ({"TRUELAYER_MERCHANT_ACCOUNTS": {"EUR": "euros"}}, {"open_banking"}),
        ({"STRIPE_SECRET_KEY": ""}, {"card", "apple_pay"}),
        ({"APPLE_PAY_MERCHANT_ID": ""}, {"apple_pay"}),
    ],
)
def test_what_there_are_no_keys_for_is_neither_recommended_nor_taken(
    owner: Member, menu: Menu, deployment: Any, missing: dict[str, Any], ways: set[str]
) -> None:
    for name, value in missing.items():
        setattr(deployment, name, value)
    order = order_of(owner, menu, 1999)
    quote = asked(owner, order)
    rows = by_method(quote)
    refused = {name for name, row in rows.items() if row["obstacles"] == ["not_set_up"]}
    assert refused == ways
    assert quote["recommended"] not in ways
    assert sum("Nobody has set it up" in reason for reason in quote["reasons"]) == len(ways)
    for way in ways - {"apple_pay"}:
        path = {"card": "stripe/intents", "open_banking": "open-banking/qr"}[way]
        answer = owner.post(f"payments/{path}/", {"order": order["id"]}, idempotency_key=way)
        assert (answer.status_code, said(answer)["obstacles"]) == (422, ["not_set_up"])


def test_keys_and_an_account_of_its_own_are_enough(
    owner: Member, menu: Menu, deployment: Any
) -> None:
    deployment.STRIPE_SECRET_KEY, deployment.TRUELAYER_MERCHANT_ACCOUNTS = "", {}
    chooses(owner.restaurant, stripe_secret_key="sk_own", truelayer_merchant_account="own")
    rows = by_method(asked(owner, order_of(owner, menu, 1999)))
    assert not any(row["obstacles"] for row in rows.values())


def test_a_price_of_the_country_wins_from_its_day_on(owner: Member, menu: Menu) -> None:
    terms = {"method": "card", "country": "GB", "provider_bps": 150, "platform_bps": 100}
    FeeSchedule.objects.create(**terms, provider_fixed=20, valid_from=date(2021, 1, 1))
    FeeSchedule.objects.create(**terms, provider_fixed=99, valid_from=date(2999, 1, 1))
    quote = asked(owner, order_of(owner, menu, 1000))
    assert by_method(quote)["card"]["provider_fee"] == 35


def test_a_part_of_what_is_due_can_be_quoted(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 2000)
    paid(owner, order, amount=500, tendered=500)
    assert asked(owner, order)["bill"] == 1500
    assert asked(owner, order, amount=700)["bill"] == 700
    refused = owner.post("payments/quote/", {"order": order["id"], "amount": 1501})
    assert (refused.status_code, said(refused)["code"]) == (422, "amount_above_due")


def test_cash_is_rounded_to_the_smallest_coin_when_it_settles(
    rival_owner: Member, rival_menu: Menu
) -> None:
    order = order_of(rival_owner, rival_menu, 1003)
    assert by_method(asked(rival_owner, order))["cash"]["total"] == 1005
    assert by_method(asked(rival_owner, order, amount=502))["cash"]["total"] == 502


def test_nothing_is_quoted_for_what_is_paid_closed_or_elsewhere(
    owner: Member, menu: Menu, rival_owner: Member
) -> None:
    order = order_of(owner, menu, 1000)
    stranger = rival_owner.post("payments/quote/", {"order": order["id"]})
    assert (stranger.status_code, said(stranger)["code"]) == (422, "unknown_reference")
    nowhere = owner.post("payments/quote/", {"order": str(new_id())})
    assert said(nowhere)["code"] == "unknown_reference"
    paid(owner, order, tendered=1000)
    assert said(owner.post("payments/quote/", {"order": order["id"]}))["code"] == (
        "order_already_paid"
    )
    other = order_of(owner, menu, 1000)
    owner.post(f"orders/{other['id']}/cancel/", {"reason": "gone"})
    assert said(owner.post("payments/quote/", {"order": other["id"]}))["code"] == "order_not_open"


def test_a_quote_writes_nothing(owner: Member, menu: Menu) -> None:
    order = order_of(owner, menu, 1000)
    asked(owner, order, tip=100, fee_payer="customer")
    assert now_of(owner, order)["version"] == order["version"]
    assert not PaymentSettings.objects.exists()
