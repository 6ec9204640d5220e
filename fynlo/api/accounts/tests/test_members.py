from uuid import UUID

import pytest

from fynlo.accounts.actor import System
from fynlo.accounts.choices import Role
from fynlo.accounts.services.members import change_role, set_active
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.errors import NotFound
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db(transaction=True)


def give_role(restaurant_id: UUID, member: Member, role: Role) -> None:
    with durable():
        change_role(
            by=System(restaurant_id), now=utc_now(), membership_id=member.membership.pk, role=role
        )


def test_a_new_role_ends_the_sessions_that_still_carry_the_old_one(
    cashier: Member, server: Member
) -> None:
    give_role(cashier.restaurant.pk, cashier, Role.MANAGER)
    assert cashier.get("auth/me/").status_code == 401
    assert server.get("auth/me/").status_code == 200


def test_the_same_role_again_ends_nothing(cashier: Member) -> None:
    give_role(cashier.restaurant.pk, cashier, Role.CASHIER)
    assert cashier.get("auth/me/").status_code == 200


def test_who_is_deactivated_is_out_at_once(cashier: Member) -> None:
    with durable():
        set_active(
            by=System(cashier.restaurant.pk),
            now=utc_now(),
            membership_id=cashier.membership.pk,
            is_active=False,
        )
    assert cashier.get("auth/me/").status_code == 401


def test_a_rival_changes_nobodys_role(cashier: Member, rival_owner: Member) -> None:
    with pytest.raises(NotFound):
        give_role(rival_owner.restaurant.pk, cashier, Role.OWNER)
    assert cashier.get("auth/me/").status_code == 200
