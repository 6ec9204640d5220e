import json
from typing import Any

import pytest
from django.db import connection

from fynlo.accounts.documents import RESTAURANT
from fynlo.accounts.models import Restaurant
from fynlo.documents import Document, Literal, Many, json_list, schema
from fynlo.testing.rendering import render
from pos.documents import MENU, ORDER
from pos.models import TaxRate

pytestmark = pytest.mark.django_db
AWKWARD = "it's 100 % o'clock \\ \" %s %% {row} {} $1 ; --"
RATE = Document("rate", TaxRate, fields={"bps": "rate_bps", "kitchen": "restaurant__name"})


def rates(restaurant: Restaurant, *names: str) -> None:
    for place, name in enumerate(names):
        TaxRate.objects.create(restaurant=restaurant, name=name, rate_bps=place // 2)


def read(document: Document, restaurant: Restaurant) -> dict[str, Any]:
    (text,) = document.read(Restaurant.objects.filter(pk=restaurant.pk))
    found: dict[str, Any] = json.loads(text)
    assert found == render(document, restaurant)
    return found


def test_a_document_carries_times_and_numbers_as_promised(restaurant: Restaurant) -> None:
    (text,) = RESTAURANT.read(Restaurant.objects.filter(pk=restaurant.pk))
    document = json.loads(text)
    assert document["id"] == str(restaurant.pk)
    assert document["day_starts_at"] == "05:00"


def test_an_empty_menu_has_empty_lists(restaurant: Restaurant) -> None:
    (text,) = MENU.read(Restaurant.objects.filter(pk=restaurant.pk))
    assert json.loads(text)["products"] == []


def test_texts_of_a_declaration_are_quoted_and_never_become_sql(restaurant: Restaurant) -> None:
    awkward = Document(AWKWARD, Restaurant, fields={AWKWARD: Literal(AWKWARD), "id": "pk"})
    assert read(awkward, restaurant) == {AWKWARD: AWKWARD, "id": str(restaurant.pk)}
    assert schema(awkward)["properties"][AWKWARD] == {"type": "string", "const": AWKWARD}


def test_a_document_reads_the_same_with_and_without_other_parameters(
    restaurant: Restaurant,
) -> None:
    """`%` is doubled for the driver, which halves it whenever it is given parameters."""
    rates(restaurant, "100 % off", "100 euros off")
    of_percent = Many(RATE, "restaurant", where="{row}.name LIKE '%~%%' ESCAPE '~'", value="bps")
    document = Document("d", Restaurant, fields={"sign": Literal("%"), "rates": of_percent})
    expected = {"sign": "%", "rates": [0]}
    assert read(document, restaurant) == expected
    (everywhere,) = document.read(Restaurant.objects.all())
    assert json.loads(everywhere) == expected
    with connection.cursor() as cursor:
        sql = f"SELECT {document.expression} FROM accounts_restaurant WHERE id = %(id)s"
        cursor.execute(sql, {"id": restaurant.pk})
        assert json.loads(cursor.fetchone()[0]) == expected


@pytest.mark.parametrize(
    ("order_by", "names"),
    [
        (("name",), ["a", "b", "c", "d"]),
        (("-name",), ["d", "c", "b", "a"]),
        (("rate_bps", "-name"), ["b", "a", "d", "c"]),
        (("-rate_bps", "name"), ["c", "d", "a", "b"]),
    ],
)
def test_lists_have_the_order_that_is_declared(
    restaurant: Restaurant, rival_restaurant: Restaurant, order_by: Any, names: list[str]
) -> None:
    rates(restaurant, "a", "b", "c", "d")
    rates(rival_restaurant, "x")
    named = Document("named", TaxRate, fields={"name": "name"})
    listed = Many(named, "restaurant", order_by=order_by)
    plain = Many(named, "restaurant", order_by=order_by, value="name")
    document = Document("d", Restaurant, fields={"listed": listed, "plain": plain})
    assert read(document, restaurant) == {"listed": [{"name": n} for n in names], "plain": names}
    assert schema(document)["properties"]["plain"]["items"] == {"type": "string"}


def test_plain_values_may_be_paths_texts_and_lists(restaurant: Restaurant) -> None:
    rates(restaurant, "a", "b")
    nested = Document(
        "nested", TaxRate, fields={"type": Literal("o'clock"), "all": Many(RATE, "id", on="id")}
    )
    fields: dict[str, Any] = {
        "kitchens": Many(RATE, "restaurant", value="kitchen"),
        "types": Many(nested, "restaurant", value="type"),
        "lists": Many(nested, "restaurant", value="all"),
    }
    found = read(Document("d", Restaurant, fields=fields), restaurant)
    assert found["kitchens"] == [restaurant.name] * 2
    assert found["types"] == ["o'clock"] * 2
    assert found["lists"] == [[{"bps": 0, "kitchen": restaurant.name}]] * 2


def test_generated_columns_have_the_type_of_what_they_hold() -> None:
    assert schema(ORDER)["properties"]["due"] == {"type": "integer"}


def test_ready_documents_are_joined_without_being_parsed() -> None:
    assert json_list([]) == "[]"
    assert json_list(['{"a":1}', "2"]) == '[{"a":1},2]'
