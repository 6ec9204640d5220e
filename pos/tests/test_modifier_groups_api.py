from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.testing.cast import Member
from pos.models import Modifier
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db
SAUCES = {
    "name": "Sauce",
    "min_choices": 1,
    "max_choices": 2,
    "modifiers": [{"name": "Ketchup"}, {"name": "Aioli", "price_delta": 50}],
}


def created(owner: Member, **changes: Any) -> dict[str, Any]:
    response = owner.post("modifier-groups/", {**SAUCES, **changes})
    assert response.status_code == 201, response.content
    return said(response)


def changed(owner: Member, group: dict[str, Any], **changes: Any) -> HttpResponse:
    path = f"modifier-groups/{group['id']}/"
    return owner.patch(path, changes, if_match=f'"{group["version"]}"')


def refusal(response: HttpResponse) -> tuple[int, str, str]:
    problem = said(response)
    return response.status_code, problem["code"], problem["errors"][0]["field"]


def test_a_group_is_made_with_its_modifiers_in_their_order(owner: Member) -> None:
    group = created(owner)
    assert [(row["name"], row["price_delta"]) for row in group["modifiers"]] == [
        ("Ketchup", 0),
        ("Aioli", 50),
    ]
    assert said(owner.get(f"modifier-groups/{group['id']}/")) == group


def test_modifiers_are_matched_by_id_and_the_absent_are_archived(owner: Member) -> None:
    group = created(owner)
    ketchup, aioli = group["modifiers"]
    given = [{**aioli, "price_delta": -10}, {"name": "Mustard"}]
    after = said(changed(owner, group, modifiers=given))
    assert [row["name"] for row in after["modifiers"]] == ["Aioli", "Mustard"]
    assert (after["modifiers"][0]["id"], after["version"]) == (aioli["id"], 2)
    assert Modifier.objects.get(pk=ketchup["id"]).archived_at is not None


def test_a_modifier_of_another_group_is_unknown(
    owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    group = created(owner)
    for other in (menu.chips, rival_menu.chips):
        given = [{"name": "Mine"}, {"id": str(other.pk), "name": "Stolen"}]
        refused = changed(owner, group, modifiers=given)
        assert refusal(refused) == (422, "unknown_reference", "modifiers.1.id")
    assert said(owner.get(f"modifier-groups/{group['id']}/")) == group


@pytest.mark.parametrize(
    "limits",
    [
        {"min_choices": 3},
        {"min_choices": 3, "max_choices": 3},
        {"modifiers": []},
        {"modifiers": [], "allow_quantities": True},
    ],
)
def test_choices_that_nobody_could_make_are_refused(owner: Member, limits: dict[str, Any]) -> None:
    refused = owner.post("modifier-groups/", {**SAUCES, **limits})
    assert refusal(refused) == (422, "choices_impossible", "min_choices")
    group = created(owner)
    assert refusal(changed(owner, group, **limits)) == (422, "choices_impossible", "min_choices")
    assert said(owner.get(f"modifier-groups/{group['id']}/")) == group


def test_with_quantities_one_modifier_may_fill_the_minimum(owner: Member) -> None:
    one = [{"name": "Espresso shot"}]
    group = created(owner, min_choices=2, allow_quantities=True, modifiers=one)
    assert group["min_choices"] == 2


def test_a_name_is_taken_once(owner: Member) -> None:
    created(owner)
    assert refusal(owner.post("modifier-groups/", SAUCES)) == (409, "name_taken", "name")
    twice = [{"name": "Ketchup"}, {"name": "Ketchup"}]
    refused = owner.post("modifier-groups/", {**SAUCES, "name": "x", "modifiers": twice})
    assert refusal(refused) == (409, "name_taken", "modifiers")


def test_a_group_that_no_product_asks_for_is_deleted(owner: Member) -> None:
    group = created(owner)
    assert owner.delete(f"modifier-groups/{group['id']}/").status_code == 204
    assert owner.get(f"modifier-groups/{group['id']}/").status_code == 404
    assert created(owner)["id"] != group["id"]
