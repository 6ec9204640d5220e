import pytest
from django.db import connection
from django.http import HttpResponse
from django.test.utils import CaptureQueriesContext

from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member
from pos.models import Order, Table
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


@pytest.fixture
def window(restaurant: Restaurant, menu: Menu) -> Table:
    return Table.objects.create(restaurant=restaurant, floor=menu.table.floor, number="13")


def move(member: Member, table: Table, to: Table) -> HttpResponse:
    return member.post(f"tables/{table.pk}/move/", {"to": str(to.pk)})


def refused(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response)["code"]


def test_all_open_orders_of_a_table_go_to_another_with_their_tickets(
    server: Member, kitchen: Member, menu: Menu, window: Table
) -> None:
    here = {"table": str(menu.table.pk)}
    first, second, left = (opened(server, menu.order(**here)) for _ in range(3))
    server.post(f"orders/{left['id']}/cancel/", {"reason": "left"})
    server.post(f"orders/{first['id']}/send/")
    moved = said(move(server, menu.table, window))["results"]
    assert {order["id"] for order in moved} == {first["id"], second["id"]}
    assert {order["table_number"] for order in moved} == {"13"}
    assert said(server.get(f"orders/{left['id']}/"))["table"] == str(menu.table.pk)
    (ticket,) = said(kitchen.get("kitchen/tickets/"))["results"]
    assert ticket["table_number"] == "13"
    told = said(server.get(f"orders/{second['id']}/history/"))["results"][-1]["sentence"]
    assert told == "Server moved it to table 13."
    assert refused(move(server, menu.table, window)) == (409, "nothing_to_move")


def test_tables_that_stand_together_move_together(
    server: Member, menu: Menu, window: Table, restaurant: Restaurant
) -> None:
    corner = Table.objects.create(restaurant=restaurant, floor=window.floor, number="14")
    order = opened(server, menu.order(table=str(window.pk)))
    server.post(f"tables/{window.pk}/merge/", {"into": str(menu.table.pk)})
    assert refused(move(server, window, corner)) == (409, "table_merged")
    assert refused(move(server, menu.table, window)) == (422, "move_to_itself")
    (moved,) = said(move(server, menu.table, corner))["results"]
    assert (moved["id"], moved["table_number"]) == (order["id"], "14")
    (back,) = said(move(server, corner, window))["results"]
    assert back["table"] == str(menu.table.pk)


def test_nobody_moves_to_or_from_a_table_that_is_not_theirs(
    server: Member, rival_owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    opened(server, menu.order(table=str(menu.table.pk)))
    before = list(Order.objects.values())
    assert refused(move(server, menu.table, rival_menu.table)) == (422, "unknown_reference")
    assert refused(move(rival_owner, menu.table, rival_menu.table)) == (404, "not_found")
    assert refused(move(server, menu.table, menu.table)) == (422, "move_to_itself")
    stale = server.post(f"tables/{menu.table.pk}/move/", {"to": str(menu.table.pk), "version": 9})
    assert refused(stale) == (412, "version_conflict")
    assert list(Order.objects.values()) == before


def test_a_move_of_two_orders_takes_twelve_statements(
    server: Member, menu: Menu, window: Table
) -> None:
    for _ in range(2):
        opened(server, menu.order(table=str(menu.table.pk)))
    move(server, menu.table, window)
    with CaptureQueriesContext(connection) as statements:
        move(server, window, menu.table)
    sent = [row["sql"][:70] for row in statements if "SAVEPOINT" not in row["sql"]]
    assert len(sent) == 12, sent
