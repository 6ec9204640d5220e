from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection
from django.db.models import Sum
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.testing.cast import Member
from payments.choices import Account, Posting
from payments.models import LedgerAccount, LedgerEntry, LedgerTransaction, Payment
from payments.services.ledger import post
from payments.tests.conftest import balances, now_of, order_of, pay
from pos.tests.conftest import Menu

DRAWER, GUESTS = Account.CASH_DRAWER, Account.GUEST_RECEIVABLE


def posted(restaurant: Restaurant, amounts: dict[Account, int], key: str = "test:1") -> None:
    now = utc_now()
    with durable():
        post(
            restaurant_id=restaurant.pk,
            source_key=key,
            kind=Posting.PAYMENT_CAPTURED,
            currency="GBP",
            amounts=amounts,
            business_date=now.date(),
            now=now,
        )


def entry(restaurant: Restaurant, amount: int, currency: str = "GBP") -> LedgerEntry:
    """One more side of the only transaction, on the drawer of this restaurant; not saved."""
    drawer = LedgerAccount.objects.get(restaurant=restaurant, code=DRAWER)
    only = LedgerTransaction.objects.get()
    return LedgerEntry(transaction=only, account=drawer, amount=amount, currency=currency)


@pytest.mark.django_db(transaction=True)
def test_a_balanced_transaction_is_committed_and_zeros_are_left_out(
    restaurant: Restaurant,
) -> None:
    posted(restaurant, {DRAWER: 500, GUESTS: -500, Account.TIPS_PAYABLE: 0})
    assert balances(restaurant) == {"cash_drawer": 500, "guest_receivable": -500}


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("amounts", "why"),
    [
        ({DRAWER: 500, GUESTS: -499}, "does not balance"),
        ({DRAWER: 500}, "fewer than two entries"),
        ({DRAWER: 0, GUESTS: 0}, "fewer than two entries"),
    ],
)
def test_what_does_not_balance_is_refused_at_commit(
    restaurant: Restaurant, amounts: dict[Account, int], why: str
) -> None:
    with pytest.raises(IntegrityError, match=why):
        posted(restaurant, amounts)
    assert not LedgerTransaction.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_pounds_do_not_balance_euros(restaurant: Restaurant) -> None:
    posted(restaurant, {DRAWER: 500, GUESTS: -500})
    with pytest.raises(IntegrityError, match="does not balance"), durable():
        LedgerEntry.objects.bulk_create([entry(restaurant, 1), entry(restaurant, -1, "EUR")])
    assert LedgerEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_entry_added_to_an_old_transaction_is_refused(restaurant: Restaurant) -> None:
    posted(restaurant, {DRAWER: 500, GUESTS: -500})
    with pytest.raises(IntegrityError, match="does not balance"):
        entry(restaurant, 1).save()
    assert LedgerEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_an_account_of_a_rival_is_refused(
    restaurant: Restaurant, rival_restaurant: Restaurant
) -> None:
    posted(restaurant, {DRAWER: 500, GUESTS: -500})
    LedgerAccount.objects.create(restaurant=rival_restaurant, code=DRAWER)
    with pytest.raises(IntegrityError, match="another restaurant"), durable():
        LedgerEntry.objects.bulk_create([entry(rival_restaurant, 1), entry(restaurant, -1)])
    assert LedgerEntry.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_one_source_is_posted_once_in_each_restaurant(
    restaurant: Restaurant, rival_restaurant: Restaurant
) -> None:
    posted(restaurant, {DRAWER: 500, GUESTS: -500})
    with pytest.raises(IntegrityError, match="ledger_source_posted_once"):
        posted(restaurant, {DRAWER: 7, GUESTS: -7})
    posted(rival_restaurant, {DRAWER: 9, GUESTS: -9})
    assert balances(restaurant)["cash_drawer"] == 500
    assert balances(rival_restaurant)["cash_drawer"] == 9


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE payments_ledgerentry SET amount = -amount",
        "UPDATE payments_ledgertransaction SET source_key = 'x'",
        "DELETE FROM payments_ledgerentry",
        "DELETE FROM payments_ledgertransaction",
    ],
)
def test_what_was_posted_stays(restaurant: Restaurant, statement: str) -> None:
    posted(restaurant, {DRAWER: 500, GUESTS: -500})
    with (
        pytest.raises(IntegrityError, match="what was posted stays"),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert balances(restaurant) == {"cash_drawer": 500, "guest_receivable": -500}
    assert LedgerTransaction.objects.get().source_key == "test:1"


PARTS = st.lists(st.tuples(st.integers(1, 2500), st.integers(0, 400)), max_size=5)


@pytest.mark.django_db
@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(price=st.integers(1, 5000), parts=PARTS, last_tip=st.integers(0, 400), coins=st.booleans())
def test_the_ledger_the_order_and_the_payments_agree_whatever_is_paid(
    request: pytest.FixtureRequest,
    price: int,
    parts: list[tuple[int, int]],
    last_tip: int,
    coins: bool,
) -> None:
    """`coins`: at the rival's, where the smallest coin is five cents."""
    member: Member = request.getfixturevalue("rival_owner" if coins else "owner")
    menu: Menu = request.getfixturevalue("rival_menu" if coins else "menu")
    order = order_of(member, menu, price)
    left = price
    for place, (amount, tip) in enumerate(parts):
        expected = 409 if not left else 422 if amount > left else 201
        answer = pay(
            member, order, key=f"{order['id']} {place}", amount=amount, tip=tip, tendered=9999
        )
        assert answer.status_code == expected
        left -= amount if expected == 201 else 0
    check_that_all_agree(member, order)
    answer = pay(member, order, key=f"{order['id']} rest", tip=last_tip, tendered=9999)
    assert answer.status_code == (201 if left else 409)
    assert now_of(member, order)["due"] == 0
    check_that_all_agree(member, order)


def check_that_all_agree(member: Member, order: dict[str, Any]) -> None:
    made = Payment.objects.filter(restaurant=member.restaurant)
    of_order = made.filter(order_id=UUID(order["id"]))
    present = now_of(member, order)
    names = ("captured", "tip", "rounding")
    sums = of_order.aggregate(**{name: Sum(name, default=0) for name in names})
    assert (present["paid"], present["tip"], present["rounding"]) == tuple(sums.values())
    ledger = balances(member.restaurant)
    assert sum(ledger.values()) == 0
    totals = made.aggregate(**{name: Sum(name, default=0) for name in ("bill", *names)})
    assert ledger.get("cash_drawer", 0) == totals["captured"]
    assert ledger.get("guest_receivable", 0) == totals["rounding"] - totals["bill"]
    assert ledger.get("tips_payable", 0) == -totals["tip"]
    assert ledger.get("cash_rounding", 0) == -totals["rounding"]
