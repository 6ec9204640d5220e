"""Menu files through the API: small ones are answered at once."""

import csv
from io import StringIO
from typing import Any

import pytest

from fynlo.accounts.models import Restaurant
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from pos.models import Category, MenuImport, Product, TaxRate
from pos.services.menu_file import MODIFIER_COLUMNS, PRODUCT_COLUMNS
from pos.tests.conftest import said
from pos.tests.test_menu_file import ALE, LIME, Cells, csv_of

pytestmark = pytest.mark.django_db
ALE_ROW: dict[str, Any] = {
    "sku": "ALE", "category": "Beer", "parent_category": "Drinks", "name": "Ale",
    "description": "", "price": 600, "tax_rate": "Standard rate", "tax_bps": 2000,
    "station": "bar", "course": 0, "prep_minutes": 1, "allergens": ["gluten"], "dietary": [],
    "variations": [{"name": "Pint", "price": 600}, {"name": "Half", "price": 320}],
    "modifier_groups": ["Top"], "image": "",
}  # fmt: skip
LIME_ROW: dict[str, Any] = {
    "group": "Top", "min": 0, "max": 1, "allow_quantities": False, "modifier": "Lime",
    "price_delta": 30, "position": 1,
}  # fmt: skip


def files(*products: Cells, modifiers: tuple[Cells, ...] = (LIME,)) -> dict[str, Any]:
    return {
        "products": csv_of(PRODUCT_COLUMNS, list(products)),
        "modifiers": csv_of(MODIFIER_COLUMNS, list(modifiers)),
    }


def result(member: Member, body: dict[str, Any], **headers: str) -> dict[str, Any]:
    response = member.post("menu/import/", body, **headers)
    assert response.status_code == 200, response.content
    return said(response)


def counts(found: dict[str, Any]) -> tuple[int, int, int]:
    return found["created"], found["updated"], found["unchanged"]


def test_a_file_becomes_a_menu(owner: Member) -> None:
    found = result(owner, files(ALE))
    assert counts(found) == (1, 0, 0)
    assert (found["rows"], found["dry_run"], found["problems"]) == (2, False, [])
    assert found["changes"] == [{"line": 2, "sku": "ALE", "outcome": "created"}]
    menu = said(owner.get("menu/"))
    (product,), (group,) = menu["products"], menu["modifier_groups"]
    assert [row["price"] for row in product["variations"]] == [600, 320]
    assert product["modifier_groups"] == [group["id"]]
    assert {row["name"] for row in menu["categories"]} == {"Beer", "Drinks"}


def test_rows_of_json_are_the_same_file(owner: Member) -> None:
    result(owner, files(ALE))
    seq = last_seq(owner.restaurant.pk)
    found = result(owner, {"products": [ALE_ROW], "modifiers": [LIME_ROW], "currency": "GBP"})
    assert counts(found) == (0, 0, 1)
    assert last_seq(owner.restaurant.pk) == seq


def test_the_sku_says_which_product_is_changed(owner: Member) -> None:
    result(owner, files(ALE))
    (before,) = said(owner.get("products/"))["results"]
    assert counts(result(owner, files({**ALE, "name": "Bitter", "price": "6.20"}))) == (0, 1, 0)
    (after,) = said(owner.get("products/"))["results"]
    assert (after["id"], after["name"], after["price"]) == (before["id"], "Bitter", 620)
    assert after["version"] == before["version"] + 1
    assert after["variations"] == before["variations"]


def test_a_bad_row_refuses_the_whole_file(owner: Member) -> None:
    bad = {**ALE, "sku": "BAD", "price": "dear", "course": "x"}
    refused = owner.post("menu/import/", files(ALE, bad))
    assert (refused.status_code, said(refused)["code"]) == (422, "menu_file_invalid")
    found = {(row["file"], row["line"], row["column"]) for row in said(refused)["rows"]}
    assert found == {("products", 3, "price"), ("products", 3, "course")}
    assert not Product.objects.exists()
    assert not Category.objects.exists()
    assert last_seq(owner.restaurant.pk) == 0


