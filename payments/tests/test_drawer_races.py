from functools import partial
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.accounts.models import Restaurant
from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments.models import DrawerEvent, DrawerSession
from payments.tests.conftest import balances, pay
from pos.tests.conftest import Menu, opened, said

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.race]
ROUNDS = 5


@pytest.fixture
def restaurant(price_list: None) -> Restaurant:
    """Without an open drawer."""
    return Restaurant.objects.create(name="The Copper Kettle")


def do(member: Member, path: str, **body: Any) -> HttpResponse:
    return member.post(f"payments/drawers/{path}/", body, idempotency_key=str(new_id()))


def statuses(answers: list[HttpResponse]) -> list[int]:
    return sorted(answer.status_code for answer in answers)


def test_two_who_open_one_drawer_at_once_open_it_once(cashier: Member, manager: Member) -> None:
    """They meet at the database.

    To see it fail, take `drawer_open_once` away: both are told 201.
    """
    for place in range(ROUNDS):
        name = f"Drawer {place}"
        answers = at_once(*(partial(do, who, "open", name=name) for who in (cashier, manager)))
        assert statuses(answers) == [201, 409]
        assert DrawerSession.objects.filter(name=name).count() == 1


def test_a_payment_beside_the_closing_is_in_the_report_or_refused(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    """Both lock the drawer, so what a Z report expects is what the journal holds.

    To see it fail, take `FOR NO KEY UPDATE` out of `_lock_at_hand`: cash goes into a drawer
    whose report does not know of it.
    """
    for place in range(2 * ROUNDS):
        drawer = said(do(cashier, "open", name=f"Drawer {place}"))
        do(cashier, f"{drawer['id']}/count", counted=1250 * (place % 2))
        order = opened(cashier, menu.order(channel="takeaway"))
        at_once(
            partial(pay, cashier, order, tendered=1250),
            partial(do, manager, f"{drawer['id']}/close"),
        )
        closed = DrawerSession.objects.get(pk=drawer["id"])
        sold = DrawerEvent.objects.filter(session=closed, kind="SALE").count()
        assert closed.status == "CLOSED"
        assert closed.expected == 1250 * sold
        assert closed.report is not None
        assert closed.report["sales"]["count"] == sold


def test_two_managers_do_not_pay_out_the_same_money(cashier: Member, manager: Member) -> None:
    """What is in the drawer is added up while it is locked.

    To see it fail, let `lock_drawer` return `DrawerSession.objects.one(restaurant_id, pk)`: both
    are told 201, and there is less than nothing in the drawer.
    """
    drawer = said(do(manager, "open", opening_float=100))
    path = f"{drawer['id']}/movements"
    out = partial(do, manager, path, kind="PAID_OUT", amount=80, reason="milk")
    assert statuses(at_once(out, out)) == [201, 422]
    assert balances(cashier.restaurant) == {"cash_drawer": -80, "cash_movements": 80}


def test_a_movement_is_taken_back_once(manager: Member) -> None:
    """Whether it was taken back is asked while the drawer is locked.

    To see it fail, let `lock_drawer` return `DrawerSession.objects.one(restaurant_id, pk)` and
    take away the constraint on `undoes`: both are told 201.
    """
    drawer = said(do(manager, "open"))
    wrong = said(do(manager, f"{drawer['id']}/movements", kind="PAID_IN", amount=80, reason="typo"))
    undo = partial(do, manager, f"{drawer['id']}/undo", movement=wrong["id"], reason="typo")
    assert statuses(at_once(undo, undo)) == [201, 409]
    assert balances(manager.restaurant) == {"cash_drawer": 0, "cash_movements": 0}
