from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from fynlo.events.reading import history
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from pos.models import Category, Product
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db


def made(owner: Member, name: str, **more: Any) -> dict[str, Any]:
    response = owner.post("categories/", {"name": name, **more})
    assert response.status_code == 201, response.content
    return said(response)


def changed(owner: Member, row: dict[str, Any], **changes: Any) -> HttpResponse:
    return owner.patch(f"categories/{row['id']}/", changes, if_match=f'"{row["version"]}"')


def refusal(response: HttpResponse) -> tuple[int, str, str]:
    problem = said(response)
    return response.status_code, problem["code"], problem["errors"][0]["field"]


def test_a_category_has_a_parent_and_every_change_is_in_the_log(owner: Member) -> None:
    drinks = made(owner, "Drinks", position=2, colour="#0ea5e9")
    wine = made(owner, "Wine", parent=drinks["id"])
    assert wine["parent"] == drinks["id"]
    moved = said(changed(owner, wine, parent=None, name="Wines"))
    assert (moved["parent"], moved["name"], moved["version"]) == (None, "Wines", 2)
    assert owner.delete(f"categories/{wine['id']}/", if_match='"2"').status_code == 204
    assert owner.get(f"categories/{wine['id']}/").status_code == 404
    events = history(restaurant_id=owner.restaurant.pk, entity_id=Category(wine["id"]).pk)
    assert [event.envelope.split('"kind":"')[1].split('"')[0] for event in events] == [
        "category.created",
        "category.updated",
        "category.deleted",
    ]


def test_the_tree_has_two_levels(owner: Member) -> None:
    drinks, food = made(owner, "Drinks"), made(owner, "Food")
    wine = made(owner, "Wine", parent=drinks["id"])
    deep = owner.post("categories/", {"name": "Red", "parent": wine["id"]})
    assert refusal(deep) == (422, "category_too_deep", "parent")
    for parent in (food, drinks):
        refused = changed(owner, drinks, parent=parent["id"])
        assert refusal(refused) == (422, "category_too_deep", "parent")
    assert said(owner.get(f"categories/{drinks['id']}/"))["parent"] is None


def test_a_parent_must_be_ours(owner: Member, rival_owner: Member) -> None:
    theirs = made(rival_owner, "Theirs")
    for parent in (theirs["id"], str(uuid4())):
        refused = owner.post("categories/", {"name": "Mine", "parent": parent})
        assert refusal(refused) == (422, "unknown_reference", "parent")


def test_a_name_is_taken_once_and_free_again_after_deletion(owner: Member) -> None:
    wine, beer = made(owner, "Wine"), made(owner, "Beer")
    again = owner.post("categories/", {"name": "Wine"})
    assert refusal(again) == (409, "name_taken", "name")
    assert refusal(changed(owner, beer, name="Wine")) == (409, "name_taken", "name")
    owner.delete(f"categories/{wine['id']}/")
    assert changed(owner, beer, name="Wine").status_code == 200


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_that_take_one_name_at_once_one_is_refused(owner: Member) -> None:
    answers = at_once(*[lambda: owner.post("categories/", {"name": "Wine"})] * 4)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409, 409]
    assert {said(answer)["code"] for answer in answers if answer.status_code == 409} == {
        "name_taken"
    }


def test_a_category_in_use_stays(owner: Member, menu: Menu) -> None:
    food = menu.burger.category_id
    refused = owner.delete(f"categories/{food}/")
    assert (refused.status_code, said(refused)["code"]) == (409, "category_in_use")
    for product in Product.objects.for_restaurant(owner.restaurant.pk):
        assert owner.delete(f"products/{product.pk}/").status_code == 204
    assert owner.delete(f"categories/{food}/").status_code == 204


def test_stations_and_taxes_in_use_stay(owner: Member, menu: Menu) -> None:
    for path, code in (
        (f"stations/{menu.grill.pk}/", "station_in_use"),
        (f"tax-rates/{menu.vat.pk}/", "tax_rate_in_use"),
        (f"modifier-groups/{menu.sides.pk}/", "modifier_group_in_use"),
    ):
        refused = owner.delete(path)
        assert (refused.status_code, said(refused)["code"]) == (409, code)
        assert owner.get(path).status_code == 200


def test_a_stale_deletion_is_refused(owner: Member) -> None:
    wine = made(owner, "Wine")
    changed(owner, wine, position=3)
    refused = owner.delete(f"categories/{wine['id']}/", if_match='"1"')
    assert (refused.status_code, said(refused)["current"]["position"]) == (412, 3)


def test_a_station_has_a_limit_within_which_tickets_are_acknowledged(owner: Member) -> None:
    station = said(owner.post("stations/", {"name": "Pass", "acknowledge_within_seconds": 60}))
    assert station["acknowledge_within_seconds"] == 60
    path = f"stations/{station['id']}/"
    assert said(owner.patch(path, {"position": 4}, if_match='"1"'))["position"] == 4
    assert owner.patch(path, {"acknowledge_within_seconds": 1}, if_match='"2"').status_code == 400


def test_a_list_is_one_statement(owner: Member, menu: Menu, django_assert_num_queries: Any) -> None:
    for path in ("categories/", "stations/", "tax-rates/", "modifier-groups/"):
        owner.get(path)
        with django_assert_num_queries(1):
            assert said(owner.get(path))["results"]


@pytest.mark.parametrize(
    "body",
    [{}, {"name": ""}, {"name": "x" * 81}, {"name": "a", "colour": "red"}, {"name": 4},
     {"name": "a", "colour": "#0ea5e9f"}, {"name": "a", "parent": "none"}, {"name": "a", "x": 1},
     {"name": "a", "position": -1}, {"name": "a", "position": 10**15}],
)  # fmt: skip
def test_bad_input_writes_nothing(owner: Member, body: dict[str, Any]) -> None:
    assert owner.post("categories/", body).status_code == 400
    assert said(owner.get("categories/"))["results"] == []
