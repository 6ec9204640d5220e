from typing import Any

import pytest
from django.core import mail
from pytest_django import DjangoCaptureOnCommitCallbacks

from employees.tests.calls import refusal, said
from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Restaurant
from fynlo.events.reading import history
from fynlo.testing.cast import Member, hire, sign_in

pytestmark = pytest.mark.django_db
NINA = {"email": "nina@x.example", "name": "Nina", "role": "server", "employee_code": "n1"}


def invited(by: Member, **changes: Any) -> dict[str, Any]:
    return said(by.post("staff/", {**NINA, **changes}), 201)


def path_of(member: Member) -> str:
    return f"staff/{member.membership.pk}/"


def again(member: Member) -> Member:
    """The same person at the next sign-in."""
    return sign_in(Membership.objects.get(pk=member.membership.pk))


def test_an_invited_person_is_on_the_staff_and_gets_a_letter(
    manager: Member, django_capture_on_commit_callbacks: DjangoCaptureOnCommitCallbacks
) -> None:
    with django_capture_on_commit_callbacks(execute=True):
        nina = invited(manager, hourly_wage=1250, contract_minutes=2400, job_title="Waiter")
    assert (nina["hourly_wage"], nina["currency"], nina["is_active"]) == (1250, "GBP", True)
    (letter,) = mail.outbox
    assert letter.to == ["nina@x.example"]
    assert "/reset-password/#token=" in letter.body
    names = [row["name"] for row in said(manager.get("staff/?role=server"))["results"]]
    assert names == ["Nina"]


def test_the_same_invitation_twice_is_one_person(manager: Member) -> None:
    body = {**NINA, "id": "01936f00-0000-7000-8000-000000000001"}
    assert [manager.post("staff/", body).status_code for _ in range(2)] == [201, 200]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"employee_code": "ser1"}, (409, "employee_code_taken")),
        ({"role": "owner"}, (403, "permission_missing")),
        ({"role": "platform_owner"}, (403, "permission_missing")),
        ({"email": "nobody"}, (400, "input_invalid")),
    ],
)
def test_an_invitation_that_cannot_be(
    manager: Member, server: Member, changes: dict[str, Any], expected: tuple[int, str]
) -> None:
    assert refusal(manager.post("staff/", {**NINA, **changes})) == expected


def test_a_stranger_with_an_account_is_not_drawn_in(manager: Member, rival_owner: Member) -> None:
    email = rival_owner.membership.user.email
    assert refusal(manager.post("staff/", {**NINA, "email": email})) == (
        422,
        "address_not_accepted",
    )


def test_somebody_may_work_in_two_restaurants_of_one_owner(
    owner: Member, server: Member, rival_restaurant: Restaurant
) -> None:
    membership = Membership.objects.create(
        restaurant=rival_restaurant,
        user=owner.membership.user,
        role=Role.OWNER,
        employee_code="own",
    )
    there, email = sign_in(membership), server.membership.user.email
    assert invited(there, email=email)["name"] == server.membership.user.name
    assert refusal(there.post("staff/", {**NINA, "email": email, "employee_code": "n2"})) == (
        409,
        "works_here_already",
    )


def test_a_new_role_counts_at_once(owner: Member, cashier: Member) -> None:
    changed = said(owner.patch(path_of(cashier), {"role": "manager", "version": 1}))
    assert (changed["role"], changed["version"]) == ("manager", 2)
    assert cashier.get("staff/").status_code == 401
    assert again(cashier).get("staff/").status_code == 200


def test_a_manager_does_not_touch_an_owner(manager: Member, owner: Member) -> None:
    path = path_of(owner)
    for response in (
        manager.patch(path, {"hourly_wage": 1, "version": 1}),
        manager.delete(path),
        manager.post(f"{path}pin/", {"pin": "4719"}),
    ):
        assert refusal(response) == (403, "permission_missing")


def test_nobody_but_an_owner_sets_their_own_wage(manager: Member, owner: Member) -> None:
    rise = {"hourly_wage": 9900, "version": 1}
    assert refusal(manager.patch(path_of(manager), rise)) == (403, "permission_missing")
    for path in (path_of(manager), path_of(owner)):
        assert said(owner.patch(path, rise))["hourly_wage"] == 9900


