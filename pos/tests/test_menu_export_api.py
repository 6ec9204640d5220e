import csv
from io import StringIO
from typing import Any

import pytest
from django.db import transaction
from django.http import HttpResponse
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from fynlo.accounts.models import Restaurant
from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from pos.choices import Allergen, Diet
from pos.documents import MENU
from pos.models import Product
from pos.services.menu_csv import read_cell, write_row
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db
ODD = st.sampled_from(list("'\"\\|=,;\n\r\t +-@＝#%\u2028é🍝-5"))
LETTERS = st.characters(codec="utf-8", exclude_characters="\x00") | ODD
PRICES = st.integers(0, 10**6) | st.just(10**11)


def text(member: Member, file: str) -> str:
    response: Any = member.get(f"menu/export/?format=csv&file={file}")
    assert response.status_code == 200
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == f'attachment; filename="{file}.csv"'
    return b"".join(response.streaming_content).decode()


def exported(member: Member) -> dict[str, str]:
    return {file: text(member, file) for file in ("products", "modifiers")}


def cells(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(StringIO(text)))


def menu_of(member: Member) -> list[str]:
    return MENU.read(Restaurant.objects.filter(pk=member.restaurant.pk))


def assert_changes_nothing(member: Member, body: dict[str, Any]) -> None:
    before, seq = menu_of(member), last_seq(member.restaurant.pk)
    response = member.post("menu/import/", body)
    assert response.status_code == 200, response.content
    assert (said(response)["created"], said(response)["updated"]) == (0, 0), response.content
    assert menu_of(member) == before
    assert last_seq(member.restaurant.pk) == seq


def test_the_tables_are_those_that_an_import_takes(owner: Member, menu: Menu) -> None:
    burger, cola, water = cells(text(owner, "products"))
    assert (burger["sku"], burger["price"], burger["cost"]) == ("BUR", "12.50", "")
    assert (burger["tax_bps"], burger["tax_inclusive"]) == ("2000", "yes")
    assert (cola["variations"], water["station"]) == ("Small=3.00|Large=4.20", "")
    assert burger["modifier_groups"] == "Side"
    salad = cells(text(owner, "modifiers"))[1]
    assert (salad["modifier"], salad["price_delta"], salad["min"]) == ("Salad", "1.50", "1")
    assert_changes_nothing(owner, exported(owner))


def test_json_is_the_body_of_an_import(owner: Member, menu: Menu) -> None:
    document = said(owner.get("menu/export/"))
    assert document["currency"] == "GBP"
    assert document["products"][1]["variations"][1] == {"name": "Large", "price": 420}
    assert_changes_nothing(owner, document)


def test_an_export_furnishes_another_restaurant(
    owner: Member, menu: Menu, rival_owner: Member
) -> None:
    assert rival_owner.post("menu/import/", exported(owner)).status_code == 200
    assert exported(rival_owner) == exported(owner)


def test_an_empty_menu_is_its_header(owner: Member) -> None:
    assert cells(text(owner, "products")) == []
    assert_changes_nothing(owner, exported(owner))
    assert_changes_nothing(owner, said(owner.get("menu/export/")))


@pytest.mark.parametrize(
    ("value", "cell"),
    [("=1+1", "'=1+1"), ("+44", "+44"), ("+a", "'+a"), ("-5.00", "-5.00"), ("-5;=1", "'-5;=1"),
     ("@SUM(A1)", "'@SUM(A1)"), ("'=1", "''=1"), ("'Nduja", "'Nduja"), ("''", "''"),
     ("＝1", "'＝1"), ("Fish = chips", "Fish = chips")],
)  # fmt: skip
def test_no_spreadsheet_runs_a_cell(value: str, cell: str) -> None:
    (written,) = next(csv.reader(StringIO(write_row([value]))))
    if value != "+44":
        assert written == cell
    assert read_cell(written) == value


@given(st.text(LETTERS, max_size=12))
def test_every_cell_comes_back(value: str) -> None:
    (written,) = next(csv.reader(StringIO(write_row([value]), newline="")), [""])
    assert read_cell(written) == value


NAMES = st.text(LETTERS, min_size=1, max_size=12).map(str.strip).filter(bool)
MAYBE = NAMES | st.just("")
FEW_NAMES = st.lists(NAMES, unique=True, max_size=3)


@st.composite
def bodies(draw: Any) -> dict[str, Any]:
    """Any menu, as the body of an import."""
    groups = draw(st.dictionaries(NAMES, FEW_NAMES, max_size=3))
    modifiers = [
        {
            "group": group, "min": 0, "max": 2, "allow_quantities": len(names) == 2,
            "modifier": name, "price_delta": draw(st.integers(-500, 500)), "position": place,
        }
        for group, names in groups.items()
        for place, name in enumerate(names or [""])
    ]  # fmt: skip
    above, below, tax = draw(st.lists(NAMES, unique=True, min_size=3, max_size=3))
    products = [
        {
            "sku": sku, "name": draw(NAMES), "description": draw(MAYBE), "price": draw(PRICES),
            "cost": draw(st.none() | PRICES), "category": below, "parent_category": above,
            "tax_rate": tax, "tax_bps": 2000, "tax_inclusive": False, "station": draw(MAYBE),
            "course": draw(st.integers(0, 99)), "prep_minutes": draw(st.integers(0, 99)),
            "allergens": draw(st.lists(st.sampled_from(Allergen.values), unique=True)),
            "dietary": draw(st.lists(st.sampled_from(Diet.values), unique=True)),
            "variations": [{"name": name, "price": draw(PRICES)} for name in draw(FEW_NAMES)],
            "modifier_groups": list(groups), "image": draw(MAYBE),
        }
        for sku in draw(FEW_NAMES)
    ]  # fmt: skip
    return {"products": products, "modifiers": modifiers}


def test_whatever_is_on_a_menu_an_import_of_its_export_changes_nothing(
    owner: Member, restaurant: Restaurant
) -> None:
    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(bodies())
    def check(body: dict[str, Any]) -> None:
        mark = transaction.savepoint()
        try:
            assert owner.post("menu/import/", body).status_code == 200
            assert_changes_nothing(owner, exported(owner))
            document = said(owner.get("menu/export/"))
            for name in ("sku", "name", "description", "price", "cost", "variations"):
                wanted = [row[name] for row in body["products"]]
                assert [row[name] for row in document["products"]] == wanted
            assert_changes_nothing(owner, document)
        finally:
            transaction.savepoint_rollback(mark)

    check()


@pytest.mark.parametrize("query", ["format=xml", "file=orders", "all=1", "format=csv&file="])
def test_other_formats_are_refused(owner: Member, query: str) -> None:
    refused: HttpResponse = owner.get(f"menu/export/?{query}")
    assert refused.status_code == 400


def test_statements_do_not_grow_with_the_menu(
    owner: Member, menu: Menu, django_assert_max_num_queries: Any
) -> None:
    exported(owner)
    common = {"restaurant": owner.restaurant, "tax_rate": menu.vat, "price": 1}
    Product.objects.bulk_create(
        Product(**common, category_id=menu.burger.category_id, sku=f"S{n}", name=f"S{n}")
        for n in range(300)
    )
    with django_assert_max_num_queries(2):
        exported(owner)


def test_the_rival_exports_their_own(
    owner: Member, menu: Menu, rival_owner: Member, cashier: Member
) -> None:
    assert "BUR" not in rival_owner.get("menu/export/").content.decode()
    assert cashier.get("menu/export/").status_code == 403
