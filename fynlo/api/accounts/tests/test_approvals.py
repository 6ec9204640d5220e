from datetime import datetime
from uuid import UUID

import pytest

from fynlo.accounts.choices import Permission
from fynlo.accounts.errors import ApproverRefused, PinLocked
from fynlo.accounts.models import PinLock
from fynlo.accounts.services.approvals import approve
from fynlo.accounts.services.pins import set_pin
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from fynlo.testing.cast import Member

PIN = "8305"
NOW: datetime = utc_now()
pytestmark = pytest.mark.django_db


def ask(approver: Member, asking: Member, *, pin: str = PIN, place: UUID | None = None) -> UUID:
    return approve(
        place=place or asking.membership.pk,
        restaurant_id=asking.restaurant.pk,
        employee_code=approver.membership.employee_code,
        pin=pin,
        permission=Permission.APPROVE,
        now=NOW,
    )


@pytest.fixture
def boss(manager: Member) -> Member:
    set_pin(membership=manager.membership, pin=PIN)
    return manager


def test_a_manager_approves_by_pin(boss: Member, server: Member) -> None:
    assert ask(boss, server) == boss.membership.pk


def test_a_role_that_may_not_is_refused_as_a_wrong_pin_is(cashier: Member, server: Member) -> None:
    set_pin(membership=cashier.membership, pin=PIN)
    with pytest.raises(ApproverRefused) as without_power:
        ask(cashier, server)
    with pytest.raises(ApproverRefused) as wrong_pin:
        ask(cashier, server, pin="9999")
    assert without_power.value.detail == wrong_pin.value.detail


def test_a_manager_of_another_restaurant_approves_nothing_here(
    rival_owner: Member, server: Member
) -> None:
    set_pin(membership=rival_owner.membership, pin=PIN)
    with pytest.raises(ApproverRefused):
        ask(rival_owner, server)


def test_five_refusals_lock_the_approver_at_this_place_only(boss: Member, server: Member) -> None:
    for _ in range(5):
        with pytest.raises(ApproverRefused):
            ask(boss, server, pin="9999")
    with pytest.raises(PinLocked) as locked:
        ask(boss, server)
    assert locked.value.extra == {"retry_after": 30}
    assert ask(boss, server, place=new_id()) == boss.membership.pk


@pytest.mark.django_db(transaction=True)
def test_the_count_survives_the_refusal(boss: Member, server: Member) -> None:
    with pytest.raises(ApproverRefused):
        ask(boss, server, pin="9999")
    assert PinLock.objects.get().failures == 1


@pytest.mark.django_db(transaction=True)
def test_an_approval_inside_a_transaction_is_a_mistake(boss: Member, server: Member) -> None:
    with pytest.raises(RuntimeError), durable():
        ask(boss, server)
