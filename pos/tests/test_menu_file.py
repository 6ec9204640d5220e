import csv
from collections.abc import Callable
from io import StringIO
from typing import Any

import pytest

from fynlo.accounts.actor import System
from fynlo.accounts.models import Restaurant
from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.documents import json_list
from fynlo.events.reading import last_seq
from pos.documents import PRODUCT
from pos.errors import MenuFileInvalid
from pos.models import Category, Product
from pos.services.menu_file import MODIFIER_COLUMNS, PRODUCT_COLUMNS, MenuFile, read_menu
from pos.services.menu_import import Imported, import_menu

Cells = dict[str, str]
ALE: Cells = {
    "sku": "ALE", "category": "Beer", "parent_category": "Drinks", "name": "Ale", "price": "6.00",
    "tax_rate": "Standard rate", "tax_bps": "2000", "station": "bar", "course": "0",
    "prep_minutes": "1", "allergens": "gluten", "variations": "Pint=6.00|Half=3.20",
    "modifier_groups": "Top",
}  # fmt: skip
LIME: Cells = {
    "group": "Top", "min": "0", "max": "1", "allow_quantities": "no", "modifier": "Lime",
    "price_delta": "0.30", "position": "1",
}  # fmt: skip


def csv_of(columns: tuple[str, ...], rows: list[Cells]) -> str:
    text = StringIO()
    writer = csv.DictWriter(text, columns, restval="")
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue()


def read(*products: Cells, modifiers: list[Cells] | None = None, currency: str = "GBP") -> MenuFile:
    return read_menu(
        products=csv_of(PRODUCT_COLUMNS, list(products)),
        modifiers=csv_of(MODIFIER_COLUMNS, [LIME] if modifiers is None else modifiers),
        currency=currency,
    )


def problems(read_it: Callable[[], Any]) -> list[tuple[str, int, str]]:
    with pytest.raises(MenuFileInvalid) as refused:
        read_it()
    rows = refused.value.extra["rows"]
    return [(row["file"], row["line"], row["column"]) for row in rows]


def test_a_row_is_read_into_plain_values() -> None:
    file = read(ALE)
    (product,), (group,) = file.products, file.groups
    assert (product.sku, product.price, product.allergens) == ("ALE", 600, ("gluten",))
    assert product.variations == (("Pint", 600), ("Half", 320))
    assert (group.name, group.max_choices, group.modifiers[0].price_delta) == ("Top", 1, 30)


def test_amounts_follow_the_currency() -> None:
    assert read({**ALE, "price": "600", "variations": ""}, modifiers=[
        {**LIME, "price_delta": "30"}], currency="JPY").products[0].price == 600  # fmt: skip
    assert problems(lambda: read({**ALE, "price": "6.001"})) == [("products", 2, "price")]


@pytest.mark.parametrize(
    ("column", "value"),
    [("sku", ""), ("name", "x" * 121), ("price", "free"), ("price", "-1"), ("price", "1e99"),
     ("tax_bps", "20%"), ("tax_bps", "10001"), ("course", ""), ("allergens", "dust"),
     ("allergens", "milk|milk"), ("dietary", "keto"), ("variations", "Pint"),
     ("variations", "Pint=1|Pint=2"), ("variations", "=1"), ("modifier_groups", "Bottom"),
     ("name", "a\x00")],
)  # fmt: skip
def test_a_bad_cell_is_named_by_line_and_column(column: str, value: str) -> None:
    good = {**ALE, "sku": "GOOD"}
    found = problems(lambda: read(good, {**ALE, column: value}))
    assert found == [("products", 3, column)]


@pytest.mark.parametrize(
    ("column", "value"),
    [("group", ""), ("min", "2"), ("max", "0"), ("allow_quantities", "maybe"),
     ("price_delta", "x"), ("position", "-1")],
)  # fmt: skip
def test_a_bad_modifier_is_named_too(column: str, value: str) -> None:
    found = problems(lambda: read({**ALE, "modifier_groups": ""}, modifiers=[
        {**LIME, column: value}]))  # fmt: skip
    assert {(file, line) for file, line, _ in found} == {("modifiers", 2)}


