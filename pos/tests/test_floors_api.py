from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.http import HttpResponse

from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from pos.models import Order, OrderLine, Table
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def live_table(member: Member, menu: Menu) -> dict[str, Any]:
    (floor,) = said(member.get("floors/"))["results"]
    table: dict[str, Any] = next(row for row in floor["tables"] if row["id"] == str(menu.table.pk))
    return table


def seat(server: Member, menu: Menu, **changes: Any) -> dict[str, Any]:
    return opened(server, menu.order(table=str(menu.table.pk), **changes))


def refusal(response: HttpResponse) -> tuple[int, str, str]:
    problem = said(response)
    return response.status_code, problem["code"], problem["errors"][0]["field"]


def test_a_table_without_orders_is_free(server: Member, menu: Menu) -> None:
    table = live_table(server, menu)
    assert {name: table[name] for name in ("state", "orders", "minutes", "due")} == {
        "state": "free",
        "orders": [],
        "minutes": None,
        "due": 0,
    }
    assert (table["number"], table["merged_into"]) == ("12", None)


def test_a_table_is_seated_then_ordered_then_paying(server: Member, menu: Menu) -> None:
    order = seat(server, menu)
    table = live_table(server, menu)
    assert (table["state"], table["orders"]) == ("seated", [order["id"]])
    assert (table["minutes"], table["due"]) == (0, order["total"])
    server.post(f"orders/{order['id']}/send/")
    assert live_table(server, menu)["state"] == "ordered"
    OrderLine.objects.filter(order=order["id"]).update(state="SERVED")
    Order.objects.filter(pk=order["id"]).update(kitchen_status="SERVED")
    assert live_table(server, menu)["state"] == "paying"


def test_money_taken_makes_a_table_paying_and_lowers_what_is_due(
    server: Member, menu: Menu
) -> None:
    order = seat(server, menu)
    Order.objects.filter(pk=order["id"]).update(paid=500)
    table = live_table(server, menu)
    assert (table["state"], table["due"]) == ("paying", order["total"] - 500)


def test_several_orders_of_one_table_count_together(server: Member, menu: Menu) -> None:
    first, second = seat(server, menu), seat(server, menu)
    Order.objects.filter(pk=first["id"]).update(
        opened_at=utc_now() - timedelta(minutes=42, seconds=10)
    )
    server.post(f"orders/{second['id']}/send/")
    table = live_table(server, menu)
    assert table["orders"] == [first["id"], second["id"]]
    assert (table["minutes"], table["state"]) == (42, "ordered")
    assert table["due"] == first["total"] + second["total"]


def test_a_closed_order_leaves_its_table_free(server: Member, menu: Menu) -> None:
    order = seat(server, menu)
    Order.objects.filter(pk=order["id"]).update(status="CANCELLED")
    assert live_table(server, menu)["state"] == "free"


def test_all_floors_are_read_in_one_statement(
    server: Member, menu: Menu, rival_menu: Menu, django_assert_num_queries: Any
) -> None:
    seat(server, menu)
    server.get("floors/")
    with django_assert_num_queries(1):
        response = server.get("floors/")
    assert said(response)["next"] is None
    assert len(said(response)["results"]) == 1
    again = server.get("floors/", if_none_match=response["ETag"])
    assert again.status_code == 304


def test_tables_stand_in_the_order_of_their_numbers(owner: Member, menu: Menu) -> None:
    for number in ("9", "10", "T1"):
        owner.post("tables/", {"number": number, "floor": str(menu.table.floor_id)})
    (floor,) = said(owner.get("floors/"))["results"]
    assert [table["number"] for table in floor["tables"]] == ["9", "10", "12", "T1"]