@pytest.mark.parametrize(
    ("column", "value"),
    [("sku", 7), ("sku", None), ("name", ""), ("price", "6.00"), ("price", 6.0), ("price", -1),
     ("price", True), ("price", 10**11 + 1), ("tax_bps", 10_001), ("course", None),
     ("allergens", ["dust"]), ("allergens", "gluten"), ("allergens", [1]), ("dietary", None),
     ("variations", [{"name": "Pint"}]), ("variations", ["Pint"]),
     ("variations", [{"name": "A", "price": 1}, {"name": "A", "price": 2}]),
     ("modifier_groups", ["Bottom"]), ("name", "a\x00"), ("cost", -1), ("tax_inclusive", "yes"),
     ("nonsense", 1)],
)  # fmt: skip
def test_a_bad_value_is_named_by_row_and_column(owner: Member, column: str, value: Any) -> None:
    body = {"products": [{**ALE_ROW, "sku": "GOOD"}, {**ALE_ROW, column: value}],
            "modifiers": [LIME_ROW]}  # fmt: skip
    refused = owner.post("menu/import/", body)
    assert refused.status_code == 422
    found = {(row["file"], row["line"], row["column"]) for row in said(refused)["rows"]}
    assert found == {("products", 2, column)}
    assert not Product.objects.exists()


def test_a_dry_run_tells_what_would_happen_and_changes_nothing(owner: Member) -> None:
    result(owner, files(ALE, {**ALE, "sku": "IPA"}))
    before, seq = said(owner.get("menu/")), last_seq(owner.restaurant.pk)
    wanted = files(ALE, {**ALE, "sku": "IPA", "price": "7.00"}, {**ALE, "sku": "NEW"})
    found = result(owner, {**wanted, "dry_run": True})
    assert counts(found) == (1, 1, 1)
    assert found["changes"] == [
        {"line": 3, "sku": "IPA", "outcome": "updated"},
        {"line": 4, "sku": "NEW", "outcome": "created"},
    ]
    assert said(owner.get("menu/")) == before
    assert last_seq(owner.restaurant.pk) == seq


def test_a_dry_run_lists_every_bad_row(owner: Member, restaurant: Restaurant) -> None:
    bad = files({**ALE, "price": "x"}, {**ALE, "sku": "B", "name": ""})
    found = result(owner, {**bad, "dry_run": True})
    assert counts(found) == (0, 0, 0)
    assert [(row["line"], row["column"]) for row in found["problems"]] == [
        (2, "price"),
        (3, "name"),
    ]
    header = result(owner, {"products": "sku,name\n", "dry_run": True})
    assert {row["line"] for row in header["problems"]} == {1}
    beer = Category.objects.create(restaurant=restaurant, name="Beer")
    Category.objects.create(restaurant=restaurant, name="Stout", parent=beer)
    deep = result(owner, {**files(ALE), "dry_run": True})
    assert [(row["line"], row["column"]) for row in deep["problems"]] == [(2, "parent_category")]


def test_unknown_and_repeated_columns_are_refused(owner: Member) -> None:
    header = ",".join([*PRODUCT_COLUMNS, "colour", "sku"])
    refused = owner.post("menu/import/", {"products": f"{header}\n"})
    assert {row["column"] for row in said(refused)["rows"]} == {"colour", "sku"}


@pytest.mark.parametrize(
    "body",
    [{"products": 7}, {"products": ["x"]}, {"products": {}},
     {"products": None}, {"products": "", "dry_run": "yes"}, {"products": "", "currency": "gbp"},
     {"rows": []}],
)  # fmt: skip
def test_what_is_no_import_is_refused(owner: Member, body: dict[str, Any]) -> None:
    assert owner.post("menu/import/", body).status_code == 400


def test_prices_in_another_currency_are_refused(owner: Member) -> None:
    refused = owner.post("menu/import/", {"products": [ALE_ROW], "currency": "EUR"})
    assert (refused.status_code, said(refused)["code"]) == (422, "menu_in_other_currency")


def test_products_alone_may_ask_for_groups_that_are_there(owner: Member) -> None:
    products = files(ALE)["products"]
    assert owner.post("menu/import/", {"products": products}).status_code == 422
    result(owner, {"modifiers": files(ALE)["modifiers"]})
    assert counts(result(owner, {"products": products})) == (1, 0, 0)


def test_more_than_ten_thousand_rows_are_too_many(owner: Member) -> None:
    tables: list[Any] = [[{}] * 10_001, csv_of(PRODUCT_COLUMNS, [{"sku": "A"}] * 10_001)]
    for table in tables:
        for dry_run in (False, True):
            refused = owner.post("menu/import/", {"products": table, "dry_run": dry_run})
            assert (refused.status_code, said(refused)["code"]) == (422, "menu_file_too_long")
    assert not MenuImport.objects.exists()


def test_the_body_may_have_five_megabytes(owner: Member) -> None:
    padding = "x" * (5 * 1024 * 1024 - 100)
    assert owner.post("menu/import/", {"products": padding}).status_code == 422
    assert owner.post("menu/import/", {"products": padding + "x" * 200}).status_code == 413