def test_rows_must_agree_with_one_another() -> None:
    other = {**ALE, "sku": "ALE2"}
    assert problems(lambda: read(ALE, ALE)) == [("products", 3, "sku")]
    for column, value in (("tax_bps", "500"), ("parent_category", "")):
        assert problems(lambda: read(ALE, {**other, column: value})) == [  # noqa: B023
            ("products", 3, column)
        ]
    deep = {**other, "category": "Stout", "parent_category": "Beer"}
    assert problems(lambda: read(ALE, deep)) == [("products", 3, "parent_category")]
    twice = [LIME, {**LIME, "max": "2", "position": "2"}]
    assert {row[2] for row in problems(lambda: read(ALE, modifiers=twice))} == {"modifier", "max"}


def test_all_problems_are_told_at_once() -> None:
    bad = {**ALE, "price": "x", "course": "y"}
    found = problems(lambda: read(ALE, bad, modifiers=[{**LIME, "min": "z"}]))
    assert found == [
        ("modifiers", 2, "min"),
        ("products", 3, "price"),
        ("products", 3, "course"),
        ("products", 3, "sku"),
    ]


def test_a_line_counts_as_editors_count_it() -> None:
    long = {**ALE, "description": "two\nlines"}
    assert problems(lambda: read(long, {**ALE, "sku": ""})) == [("products", 4, "sku")]


@pytest.mark.parametrize(
    ("text", "problem"),
    [("", ("products", 1, "sku")), ('sku,"broken', ("products", 1, "")),
     (csv_of(PRODUCT_COLUMNS, []) + ",".join("x" * 20), ("products", 2, ""))],
)  # fmt: skip
def test_what_is_no_menu_is_refused(text: str, problem: tuple[str, int, str]) -> None:
    modifiers = csv_of(MODIFIER_COLUMNS, [])
    found = problems(lambda: read_menu(products=text, modifiers=modifiers, currency="GBP"))
    assert problem in found


def imported(restaurant: Restaurant, file: MenuFile) -> Imported:
    with durable():
        return import_menu(by=System(restaurant.pk), now=utc_now(), file=file)


def stored(restaurant: Restaurant) -> str:
    return json_list(PRODUCT.read(Product.objects.live(restaurant.pk).order_by("sku")))


def test_the_same_file_again_changes_nothing(restaurant: Restaurant) -> None:
    assert imported(restaurant, read(ALE)) == Imported(created=1, updated=0, unchanged=0)
    before, seq = stored(restaurant), last_seq(restaurant.pk)
    assert imported(restaurant, read(ALE)) == Imported(created=0, updated=0, unchanged=1)
    assert (stored(restaurant), last_seq(restaurant.pk)) == (before, seq)


@pytest.mark.parametrize(
    "changes",
    [{"price": "6.50"}, {"variations": "Half=3.20|Pint=6.00"}, {"variations": "Pint=6.10"},
     {"modifier_groups": ""}, {"station": "cold"}, {"dietary": "vegan"}, {"category": "Cider"}],
)  # fmt: skip
def test_a_row_that_differs_updates_the_product_of_its_sku(
    restaurant: Restaurant, changes: Cells
) -> None:
    imported(restaurant, read(ALE))
    product = Product.objects.get(sku="ALE")
    assert imported(restaurant, read({**ALE, **changes})).updated == 1
    assert Product.objects.get(pk=product.pk).version == 2
    assert imported(restaurant, read({**ALE, **changes})).unchanged == 1


def test_what_the_file_does_not_mention_stays(restaurant: Restaurant) -> None:
    imported(restaurant, read(ALE, {**ALE, "sku": "IPA", "name": "IPA"}))
    imported(restaurant, read({**ALE, "name": "Best bitter"}))
    assert set(Product.objects.live(restaurant.pk).values_list("name", flat=True)) == {
        "Best bitter",
        "IPA",
    }


def test_an_import_that_does_not_fit_leaves_nothing_behind(restaurant: Restaurant) -> None:
    beer = Category.objects.create(restaurant=restaurant, name="Beer")
    Category.objects.create(restaurant=restaurant, name="Stout", parent=beer)
    found = problems(lambda: imported(restaurant, read(ALE)))
    assert found == [("products", 2, "parent_category")]
    assert not Product.objects.exists()
    assert last_seq(restaurant.pk) == 0


def test_the_number_of_statements_does_not_grow_with_the_file(
    restaurant: Restaurant, django_assert_max_num_queries: Any
) -> None:
    rows = [{**ALE, "sku": f"ALE-{number}"} for number in range(500)]
    with django_assert_max_num_queries(45):
        imported(restaurant, read(*rows))