def test_a_floor_and_its_tables_are_made_and_moved(manager: Member, menu: Menu) -> None:
    floor = said(manager.post("floors/", {"name": "Terrace", "position": 2}))
    body = {"id": str(uuid4()), "floor": floor["id"], "number": "T1", "seats": 6,
            "shape": "long", "x": 100, "y": 900}  # fmt: skip
    made = manager.post("tables/", body)
    assert (made.status_code, manager.post("tables/", body).status_code) == (201, 200)
    table = said(made)
    assert {name: table[name] for name in body} == body
    path = f"tables/{table['id']}/"
    moved = manager.patch(path, {"floor": str(menu.table.floor_id), "x": 0}, if_match='"1"')
    assert (said(moved)["floor"], said(moved)["x"]) == (str(menu.table.floor_id), 0)
    assert manager.patch(path, {"x": 5}, if_match='"1"').status_code == 412
    renamed = manager.patch(f"floors/{floor['id']}/", {"name": "Garden"}, if_match='"1"')
    assert said(renamed)["name"] == "Garden"
    listed = said(manager.get(f"tables/?floor={menu.table.floor_id}"))["results"]
    assert [row["number"] for row in listed] == ["12", "T1"]


def test_names_and_numbers_are_taken_once(owner: Member, menu: Menu) -> None:
    floor = str(menu.table.floor_id)
    assert refusal(owner.post("floors/", {"name": "Room"})) == (409, "name_taken", "name")
    twelfth = owner.post("tables/", {"number": "12", "floor": floor})
    assert refusal(twelfth) == (409, "table_number_taken", "number")


def test_a_floor_must_be_ours(owner: Member, menu: Menu, rival_menu: Menu) -> None:
    theirs = str(rival_menu.table.floor_id)
    refused = owner.post("tables/", {"number": "1", "floor": theirs})
    assert refusal(refused) == (422, "unknown_reference", "floor")
    path = f"tables/{menu.table.pk}/"
    moved = owner.patch(path, {"floor": theirs}, if_match='"1"')
    assert refusal(moved) == (422, "unknown_reference", "floor")
    assert owner.get(f"tables/{rival_menu.table.pk}/").status_code == 404


def test_a_table_with_open_orders_stays(owner: Member, menu: Menu) -> None:
    order = seat(owner, menu)
    path = f"tables/{menu.table.pk}/"
    refused = owner.delete(path)
    assert (refused.status_code, said(refused)["code"]) == (409, "table_in_use")
    Order.objects.filter(pk=order["id"]).update(status="CANCELLED")
    assert owner.delete(path).status_code == 204
    assert owner.get(path).status_code == 404
    assert said(owner.get(f"orders/{order['id']}/"))["table_number"] == "12"
    assert said(owner.get("floors/"))["results"][0]["tables"] == []
    floor = str(menu.table.floor_id)
    assert owner.post("tables/", {"number": "12", "floor": floor}).status_code == 201


def test_a_floor_with_tables_stays(owner: Member, menu: Menu) -> None:
    path = f"floors/{menu.table.floor_id}/"
    refused = owner.delete(path)
    assert (refused.status_code, said(refused)["code"]) == (409, "floor_in_use")
    owner.delete(f"tables/{menu.table.pk}/")
    assert owner.delete(path).status_code == 204
    assert said(owner.get("floors/"))["results"] == []
    assert Table.objects.filter(floor_id=menu.table.floor_id).exists()


def test_servers_see_the_floor_and_do_not_change_it(
    server: Member, rival_owner: Member, menu: Menu
) -> None:
    path = f"tables/{menu.table.pk}/"
    for member, status in ((server, 403), (rival_owner, 404)):
        assert member.patch(path, {"x": 1}, if_match='"1"').status_code == status
        assert member.delete(path).status_code == status
    assert said(server.get(path))["x"] == 500
    assert said(rival_owner.get("floors/"))["results"] == []


@pytest.mark.parametrize(
    "wrong",
    [{"x": 1001}, {"seats": 0}, {"shape": "star"}, {"number": ""}, {"number": 4},
     {"floor": None}, {"merged_into": None}, {"number": "1" * 13}],
)  # fmt: skip
def test_bad_input_writes_nothing(owner: Member, menu: Menu, wrong: dict[str, Any]) -> None:
    body = {"number": "1", "floor": str(menu.table.floor_id), **wrong}
    assert owner.post("tables/", body).status_code == 400
    assert owner.patch(f"tables/{menu.table.pk}/", wrong, if_match='"1"').status_code == 400
    assert len(said(owner.get("tables/"))["results"]) == 1
