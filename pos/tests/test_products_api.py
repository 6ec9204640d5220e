from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from pos.models import Product, Variation
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db


def pint(menu: Menu, **changes: Any) -> dict[str, Any]:
    return {
        "sku": "ALE",
        "name": "Ale",
        "price": 600,
        "tax_rate": str(menu.vat.pk),
        "category": str(menu.burger.category_id),
        **changes,
    }


def created(owner: Member, body: dict[str, Any]) -> dict[str, Any]:
    response = owner.post("products/", body)
    assert response.status_code == 201, response.content
    return said(response)


def changed(owner: Member, product: dict[str, Any], **changes: Any) -> HttpResponse:
    version = f'"{product["version"]}"'
    return owner.patch(f"products/{product['id']}/", changes, if_match=version)


def refusal(response: HttpResponse) -> tuple[int, str, str]:
    problem = said(response)
    return response.status_code, problem["code"], problem["errors"][0]["field"]


def test_a_product_is_made_whole_with_ids_of_the_client(owner: Member, menu: Menu) -> None:
    ids = {name: str(uuid4()) for name in ("product", "pint", "half", "happy")}
    happy = {"id": ids["happy"], "variation": ids["pint"], "price": 450, "weekdays": [1, 5],
             "starts_at": "22:00", "ends_at": "02:00"}  # fmt: skip
    body = pint(
        menu,
        id=ids["product"],
        station=str(menu.bar.pk),
        allergens=["gluten"],
        dietary=["vegan"],
        variations=[
            {"id": ids["pint"], "name": "Pint", "price": 600},
            {"id": ids["half"], "name": "Half", "price": 320},
        ],
        modifier_groups=[str(menu.sides.pk)],
        timed_prices=[happy],
    )
    product = created(owner, body)
    assert {name: product[name] for name in body} == body
    assert (product["availability"], product["version"]) == ("in_stock", 1)
    again = owner.post("products/", body)
    assert (again.status_code, said(again)) == (200, product)


def test_variations_are_matched_by_id_and_the_absent_are_archived(
    owner: Member, menu: Menu
) -> None:
    sizes = [{"name": "Pint", "price": 600}, {"name": "Half", "price": 320}]
    product = created(owner, pint(menu, variations=sizes))
    large, half = product["variations"]
    swapped = [{**half, "name": "Pint"}, {**large, "name": "Half", "price": 300}]
    after = said(changed(owner, product, variations=[*swapped, {"name": "Third", "price": 250}]))
    assert [row["id"] for row in after["variations"][:2]] == [half["id"], large["id"]]
    assert [row["name"] for row in after["variations"]] == ["Pint", "Half", "Third"]
    last = said(changed(owner, after, variations=[{**half, "name": "Pint"}]))
    assert [row["id"] for row in last["variations"]] == [half["id"]]
    assert Variation.objects.filter(product_id=product["id"]).count() == 3
    back = said(changed(owner, last, variations=[large]))
    assert back["variations"] == [large]


def test_an_archived_variation_takes_its_timed_prices_along(owner: Member, menu: Menu) -> None:
    small = str(menu.small.pk)
    window = {"weekdays": [1], "starts_at": "17:00", "ends_at": "19:00", "price": 200}
    product = said(owner.get(f"products/{menu.cola.pk}/"))
    timed = said(changed(owner, product, timed_prices=[{**window, "variation": small}, window]))
    assert len(timed["timed_prices"]) == 2
    large = next(row for row in timed["variations"] if row["id"] != small)
    (left,) = said(changed(owner, timed, variations=[large]))["timed_prices"]
    assert left["variation"] is None


def test_a_patch_changes_only_what_it_names(owner: Member, menu: Menu) -> None:
    before = said(owner.get(f"products/{menu.burger.pk}/"))
    after = said(changed(owner, before, price=1350))
    assert after == {**before, "price": 1350, "version": 2}
    cleared = said(changed(owner, after, station=None, modifier_groups=[]))
    assert (cleared["station"], cleared["modifier_groups"]) == (None, [])


def test_groups_keep_their_order(owner: Member, menu: Menu) -> None:
    sauce = said(owner.post("modifier-groups/", {"name": "Sauce"}))["id"]
    order = [sauce, str(menu.sides.pk)]
    assert created(owner, pint(menu, modifier_groups=order))["modifier_groups"] == order


@pytest.mark.parametrize(
    ("field", "theirs"),
    [
        ("tax_rate", lambda rival: str(rival.vat.pk)),
        ("category", lambda rival: str(rival.burger.category_id)),
        ("station", lambda rival: str(rival.grill.pk)),
        ("modifier_groups.0", lambda rival: [str(rival.sides.pk)]),
        ("variations.0.id",
         lambda rival: [{"id": str(rival.small.pk), "name": "Small", "price": 1}]),
        ("timed_prices.0.variation",
         lambda rival: [{"variation": str(rival.small.pk), "price": 1, "weekdays": [1],
                         "starts_at": "10:00", "ends_at": "11:00"}]),
    ],
)  # fmt: skip
def test_what_belongs_to_a_rival_is_unknown(
    owner: Member, menu: Menu, rival_menu: Menu, field: str, theirs: Any
) -> None:
    value = {field.split(".", maxsplit=1)[0]: theirs(rival_menu)}
    refused = owner.post("products/", pint(menu, **value))
    assert refusal(refused) == (422, "unknown_reference", field)
    burger = said(owner.get(f"products/{menu.burger.pk}/"))
    assert refusal(changed(owner, burger, **value)) == (422, "unknown_reference", field)
    assert said(owner.get(f"products/{menu.burger.pk}/")) == burger
    assert len(said(owner.get("products/"))["results"]) == 3
    assert Variation.objects.get(pk=rival_menu.small.pk).product_id == rival_menu.cola.pk


