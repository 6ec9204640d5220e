from typing import Any
from unittest.mock import patch

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from fynlo.cache import local
from fynlo.cache.local import Copies
from fynlo.events.reading import last_seq_of_stream
from fynlo.testing.cast import Member
from fynlo.testing.outage import Wire
from fynlo.tests.cache.test_cache import in_another_process
from pos.tests.conftest import Menu, said

committed = pytest.mark.django_db(transaction=True)


def names(member: Member) -> set[str]:
    return {product["name"] for product in said(member.get("menu/"))["products"]}


def rename(owner: Member, menu: Menu, name: str) -> None:
    path = f"products/{menu.burger.pk}/"
    version = said(owner.get(path))["version"]
    assert owner.patch(path, {"name": name}, if_match=f'"{version}"').status_code == 200


@pytest.mark.django_db
def test_the_whole_menu_is_one_document(server: Member, menu: Menu) -> None:
    document = said(server.get("menu/"))
    assert next(iter(document)) == "version"
    assert document["restaurant"] == str(server.restaurant.pk)
    assert {row["name"] for row in document["products"]} == {"Burger", "Cola", "Water"}
    (side,) = document["modifier_groups"]
    assert [row["name"] for row in side["modifiers"]] == ["Chips", "Salad"]
    burger = next(row for row in document["products"] if row["sku"] == "BUR")
    assert burger["modifier_groups"] == [side["id"]]


@pytest.mark.django_db
def test_a_warm_menu_asks_the_database_nothing_not_even_who_is_asking(
    server: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    cold = server.get("menu/")
    with django_assert_num_queries(0):
        warm = server.get("menu/")
    assert warm.content == cold.content


@pytest.mark.django_db
def test_another_process_finds_the_menu_in_redis(server: Member, menu: Menu) -> None:
    server.get("menu/")
    with in_another_process(), CaptureQueriesContext(connection) as queries:
        assert server.get("menu/").status_code == 200
    assert [row["sql"] for row in queries] == []


@pytest.mark.django_db
def test_a_cold_menu_is_read_in_two_statements(
    server: Member, menu: Menu, django_assert_num_queries: Any
) -> None:
    server.get("products/")
    with django_assert_num_queries(2):
        server.get("menu/")


@pytest.mark.django_db
def test_who_has_the_menu_is_told_so(server: Member, menu: Menu) -> None:
    first = server.get("menu/")
    again = server.get("menu/", if_none_match=first["ETag"])
    assert (again.status_code, again.content, again["ETag"]) == (304, b"", first["ETag"])
    assert server.get("menu/", if_none_match='"other"').status_code == 200


@committed
def test_a_change_is_seen_at_once_here_and_in_another_process(
    owner: Member, server: Member, menu: Menu
) -> None:
    before = server.get("menu/")
    elsewhere = Copies()
    with patch.object(local, "copies", elsewhere):
        server.get("menu/")
    rename(owner, menu, "Cheeseburger")
    assert "Cheeseburger" in names(server)
    with patch.object(local, "copies", elsewhere), patch("fynlo.cache.reading.monotonic") as clock:
        clock.return_value = float("inf")
        assert "Cheeseburger" in names(server)
    after = server.get("menu/", if_none_match=before["ETag"])
    assert after.status_code == 200
    seq = last_seq_of_stream(owner.restaurant.pk, "menu")
    assert said(after)["version"] == seq > said(before)["version"]


@committed
@pytest.mark.parametrize("path", ["categories", "stations", "tax-rates", "modifier-groups"])
def test_every_part_that_is_made_is_on_the_menu(owner: Member, menu: Menu, path: str) -> None:
    owner.get("menu/")
    body = {"name": "Fresh", **({"rate_bps": 500} if path == "tax-rates" else {})}
    made = said(owner.post(f"{path}/", body))
    listed = said(owner.get("menu/"))[path.replace("-", "_")]
    assert made["id"] in [row["id"] for row in listed]
    assert owner.delete(f"{path}/{made['id']}/").status_code == 204
    listed = said(owner.get("menu/"))[path.replace("-", "_")]
    assert made["id"] not in [row["id"] for row in listed]


@committed
def test_without_redis_the_menu_comes_from_postgresql(
    owner: Member, menu: Menu, wire: Wire
) -> None:
    wire.cut()
    assert "Burger" in names(owner)
    rename(owner, menu, "Cheeseburger")
    assert "Cheeseburger" in names(owner)


@pytest.mark.django_db
def test_a_rival_reads_a_menu_of_their_own(owner: Member, rival_owner: Member, menu: Menu) -> None:
    owner.get("menu/")
    assert said(rival_owner.get("menu/"))["products"] == []


@pytest.mark.django_db
def test_the_kitchen_reads_the_menu_and_may_not_change_it(kitchen: Member, menu: Menu) -> None:
    assert kitchen.get("menu/").status_code == 200
    refused = kitchen.post("categories/", {"name": "Mine"})
    assert (refused.status_code, said(refused)["code"]) == (403, "permission_missing")
    assert "Mine" not in [row["name"] for row in said(kitchen.get("categories/"))["results"]]
