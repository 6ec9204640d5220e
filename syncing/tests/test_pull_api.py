"""A till that was away becomes as the server is, and can prove it."""

import gzip
import hashlib
from typing import Any

import brotli
import pytest
from django.http import HttpResponse

from fynlo.api.pages import decode_cursor, encode_cursor
from fynlo.testing.cast import Member
from pos.models import Product
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db
UNPACK = {"gzip": gzip.decompress, "br": brotli.decompress}
Held = dict[tuple[str, str], dict[str, Any]]


def page(member: Member, **query: Any) -> dict[str, Any]:
    asked = "&".join(f"{name}={value}" for name, value in query.items() if value is not None)
    response = member.get(f"sync/pull/?{asked}")
    assert response.status_code == 200, response.content
    return said(response)


def pulled(member: Member, held: Held, cursor: str | None = None, **query: Any) -> str:
    """Applies pages until there are no more; the cursor to go on from."""
    while True:
        found = page(member, cursor=cursor, **query)
        for change in found["changes"]:
            key = (change["entity"], change["id"])
            if change["deleted"]:
                held.pop(key, None)
            else:
                held[key] = change["data"]
        cursor = found["cursor"]
        if not found["more"]:
            return str(cursor)


def names(held: Held) -> set[str]:
    return {entity for entity, _ in held}


def test_a_new_till_holds_what_the_server_holds(cashier: Member, menu: Menu) -> None:
    order = opened(cashier, menu.order(channel="takeaway"))
    held: Held = {}
    pulled(cashier, held, limit=3)
    assert held[("order", order["id"])] == order
    burger = held[("product", str(menu.burger.pk))]
    assert burger == said(cashier.get(f"products/{menu.burger.pk}/"))
    assert names(held) == {
        "tax_rate", "station", "category", "modifier_group", "product", "floor", "table", "order",
    }  # fmt: skip


def test_what_changes_between_two_pages_is_there_in_the_end(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    first = page(cashier, limit=1)
    manager.patch(f"products/{menu.water.pk}/", {"price": 999, "version": 1})
    held: Held = {}
    pulled(cashier, held, first["cursor"], limit=1)
    assert held[("product", str(menu.water.pk))]["price"] == 999


def test_only_the_newest_state_of_an_entity_comes(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    cursor = pulled(cashier, {})
    for version, price in enumerate((10, 20, 30), 1):
        manager.patch(f"products/{menu.water.pk}/", {"price": price, "version": version})
    found = page(cashier, cursor=cursor)
    assert [(row["entity"], row["data"]["price"]) for row in found["changes"]] == [("product", 30)]
    assert page(cashier, cursor=found["cursor"])["changes"] == []


def test_what_is_deleted_leaves_a_tombstone(cashier: Member, manager: Member, menu: Menu) -> None:
    held: Held = {}
    cursor = pulled(cashier, held)
    assert manager.delete(f"products/{menu.water.pk}/").status_code == 204
    (gone,) = [row for row in page(cashier, cursor=cursor)["changes"] if row["deleted"]]
    assert (gone["entity"], gone["id"], gone["data"]) == ("product", str(menu.water.pk), None)
    pulled(cashier, held, cursor)
    assert ("product", str(menu.water.pk)) not in held


def test_a_cursor_that_the_log_does_not_reach_begins_again(cashier: Member, menu: Menu) -> None:
    """A number that this log never gave: as after a restore, or beyond what is kept."""
    opened(cashier, menu.order(channel="takeaway"))
    cursor = pulled(cashier, {})
    restored = page_of_another_number(cursor, 10_000)
    assert said(cashier.get(f"sync/pull/?cursor={restored}")) == {"must_refetch": True}


def page_of_another_number(cursor: str, seq: int) -> str:
    _, *rest = decode_cursor(cursor, 4)
    return encode_cursor([seq, *rest])


@pytest.mark.parametrize(
    "query",
    [
        "cursor=x",
        "cursor=W10",
        "cursor=WzEsWyJ4Il0sIiIsIiJd",
        "entities=users",
        "limit=0",
        "bucket=32",
    ],
)
def test_a_strange_question_is_refused(cashier: Member, query: str) -> None:
    assert cashier.get(f"sync/pull/?{query}").status_code == 400


def test_a_cursor_of_another_role_says_what_to_forget(
    cashier: Member, kitchen: Member, menu: Menu
) -> None:
    cursor = pulled(cashier, {})
    assert page(kitchen, cursor=cursor)["gone"] == ["payment"]


def test_a_rival_pulls_nothing_of_ours(cashier: Member, rival_owner: Member, menu: Menu) -> None:
    opened(cashier, menu.order(channel="takeaway"))
    held: Held = {}
    pulled(rival_owner, held)
    assert not held


def test_checksums_name_the_bucket_that_differs_and_it_alone_is_pulled(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    held: Held = {}
    pulled(cashier, held)
    manager.patch(f"products/{menu.water.pk}/", {"price": 5, "version": 1})
    mine = own_checksums(held, "product")
    theirs = checksums(cashier, "product")
    (different,) = {bucket for bucket in theirs if theirs[bucket] != mine.get(bucket)}
    found = page(cashier, entities="product", bucket=different)
    assert str(menu.water.pk) in {row["id"] for row in found["changes"]}
    for row in found["changes"]:
        held[("product", row["id"])] = row["data"]
    assert own_checksums(held, "product") == theirs


def checksums(member: Member, entity: str) -> dict[int, str]:
    found = said(member.get(f"sync/checksums/?entities={entity}"))
    assert found["buckets"] == 32
    return {row["bucket"]: row["md5"] for row in found["entities"][entity]}


def own_checksums(held: Held, entity: str) -> dict[int, str]:
    """As a till computes them from what it holds."""
    buckets: dict[int, list[str]] = {}
    for (name, pk), document in sorted(held.items()):
        if name == entity:
            buckets.setdefault(int(pk[-2:], 16) % 32, []).append(f"{pk}:{document['version']}")
    return {
        bucket: hashlib.md5(",".join(rows).encode(), usedforsecurity=False).hexdigest()
        for bucket, rows in buckets.items()
    }


def test_a_page_takes_few_statements(
    cashier: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    """The number of the log, one for each entity, and the transaction."""
    page(cashier)
    with django_assert_num_queries(13):
        page(cashier)


def test_pages_are_compressed_for_who_asks(cashier: Member, menu: Menu) -> None:
    Product.objects.filter(pk=menu.water.pk).update(description="still " * 80)
    plain: HttpResponse = cashier.get("sync/pull/")
    for asked, given in (("gzip", "gzip"), ("gzip, br", "br"), ("br;q=0, gzip", "gzip")):
        response: HttpResponse = cashier.get("sync/pull/", Accept_Encoding=asked)
        assert (response["Content-Encoding"], response["Vary"]) == (given, "Accept-Encoding")
        assert UNPACK[given](response.content) == plain.content
