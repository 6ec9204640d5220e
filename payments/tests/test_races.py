from functools import partial
from typing import Any

import pytest

from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments.models import Payment
from payments.tests.conftest import balances, now_of, pay
from pos.tests.conftest import Menu, opened

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 5
CLIENT_MADE = "01936f00-0000-7000-8000-00000000000{}"


def orders(member: Member, menu: Menu) -> list[dict[str, Any]]:
    return [opened(member, menu.order(channel="takeaway")) for _ in range(ROUNDS)]


def test_two_tills_that_take_the_same_bill_take_it_once(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    """The order's row is locked before what is due is read.

    To see it fail, let `pos.selectors.orders.lock_order` return
    `Order.objects.one(restaurant_id, order_id)`: both tills answer 201.
    """
    for order in orders(cashier, menu):
        answers = at_once(
            *(partial(pay, member, order, tendered=2000) for member in (cashier, manager))
        )
        assert sorted(answer.status_code for answer in answers) == [201, 409]
        assert Payment.objects.filter(order_id=order["id"]).count() == 1
        assert now_of(cashier, order)["paid"] == 1250
    taken = 1250 * ROUNDS
    assert balances(cashier.restaurant) == {"cash_drawer": taken, "guest_receivable": -taken}


def test_the_first_payments_of_a_restaurant_share_its_accounts(cashier: Member, menu: Menu) -> None:
    """Accounts are made where they are missing, and who comes second finds them.

    To see it fail, take `ignore_conflicts` out of `payments.services.ledger._accounts`: the
    slower ones are told 409.
    """
    bills = orders(cashier, menu)
    answers = at_once(*(partial(pay, cashier, order, tendered=1250) for order in bills))
    assert [answer.status_code for answer in answers] == [201] * ROUNDS
    taken = 1250 * ROUNDS
    assert balances(cashier.restaurant) == {"cash_drawer": taken, "guest_receivable": -taken}


def test_one_payment_sent_by_two_connections_at_once_is_taken_once(
    cashier: Member, menu: Menu
) -> None:
    """Whether the id is known is asked while the order is locked.

    To see it fail, put the `created_before` of `payments.services.cash.take_cash` before the
    lock: the slower one is told `order_already_paid` instead of its payment.
    """
    for place, order in enumerate(orders(cashier, menu)):
        send = partial(pay, cashier, order, tendered=1250, id=CLIENT_MADE.format(place))
        answers = at_once(partial(send, key=f"a{place}"), partial(send, key=f"b{place}"))
        assert sorted(answer.status_code for answer in answers) == [200, 201]
        assert answers[0].content == answers[1].content
    assert Payment.objects.count() == ROUNDS
