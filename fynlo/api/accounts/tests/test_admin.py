"""Staff, devices and sessions in the admin."""

from typing import Any

import pytest
from django.contrib.admin.helpers import ACTION_CHECKBOX_NAME
from django.contrib.auth.hashers import check_password
from django.test import Client

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Device, Membership, Session, User
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, hire

pytestmark = pytest.mark.django_db
STAFF = "/admin/accounts/membership/"


def office(member: Member) -> Client:
    user = member.membership.user
    user.is_staff = True
    user.save()
    client = Client()
    client.force_login(user)
    return client


def root() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("root@x.example", "a-long-one", name="Root"))
    return client


def change(by: Member, member: Member, **values: Any) -> Any:
    stored = Membership.objects.get(pk=member.membership.pk)
    data = {
        "role": stored.role,
        "employee_code": stored.employee_code,
        "is_active": "on",
        "hourly_wage": "0",
        "opened_version": stored.version,
        **values,
    }
    sent = {name: value for name, value in data.items() if value is not None}
    return office(by).post(f"{STAFF}{stored.pk}/change/", sent)


def add(by: Member, **values: str) -> Any:
    data = {"email": "new@x.example", "name": "New", "role": "server", "employee_code": "77"}
    return office(by).post(f"{STAFF}add/", {**data, "hourly_wage": "0", **values})


def role_of(member: Member) -> str:
    return Membership.objects.get(pk=member.membership.pk).role


def test_a_manager_hires_and_gives_a_pin(manager: Member) -> None:
    assert add(manager, pin="4719").status_code == 302
    member = Membership.objects.get(employee_code="77")
    assert (member.restaurant_id, member.user.email) == (manager.restaurant.pk, "new@x.example")
    assert check_password("4719", member.pin_hash)
    assert not member.user.is_staff


@pytest.mark.parametrize("pin", ["12", "1111", "1234", "abcd", "123456789"])
def test_weak_pins_are_refused(manager: Member, cashier: Member, pin: str) -> None:
    assert change(manager, cashier, pin=pin).status_code == 200
    assert Membership.objects.get(pk=cashier.membership.pk).pin_hash == ""


def test_a_manager_cannot_touch_owners_nor_make_one(
    owner: Member, manager: Member, cashier: Member
) -> None:
    assert change(manager, owner, role="cashier").status_code == 403
    assert change(manager, owner, pin="4719").status_code == 403
    assert change(manager, cashier, role="owner").status_code == 200
    assert change(manager, manager, role="owner").status_code == 200
    assert add(manager, role="owner").status_code == 200
    assert add(manager, role="platform_owner").status_code == 200
    assert (role_of(owner), role_of(cashier), role_of(manager)) == ("owner", "cashier", "manager")
    assert Membership.objects.filter(role__in=["owner", "platform_owner"]).count() == 1


def test_an_owner_gives_any_role_but_the_platforms(owner: Member, cashier: Member) -> None:
    assert change(owner, cashier, role="owner").status_code == 302
    assert change(owner, cashier, role="platform_owner").status_code == 200
    assert role_of(cashier) == "owner"


@pytest.mark.parametrize("values", [{"role": "manager"}, {"is_active": None}])
def test_the_last_active_owner_stays(owner: Member, values: dict[str, Any]) -> None:
    gone = hire(owner.restaurant, Role.OWNER, name="gone")
    Membership.objects.filter(pk=gone.membership.pk).update(is_active=False)
    answer = change(owner, owner, **values)
    assert b"needs an owner" in answer.content
    stored = Membership.objects.get(pk=owner.membership.pk)
    assert (stored.role, stored.is_active) == (Role.OWNER, True)


def test_a_new_role_signs_the_member_out(owner: Member, cashier: Member) -> None:
    assert change(owner, cashier, role="manager").status_code == 302
    assert Session.objects.get(pk=cashier.session.pk).revoked_at is not None
    assert User.objects.get(pk=cashier.membership.user_id).is_staff