def test_a_repeated_request_imports_once(owner: Member) -> None:
    first = owner.post("menu/import/", files(ALE), idempotency_key="once")
    again = owner.post("menu/import/", files(ALE), idempotency_key="once")
    assert again["Idempotency-Replayed"] == "true"
    assert again.content == first.content


def test_cost_and_kind_of_tax_change_only_where_the_file_has_them(owner: Member) -> None:
    result(owner, {"products": [{**ALE_ROW, "cost": 210, "tax_inclusive": False}],
                   "modifiers": [LIME_ROW]})  # fmt: skip
    result(owner, files({**ALE, "name": "Bitter"}))
    assert Product.objects.get().cost == 210
    assert TaxRate.objects.get().is_inclusive is False
    assert b'"cost"' not in owner.get("products/").content


def test_a_group_without_modifiers_can_be_written(owner: Member) -> None:
    empty = {**LIME, "modifier": "", "price_delta": "0"}
    result(owner, files({**ALE, "modifier_groups": ""}, modifiers=(empty,)))
    assert said(owner.get("modifier-groups/"))["results"][0]["modifiers"] == []
    both = owner.post("menu/import/", files(ALE, modifiers=(LIME, empty)))
    assert {row["column"] for row in said(both)["rows"]} == {"modifier"}
    needed = owner.post("menu/import/", files(ALE, modifiers=({**LIME, "min": "2", "max": "2"},)))
    assert {row["column"] for row in said(needed)["rows"]} == {"min"}


def test_stations_that_differ_in_capitals_are_one_unless_both_are_there(owner: Member) -> None:
    result(owner, files({**ALE, "station": "Bar"}, {**ALE, "sku": "B", "station": "bar"}))
    assert [row["name"] for row in said(owner.get("stations/"))["results"]] == ["Bar"]
    owner.post("stations/", {"name": "BAR"})
    result(owner, files({**ALE, "station": "BAR"}))
    stations = {row["name"]: row["id"] for row in said(owner.get("stations/"))["results"]}
    ale = said(owner.get("products/?sku=ALE"))["results"][0]
    assert ale["station"] == stations["BAR"]


def test_the_rival_gets_nothing_of_it(owner: Member, rival_owner: Member) -> None:
    result(owner, files(ALE))
    assert counts(result(rival_owner, files({**ALE, "price": "7.00"}))) == (1, 0, 0)
    assert said(owner.get("products/"))["results"][0]["price"] == 600
    assert rival_owner.restaurant.pk != owner.restaurant.pk


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_an_import_and_a_sold_out_mark_at_once_are_two_versions(
    owner: Member, cashier: Member
) -> None:
    result(owner, files(ALE))
    for turn in range(5):
        product = Product.objects.get()
        name, limited = f"Bitter {turn}", {"state": "limited", "quantity": turn + 1}
        at_once(
            lambda: owner.post("menu/import/", files({**ALE, "name": name})),  # noqa: B023
            lambda: cashier.post(f"products/{product.pk}/availability/", limited),  # noqa: B023
        )
        now = Product.objects.get()
        assert (now.name, now.stock, now.version) == (name, turn + 1, product.version + 2)


@pytest.mark.race
@pytest.mark.django_db(transaction=True)
def test_two_imports_at_once_make_one_menu(owner: Member, manager: Member) -> None:
    rows = [{**ALE, "sku": f"ALE-{number}"} for number in range(60)]
    found = at_once(
        lambda: owner.post("menu/import/", files(*rows)),
        lambda: manager.post("menu/import/", files(*reversed(rows))),
    )
    assert sorted(counts(said(response)) for response in found) == [(0, 0, 60), (60, 0, 0)]
    assert Product.objects.count() == 60
    assert Category.objects.count() == 2


def test_a_cell_may_hold_what_csv_and_lists_use_themselves(owner: Member) -> None:
    name = 'Say "hi", a|b=c\\d\nnext'
    text = StringIO()
    writer = csv.DictWriter(text, PRODUCT_COLUMNS, restval="")
    writer.writeheader()
    writer.writerow({**ALE, "name": name, "modifier_groups": "",
                     "variations": r"a\|b\=c\\d=1.00|e=2.00"})  # fmt: skip
    result(owner, {"products": text.getvalue()})
    (product,) = said(owner.get("products/"))["results"]
    assert product["name"] == name
    assert [row["name"] for row in product["variations"]] == ["a|b=c\\d", "e"]