def test_a_sku_is_taken_once_and_free_again_after_deletion(owner: Member, menu: Menu) -> None:
    product = created(owner, pint(menu))
    assert refusal(owner.post("products/", pint(menu))) == (409, "sku_taken", "sku")
    assert refusal(changed(owner, product, sku="BUR")) == (409, "sku_taken", "sku")
    assert owner.delete(f"products/{product['id']}/").status_code == 204
    assert created(owner, pint(menu))["id"] != product["id"]


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_of_two_that_take_one_sku_at_once_one_is_refused(owner: Member, menu: Menu) -> None:
    answers = at_once(*[lambda: owner.post("products/", pint(menu))] * 3)
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


def test_two_variations_of_one_name_are_refused(owner: Member, menu: Menu) -> None:
    sizes = [{"name": "Pint", "price": 600}, {"name": "Pint", "price": 320}]
    refused = owner.post("products/", pint(menu, variations=sizes))
    assert refusal(refused) == (409, "name_taken", "variations")
    assert len(said(owner.get("products/"))["results"]) == 3


def test_a_deleted_product_is_archived_with_a_tombstone(owner: Member, menu: Menu) -> None:
    path = f"products/{menu.burger.pk}/"
    assert owner.delete(path).status_code == 204
    assert (owner.get(path).status_code, owner.delete(path).status_code) == (404, 404)
    assert Product.objects.get(pk=menu.burger.pk).archived_at is not None


def test_the_list_is_filtered_by_category_and_sku(owner: Member, menu: Menu) -> None:
    wine = said(owner.post("categories/", {"name": "Wine"}))["id"]
    created(owner, pint(menu, category=wine))
    found = said(owner.get(f"products/?category={wine}"))["results"]
    assert [row["sku"] for row in found] == ["ALE"]
    assert [row["sku"] for row in said(owner.get("products/?sku=BUR"))["results"]] == ["BUR"]


def test_a_rival_and_the_floor_staff_change_nothing(
    rival_owner: Member, server: Member, menu: Menu
) -> None:
    path = f"products/{menu.burger.pk}/"
    before = said(server.get(path))
    for member, status in ((rival_owner, 404), (server, 403)):
        assert member.patch(path, {"price": 1}, if_match='"1"').status_code == status
        assert member.delete(path).status_code == status
    assert said(server.get(path)) == before


@pytest.mark.parametrize(
    "wrong",
    [{"price": -1}, {"price": "6.00"}, {"price": 10**12}, {"allergens": ["milk", "milk"]},
     {"allergens": ["dust"]}, {"allergens": [{}]}, {"variations": {}}, {"variations": [[]]},
     {"variations": [{"name": "Pint"}]}, {"modifier_groups": ["x"]}, {"sku": ""},
     {"name": "a\u0000"}, {"availability": "in_stock"}, {"timed_prices": [{"price": 1}]},
     {"variations": [{"name": "Pint", "price": 1}] * 51}],
)  # fmt: skip
def test_bad_input_writes_nothing(owner: Member, menu: Menu, wrong: dict[str, Any]) -> None:
    assert owner.post("products/", pint(menu, **wrong)).status_code == 400
    burger = said(owner.get(f"products/{menu.burger.pk}/"))
    assert changed(owner, burger, **wrong).status_code == 400
    assert len(said(owner.get("products/"))["results"]) == 3


@pytest.mark.parametrize(
    "wrong",
    [{"weekdays": []}, {"weekdays": [0]}, {"weekdays": [8]}, {"weekdays": [1, 1]},
     {"starts_at": "24:00"}, {"starts_at": "17:00:30"}, {"starts_at": 17}, {"price": -1}],
)  # fmt: skip
def test_a_window_that_is_none_is_refused(owner: Member, menu: Menu, wrong: dict[str, Any]) -> None:
    window = {"weekdays": [1], "starts_at": "17:00", "ends_at": "19:00", "price": 200}
    body = pint(menu, timed_prices=[{**window, **wrong}])
    assert owner.post("products/", body).status_code == 400


def test_one_id_twice_in_one_list_is_refused(owner: Member, menu: Menu) -> None:
    same = {"id": str(uuid4()), "name": "Pint", "price": 1}
    body = pint(menu, variations=[same, {**same, "name": "Half"}])
    assert owner.post("products/", body).status_code == 400


def test_the_statements_of_a_new_product_are_counted(
    owner: Member, menu: Menu, django_assert_max_num_queries: Any
) -> None:
    owner.get("products/")
    sizes = [{"name": f"Size {size}", "price": size} for size in range(20)]
    with django_assert_max_num_queries(24):
        created(owner, pint(menu, variations=sizes, modifier_groups=[str(menu.sides.pk)]))