def test_somebody_of_another_restaurant_cannot_be_pulled_in(
    owner: Member, rival_owner: Member
) -> None:
    person = rival_owner.membership.user
    User.objects.filter(pk=person.pk).update(name="Secret Person")
    answer = add(owner, email=person.email)
    assert b"cannot be added here" in answer.content
    assert b"Secret Person" not in answer.content
    assert Membership.objects.filter(user=person).count() == 1


def test_secrets_are_never_shown(owner: Member, cashier: Member) -> None:
    change(owner, cashier, pin="4719")
    assert "argon2" in Membership.objects.get(pk=cashier.membership.pk).pin_hash
    client = office(owner)
    for path in (STAFF, f"{STAFF}{cashier.membership.pk}/change/"):
        assert b"argon2" not in client.get(path).content
    client, user = root(), User.objects.get(email="root@x.example")
    assert b"argon2" not in client.get(f"/admin/accounts/user/{user.pk}/change/").content


def test_revoking_a_device_ends_its_sessions(owner: Member, cashier: Member) -> None:
    device = Device.objects.create(
        restaurant=owner.restaurant, name="Till", token_hash="x", paired_at=utc_now()
    )
    Session.objects.filter(pk=cashier.session.pk).update(device=device)
    data = {"action": "revoke", ACTION_CHECKBOX_NAME: [str(device.pk)]}
    assert office(owner).post("/admin/accounts/device/", data).status_code == 302
    device.refresh_from_db()
    cashier.session.refresh_from_db()
    assert device.revoked_at
    assert cashier.session.revoked_at


def test_a_session_is_ended(owner: Member, cashier: Member) -> None:
    data = {"action": "end", ACTION_CHECKBOX_NAME: [str(cashier.session.pk)]}
    assert office(owner).post("/admin/accounts/session/", data).status_code == 302
    cashier.session.refresh_from_db()
    assert cashier.session.revoked_at


def test_the_door_opens_to_managers_by_email_and_password_only(
    manager: Member, cashier: Member
) -> None:
    for member in (manager, cashier):
        member.membership.user.is_staff = True
        member.membership.user.set_password("the-kettle-is-on")
        member.membership.user.save()
    answers = [
        Client().post(
            "/admin/login/?next=/admin/",
            {"username": member.membership.user.email, "password": "the-kettle-is-on"},
        )
        for member in (manager, cashier)
    ]
    assert answers[0].status_code == 302
    assert b"for owners and managers" in answers[1].content


def test_a_user_set_inactive_is_signed_out_everywhere(cashier: Member) -> None:
    user = cashier.membership.user
    path = f"/admin/accounts/user/{user.pk}/change/"
    assert root().post(path, {"email": user.email, "name": user.name}).status_code == 302
    cashier.session.refresh_from_db()
    assert cashier.session.revoked_at


def test_a_password_set_by_the_platform_signs_its_owner_out(cashier: Member) -> None:
    path = f"/admin/accounts/user/{cashier.membership.user_id}/password/"
    new = {"password1": "marmalade on a tuesday", "password2": "marmalade on a tuesday"}
    assert root().post(path, {**new, "usable_password": "true"}).status_code == 302
    assert User.objects.get(pk=cashier.membership.user_id).check_password(new["password1"])
    cashier.session.refresh_from_db()
    assert cashier.session.revoked_at


def test_a_restaurant_that_closes_signs_everybody_out(cashier: Member, rival_owner: Member) -> None:
    client, path = root(), f"/admin/accounts/restaurant/{cashier.restaurant.pk}/change/"
    page = client.get(path).context["adminform"].form
    values = {name: page[name].value() for name in page.fields if name != "is_active"}
    assert client.post(path, values).status_code == 302
    for session in (cashier.session, rival_owner.session):
        session.refresh_from_db()
    assert cashier.session.revoked_at
    assert rival_owner.session.revoked_at is None
