"""Many tills that complete and print at one instant. Every test says how to see it fail."""

from functools import partial
from io import StringIO
from itertools import pairwise

import pytest
from django.core.management import call_command

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member, hire
from fynlo.testing.races import at_once
from pos.models import Receipt
from pos.tests.conftest import Menu
from pos.tests.receipt_scene import completed, print_again

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 5


def test_ten_tills_issue_receipts_without_a_gap_in_one_unbroken_chain(
    restaurant: Restaurant, menu: Menu
) -> None:
    """The end of the chain is a row that stays locked until the order is committed.

    To see it fail, take `select_for_update` out of `pos.selectors.receipts.lock_chain`: two
    orders follow the same receipt, and the slower one is refused.
    """
    tills = [hire(restaurant, Role.CASHIER, name=f"cashier {place}") for place in range(10)]

    def sell(till: Member) -> None:
        for _ in range(ROUNDS):
            completed(till, menu)

    at_once(*(partial(sell, till) for till in tills))
    chain = list(Receipt.objects.order_by("number").values_list("number", "previous_hash", "hash"))
    assert [number for number, _, _ in chain] == list(range(1, 10 * ROUNDS + 1))
    assert all(after[1] == before[2] for before, after in pairwise(chain))
    call_command("verify_receipts", restaurant=restaurant.pk, stdout=StringIO())


def test_prints_of_one_receipt_are_counted_one_by_one(
    cashier: Member, server: Member, menu: Menu
) -> None:
    """The order's row is locked before the prints are counted.

    To see it fail, let `pos.selectors.orders.lock_order` return
    `Order.objects.one(restaurant_id, order_id)`: two prints are one copy, and one is refused.
    """
    order = completed(cashier, menu)

    def reprint(member: Member) -> list[str]:
        return [print_again(member, order)["mark"] for _ in range(ROUNDS)]

    first, second = at_once(partial(reprint, cashier), partial(reprint, server))
    assert sorted(first + second) == ["", *(f"Reprint {count}" for count in range(1, 2 * ROUNDS))]