def test_who_is_removed_cannot_sign_in_and_stays_on_record(owner: Member, server: Member) -> None:
    assert owner.delete(path_of(server)).status_code == 204
    assert server.get("auth/me/").status_code == 401
    assert said(owner.get(path_of(server)))["is_active"] is False


@pytest.mark.parametrize("change", [{"role": "manager"}, {"is_active": False}])
def test_the_last_owner_stays(owner: Member, change: dict[str, Any]) -> None:
    path = path_of(owner)
    assert refusal(owner.patch(path, {**change, "version": 1})) == (409, "last_owner")
    other = hire(owner.restaurant, Role.OWNER, name="second")
    assert other.patch(path, {**change, "version": 1}).status_code == 200


def test_what_differs_from_the_role_is_in_the_token(owner: Member, server: Member) -> None:
    path = f"{path_of(server)}permissions/"
    body = {"granted": ["view_staff"], "withheld": ["take_orders"], "version": 1}
    assert said(owner.patch(path, body))["granted"] == ["view_staff"]
    assert server.get("auth/me/").status_code == 401
    changed = again(server)
    assert changed.get("staff/").status_code == 200
    assert changed.post("orders/", {}).status_code == 403
    mine = said(changed.get("auth/me/"))["permissions"]
    assert "view_staff" in mine
    assert "take_orders" not in mine
    known = said(owner.get(path))
    assert known["permissions"] == mine
    assert "take_orders" in known["role_permissions"]


def test_every_change_of_permissions_is_on_record(owner: Member, server: Member) -> None:
    path = f"{path_of(server)}permissions/"
    for version, granted in enumerate(([], ["approve"], []), start=1):
        owner.patch(path, {"granted": granted, "withheld": [], "version": version})
    rows = history(restaurant_id=owner.restaurant.pk, entity_id=server.membership.pk)
    changes = [row for row in rows if '"staff_member.permissions_changed"' in row.envelope]
    assert [str(owner.membership.pk) in row.envelope for row in changes] == [True] * 3


def test_nobody_gives_what_they_may_not_do(owner: Member, manager: Member, server: Member) -> None:
    said(
        owner.patch(
            f"{path_of(manager)}permissions/",
            {"granted": ["grant_permissions"], "withheld": ["approve"], "version": 1},
        )
    )
    deputy, path = again(manager), f"{path_of(server)}permissions/"
    for wanted in ("approve", "correct_locked_time", "view_platform"):
        body = {"granted": [wanted], "withheld": [], "version": 1}
        assert refusal(deputy.patch(path, body)) == (403, "permission_missing")
    own = {"granted": ["grant_permissions"], "withheld": [], "version": 2}
    assert deputy.patch(f"{path_of(manager)}permissions/", own).status_code == 403


def test_an_owner_has_all_or_is_none(owner: Member) -> None:
    body = {"granted": [], "withheld": ["manage_staff"], "version": 1}
    refused = owner.patch(f"{path_of(owner)}permissions/", body)
    assert refusal(refused) == (409, "owner_permissions_fixed")


def test_a_pin_that_must_change_opens_nothing_else(owner: Member, server: Member) -> None:
    path = f"{path_of(server)}pin/"
    assert owner.post(path, {"pin": "4719", "must_change": True}).status_code == 204
    assert server.get("auth/me/").status_code == 401
    changed = again(server)
    assert refusal(changed.get("orders/")) == (403, "pin_must_change")
    assert said(changed.get("auth/me/"))["user"]["pin_must_change"] is True
    assert refusal(changed.post(path, {"pin": "3608"})) == (401, "pin_refused")
    assert changed.post(path, {"pin": "3608", "current_pin": "4719"}).status_code == 204
    assert again(server).get("orders/").status_code == 200


def test_ones_own_pin_needs_the_present_one(server: Member) -> None:
    path = f"{path_of(server)}pin/"
    assert server.post(path, {"pin": "4719"}).status_code == 204
    assert refusal(server.post(path, {"pin": "3608"})) == (401, "pin_refused")
    assert refusal(server.post(path, {"pin": "1111", "current_pin": "4719"})) == (
        422,
        "pin_not_accepted",
    )
    assert server.post(path, {"pin": "3608", "current_pin": "4719"}).status_code == 204
