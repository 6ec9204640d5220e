from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from fynlo.accounts.models import Restaurant
from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Table
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def next_table(restaurant: Restaurant, menu: Menu) -> Table:
    return Table.objects.create(restaurant=restaurant, floor=menu.table.floor, number="13")


@pytest.fixture
def third_table(restaurant: Restaurant, menu: Menu) -> Table:
    return Table.objects.create(restaurant=restaurant, floor=menu.table.floor, number="14")


def merge(member: Member, table: Table, into: Table) -> HttpResponse:
    return member.post(f"tables/{table.pk}/merge/", {"into": str(into.pk)})


def refused(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response)["code"]


def live(member: Member, table: Table) -> dict[str, Any]:
    (floor,) = said(member.get("floors/"))["results"]
    found: dict[str, Any] = next(row for row in floor["tables"] if row["id"] == str(table.pk))
    return found


def test_merged_tables_behave_as_one(server: Member, menu: Menu, next_table: Table) -> None:
    before = opened(server, menu.order(table=str(next_table.pk)))
    merged = said(merge(server, next_table, menu.table))
    assert (merged["merged_into"], merged["version"]) == (str(menu.table.pk), 2)
    after = opened(server, menu.order(table=str(next_table.pk)))
    assert after["table"] == str(menu.table.pk)
    head, follower = live(server, menu.table), live(server, next_table)
    assert head["orders"] == [before["id"], after["id"]]
    assert head["due"] == before["total"] + after["total"]
    assert (head["state"], follower["state"]) == ("seated", "seated")
    assert (follower["orders"], follower["due"]) == ([], 0)
    found = said(server.get(f"orders/?table={menu.table.pk}"))["results"]
    assert [row["id"] for row in found] == [after["id"], before["id"]]
    moved = said(server.post(f"orders/{before['id']}/transfer/", {"table": str(next_table.pk)}))
    assert moved["table"] == str(menu.table.pk)


def test_an_unmerged_table_has_its_own_orders_again(
    server: Member, menu: Menu, next_table: Table
) -> None:
    own = opened(server, menu.order(table=str(next_table.pk)))
    merge(server, next_table, menu.table)
    together = opened(server, menu.order(table=str(next_table.pk)))
    alone = said(server.post(f"tables/{next_table.pk}/unmerge/"))
    assert (alone["merged_into"], alone["version"]) == (None, 3)
    assert live(server, next_table)["orders"] == [own["id"]]
    assert live(server, menu.table)["orders"] == [together["id"]]
    again = server.post(f"tables/{next_table.pk}/unmerge/")
    assert refused(again) == (409, "table_not_merged")
    kinds = [
        event.envelope.split('"kind":"')[1].split('"')[0]
        for event in history(restaurant_id=server.restaurant.pk, entity_id=next_table.pk)
    ]
    assert kinds == ["table.merged", "table.unmerged"]


def test_a_head_takes_its_tables_along(
    server: Member, menu: Menu, next_table: Table, third_table: Table
) -> None:
    merge(server, third_table, next_table)
    merge(server, next_table, menu.table)
    heads = set(Table.objects.exclude(pk=menu.table.pk).values_list("merged_into", flat=True))
    assert heads == {menu.table.pk}
    third_table.refresh_from_db()
    assert third_table.version == 3


def test_merging_into_a_merged_table_is_merging_into_its_head(
    server: Member, menu: Menu, next_table: Table, third_table: Table
) -> None:
    merge(server, next_table, menu.table)
    assert said(merge(server, third_table, next_table))["merged_into"] == str(menu.table.pk)
    again = said(merge(server, third_table, menu.table))
    assert (again["merged_into"], again["version"]) == (str(menu.table.pk), 2)


def test_what_cannot_be_merged_is_refused(
    server: Member, menu: Menu, rival_menu: Menu, next_table: Table, third_table: Table
) -> None:
    assert refused(merge(server, next_table, next_table)) == (422, "merge_into_itself")
    assert refused(merge(server, next_table, rival_menu.table)) == (422, "unknown_reference")
    merge(server, next_table, menu.table)
    assert refused(merge(server, menu.table, next_table)) == (422, "merge_into_itself")
    assert refused(merge(server, next_table, third_table)) == (409, "table_merged")
    stale = server.post(f"tables/{next_table.pk}/unmerge/", if_match='"1"')
    assert refused(stale) == (412, "version_conflict")


def test_a_table_with_others_merged_into_it_stays(
    owner: Member, menu: Menu, next_table: Table
) -> None:
    merge(owner, next_table, menu.table)
    assert refused(owner.delete(f"tables/{menu.table.pk}/")) == (409, "table_merged")
    assert owner.delete(f"tables/{next_table.pk}/").status_code == 204
    assert owner.delete(f"tables/{menu.table.pk}/").status_code == 204


def test_a_merge_takes_four_statements(server: Member, menu: Menu, next_table: Table) -> None:
    server.get("floors/")
    with CaptureQueriesContext(connection) as statements:
        merge(server, next_table, menu.table)
    assert len([row for row in statements if "SAVEPOINT" not in row["sql"]]) == 4
