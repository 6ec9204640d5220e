from typing import Any

import orjson
import pytest
from django.db import connection

from fynlo.events.reading import last_seq
from fynlo.testing.cast import Member
from pos.documents import PRODUCT
from pos.models import Product
from pos.selectors import menu_changes
from pos.tests.conftest import Menu, said

pytestmark = pytest.mark.django_db
NOTHING: dict[str, list[Any]] = {
    name: [] for name in ("categories", "products", "modifier_groups", "tax_rates", "stations")
}
Document = dict[str, Any]


def changes(member: Member, since: int, **headers: str) -> Document:
    response = member.get(f"menu/?since_version={since}", **headers)
    assert response.status_code == 200, response.content
    return said(response)


def rename(owner: Member, path: str, name: str) -> None:
    version = said(owner.get(path))["version"]
    assert owner.patch(path, {"name": name, "version": version}).status_code == 200


def brought_up_to_date(whole: Document, delta: Document) -> dict[str, dict[str, Document]]:
    """What a till holds that keeps each list by id."""
    held = {name: {row["id"]: row for row in whole[name]} for name in NOTHING}
    for name, rows in delta["changes"].items():
        held[name].update({row["id"]: row for row in rows})
    for gone in delta["deleted"]:
        held[menu_changes.LISTS[gone["entity"]]].pop(gone["id"], None)
    return held


def by_id(whole: Document) -> dict[str, dict[str, Document]]:
    return {name: {row["id"]: row for row in whole[name]} for name in NOTHING}


def test_nothing_changed(server: Member, menu: Menu) -> None:
    version = said(server.get("menu/"))["version"]
    assert changes(server, version) == {
        "version": version, "since": version, "changes": NOTHING, "deleted": [],
    }  # fmt: skip


def test_an_unchanged_answer_is_304(server: Member, owner: Member, menu: Menu) -> None:
    first = server.get("menu/?since_version=0")
    again = server.get("menu/?since_version=0", if_none_match=first["ETag"])
    assert (again.status_code, again.content) == (304, b"")
    rename(owner, f"products/{menu.burger.pk}/", "Best burger")
    assert server.get("menu/?since_version=0", if_none_match=first["ETag"]).status_code == 200


def test_a_change_comes_once_as_it_stands_now(owner: Member, menu: Menu) -> None:
    version = said(owner.get("menu/"))["version"]
    path = f"products/{menu.burger.pk}/"
    rename(owner, path, "Good burger")
    rename(owner, path, "Best burger")
    found = changes(owner, version)
    assert found["changes"] == {**NOTHING, "products": [said(owner.get(path))]}
    assert found["version"] == last_seq(owner.restaurant.pk)
    assert changes(owner, found["version"])["changes"] == NOTHING


def test_what_is_gone_is_a_tombstone(owner: Member, menu: Menu) -> None:
    version = said(owner.get("menu/"))["version"]
    path = f"products/{menu.burger.pk}/"
    rename(owner, path, "Best burger")
    assert owner.delete(path, if_match='"2"').status_code == 204
    found = changes(owner, version)
    assert found["changes"] == NOTHING
    assert found["deleted"] == [{"entity": "product", "id": str(menu.burger.pk)}]


@pytest.mark.django_db(transaction=True)
def test_a_till_that_follows_has_the_menu_of_one_that_starts(owner: Member, menu: Menu) -> None:
    held = said(owner.get("menu/"))
    owner.post("categories/", {"name": "Cakes"})
    rename(owner, f"stations/{menu.grill.pk}/", "Charcoal")
    rename(owner, f"modifier-groups/{menu.sides.pk}/", "Sides")
    rename(owner, f"tax-rates/{menu.vat.pk}/", "VAT")
    owner.post(f"products/{menu.cola.pk}/availability/", {"state": "limited", "quantity": 2})
    owner.delete(f"products/{menu.water.pk}/", if_match='"1"')
    line: dict[str, object] = {"product": str(menu.cola.pk), "variation": str(menu.small.pk)}
    assert owner.post("orders/", menu.order(line)).status_code == 201
    assert brought_up_to_date(held, changes(owner, held["version"])) == by_id(
        said(owner.get("menu/"))
    )


def test_a_version_from_the_future_is_refetched(server: Member, menu: Menu) -> None:
    future = last_seq(server.restaurant.pk) + 1
    assert changes(server, future) == {"must_refetch": True}


def test_a_version_older_than_the_log_is_refetched(owner: Member, menu: Menu) -> None:
    for name in ("One", "Two", "Three"):
        rename(owner, f"products/{menu.burger.pk}/", name)
    assert len(changes(owner, 0)["changes"]["products"]) == 1
    kept = last_seq(owner.restaurant.pk)
    prune(owner, below=kept)
    assert changes(owner, kept - 2) == {"must_refetch": True}
    assert len(changes(owner, kept - 1)["changes"]["products"]) == 1


def prune(member: Member, *, below: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "DELETE FROM events_event WHERE restaurant_id = %s AND seq < %s",
            [member.restaurant.pk, below],
        )


def test_whoever_is_far_behind_refetches(
    owner: Member, menu: Menu, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(menu_changes, "FARTHEST_BEHIND", 1)
    for name in ("One", "Two"):
        rename(owner, f"products/{menu.burger.pk}/", name)
    assert changes(owner, 0) == {"must_refetch": True}
    assert "changes" in changes(owner, 1)


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "", str(2**63)])
def test_a_version_is_a_number(server: Member, since: str) -> None:
    assert server.get(f"menu/?since_version={since}").status_code == 400


def test_it_takes_two_statements_however_much_changed(
    owner: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    for name in ("One", "Two", "Three"):
        rename(owner, f"products/{menu.burger.pk}/", name)
        rename(owner, f"products/{menu.cola.pk}/", name)
    changes(owner, 0)
    with django_assert_num_queries(2):
        changes(owner, 0)


def test_a_rival_sees_only_their_own(
    owner: Member, rival_owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    rename(owner, f"products/{menu.burger.pk}/", "Ours")
    rename(rival_owner, f"products/{rival_menu.burger.pk}/", "Theirs")
    (row,) = changes(rival_owner, 0)["changes"]["products"]
    assert row["name"] == "Theirs"


def test_the_document_of_an_event_is_that_of_the_menu(owner: Member, menu: Menu) -> None:
    rename(owner, f"products/{menu.cola.pk}/", "Kola")
    (row,) = changes(owner, 0)["changes"]["products"]
    (text,) = PRODUCT.read(Product.objects.filter(pk=menu.cola.pk))
    assert row == orjson.loads(text)
