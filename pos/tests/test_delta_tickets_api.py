"""What the kitchen is told of lines that change after it has them."""

from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.accounts.services.pins import set_pin
from fynlo.testing.cast import Member
from pos.models import Product
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def refused(response: HttpResponse) -> tuple[int, str]:
    return response.status_code, said(response)["code"]


def sent(server: Member, menu: Menu, *lines: dict[str, object]) -> dict[str, Any]:
    order = opened(server, menu.order(*lines))
    return said(server.post(f"orders/{order['id']}/send/"))


def change(member: Member, order: dict[str, Any], **changes: Any) -> HttpResponse:
    path = f"orders/{order['id']}/"
    line = said(member.get(path))["lines"][0]
    return member.patch(f"{path}lines/{line['id']}/", {"version": line["version"], **changes})


def tickets(kitchen: Member) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = said(kitchen.get("kitchen/tickets/"))["results"]
    return found


def states(member: Member, order: dict[str, Any]) -> list[str]:
    return [line["state"] for line in said(member.get(f"orders/{order['id']}/"))["lines"]]


def step(kitchen: Member, ticket: dict[str, Any], name: str) -> None:
    assert kitchen.post(f"kitchen/tickets/{ticket['id']}/{name}/").status_code == 200


@pytest.mark.parametrize(
    ("changes", "was"),
    [
        ({"note": "no salt"}, {"note": ""}),
        ({"seat": 3, "course": 1}, {"seat": 0, "course": 2}),
    ],
)
def test_the_station_reads_what_became_different_and_what_it_was(
    server: Member, kitchen: Member, menu: Menu, changes: dict[str, object], was: dict[str, object]
) -> None:
    order = sent(server, menu)
    assert change(server, order, **changes).status_code == 200
    first, second = tickets(kitchen)
    (item,) = second["items"]
    assert (second["station_name"], second["revision"]) == ("Grill", first["revision"] + 1)
    assert (item["change"], item["was"], item["quantity"]) == ("change", was, "1")
    assert {name: item[name] for name in changes} == changes
    assert change(server, order, **changes).status_code == 200
    assert len(tickets(kitchen)) == 2


def test_what_is_to_be_cooked_otherwise_is_ready_with_its_newest_ticket(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu)
    (first,) = tickets(kitchen)
    step(kitchen, first, "ready")
    salad = [{"modifier": str(menu.salad.pk)}]
    changed = said(change(server, order, modifiers=salad))
    assert (changed["subtotal"], changed["kitchen_status"]) == (1400, "SENT")
    second = tickets(kitchen)[-1]
    assert second["items"][0]["was"] == {"modifiers": [{"name": "Chips", "quantity": 1}]}
    step(kitchen, first, "recall")
    assert states(server, order) == ["SENT"]
    step(kitchen, second, "ready")
    assert states(server, order) == ["READY"]


def test_another_seat_does_not_begin_the_cooking_again(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu)
    change(server, order, seat=2)
    first, second = tickets(kitchen)
    step(kitchen, second, "ready")
    assert states(server, order) == ["SENT"]
    step(kitchen, first, "ready")
    assert states(server, order) == ["READY"]


def test_more_pieces_are_told_as_what_there_is_more_to_cook(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu)
    step(kitchen, tickets(kitchen)[0], "ready")
    changed = said(change(server, order, quantity="3", note="rare"))
    assert (changed["subtotal"], changed["kitchen_status"]) == (3750, "SENT")
    second = tickets(kitchen)[-1]
    told = [(item["change"], item["quantity"], item["note"]) for item in second["items"]]
    assert told == [("change", "1", "rare"), ("add", "2", "rare")]
    step(kitchen, second, "ready")
    assert states(server, order) == ["READY"]


def test_fewer_pieces_are_voided_and_the_station_stops_so_many(
    server: Member, manager: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu, menu.line(quantity="3"))
    assert refused(change(server, order, quantity="2")) == (409, "line_already_sent")
    line = order["lines"][0]["id"]
    path = f"orders/{order['id']}/void-line/"
    one = {"line": line, "quantity": "1", "reason": "dropped"}
    assert refused(server.post(path, one)) == (403, "approval_required")
    assert refused(manager.post(path, {**one, "quantity": "3.001"})) == (422, "not_so_many")
    voided = said(manager.post(path, one))
    kept, gone = voided["lines"]
    assert (kept["id"], kept["quantity"], kept["total"]) == (line, "2", 2500)
    assert (gone["part_of"], gone["quantity"], gone["state"], gone["total"]) == (
        line, "1", "VOIDED", 0
    )  # fmt: skip
    assert (voided["subtotal"], gone["void_reason"]) == (2500, "dropped")
    (item,) = tickets(kitchen)[-1]["items"]
    assert (item["change"], item["quantity"], item["part_of"]) == ("cancel", "1", line)
    told = said(server.get(f"orders/{order['id']}/history/"))["results"][-1]["sentence"]
    assert told == "Manager voided 1 × Burger: dropped."
    rest = said(manager.post(path, {"line": line, "quantity": "2", "reason": "dropped"}))
    assert [row["state"] for row in rest["lines"]] == ["VOIDED", "VOIDED"]


def test_what_makes_a_sent_line_cheaper_needs_a_manager(
    server: Member, manager: Member, menu: Menu
) -> None:
    salad, chips = ([{"modifier": str(one.pk)}] for one in (menu.salad, menu.chips))
    order = sent(server, menu, menu.line(modifiers=salad))
    assert refused(change(server, order, modifiers=chips)) == (403, "approval_required")
    assert refused(change(server, order, modifiers=[])) == (422, "modifiers_invalid")
    set_pin(membership=manager.membership, pin="7391")
    code = manager.membership.employee_code
    pin = {"employee_code": code, "pin": "7391"}
    assert said(change(server, order, modifiers=chips, approver=pin))["subtotal"] == 1250
    fresh = opened(server, menu.order(menu.line(modifiers=salad)))
    assert said(change(server, fresh, modifiers=chips))["subtotal"] == 1250


def test_of_a_served_line_only_seat_and_course_change(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu)
    server.post(f"orders/{order['id']}/serve/")
    refusable: list[dict[str, Any]] = [{"note": "x"}, {"quantity": "2"}, {"modifiers": []}]
    for changes in refusable:
        assert refused(change(server, order, **changes)) == (409, "line_already_sent")
    assert said(change(server, order, seat=4))["lines"][0]["seat"] == 4
    assert len(tickets(kitchen)) == 1


def test_what_needs_no_cooking_makes_no_ticket(server: Member, kitchen: Member, menu: Menu) -> None:
    order = sent(server, menu, {"product": str(menu.water.pk)})
    changed = said(change(server, order, quantity="2", note="with ice"))
    assert (changed["subtotal"], changed["kitchen_status"]) == (400, "READY")
    assert tickets(kitchen) == []


def test_a_line_that_went_to_another_order_is_stopped_where_it_cooks(
    server: Member, manager: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu, menu.line(), menu.line(quantity="2"))
    path = f"orders/{order['id']}/split/"
    whole, part = order["lines"][0]["id"], {"line": order["lines"][1]["id"], "quantity": "1"}
    _, child = said(server.post(path, {"lines": [[whole, part]]}))["results"]
    for line in child["lines"]:
        body = {"line": line["id"], "reason": "left"}
        assert manager.post(f"orders/{child['id']}/void-line/", body).status_code == 200
    stopped = [ticket for ticket in tickets(kitchen) if ticket["items"][0]["change"] == "cancel"]
    assert {ticket["order"] for ticket in stopped} == {child["id"]}
    assert [ticket["items"][0]["quantity"] for ticket in stopped] == ["1", "1"]


def test_the_part_of_a_part_follows_its_own_ticket(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = opened(server, menu.order(menu.line(quantity="4")))
    line = order["lines"][0]["id"]
    _, child = said(server.post(f"orders/{order['id']}/split/", {"lines": [[{"line": line, "quantity": "2"}]]}))["results"]  # fmt: skip  # noqa: E501
    server.post(f"orders/{child['id']}/send/")
    (ticket,) = tickets(kitchen)
    inner = child["lines"][0]["id"]
    _, grandchild = said(server.post(f"orders/{child['id']}/split/", {"lines": [[{"line": inner, "quantity": "1"}]]}))["results"]  # fmt: skip  # noqa: E501
    step(kitchen, ticket, "ready")
    assert [states(server, one) for one in (order, child, grandchild)] == [
        ["NEW"], ["READY"], ["READY"]
    ]  # fmt: skip


def stocked(product: Product, count: int) -> None:
    Product.objects.filter(pk=product.pk).update(availability="limited", stock=count)


def left(product: Product) -> int | None:
    product.refresh_from_db()
    return product.stock


@pytest.mark.parametrize("call", ["void-line", "cancel"])
@pytest.mark.parametrize("then", ["wait", "serve"])
def test_limited_pieces_return_unless_they_were_cooked_or_served(
    server: Member, manager: Member, menu: Menu, then: str, call: str
) -> None:
    stocked(menu.water, 9)
    stocked(menu.burger, 9)
    order = sent(server, menu, menu.line(), {"product": str(menu.water.pk), "quantity": "2"})
    path = f"orders/{order['id']}/"
    if then == "serve":
        server.post(f"{path}serve/")
    for line in order["lines"] if call == "void-line" else [None]:
        named = {"line": line["id"]} if line else {}
        assert manager.post(f"{path}{call}/", {"reason": "left", **named}).status_code == 200
    assert (left(menu.burger), left(menu.water)) == (8, 9 if then == "wait" else 7)


def test_pieces_that_are_voided_return_once(server: Member, manager: Member, menu: Menu) -> None:
    stocked(menu.water, 9)
    order = sent(server, menu, {"product": str(menu.water.pk), "quantity": "2.5"})
    path = f"orders/{order['id']}/void-line/"
    line = {"line": order["lines"][0]["id"], "reason": "too many"}
    seen = [left(menu.water)]
    for quantity in ("1", "0.5", "1"):
        manager.post(path, {**line, "quantity": quantity})
        seen.append(left(menu.water))
    assert seen == [6, 7, 8, 9]


def test_a_line_that_is_sent_again_after_its_modifiers_changed_stays_changed(
    server: Member, menu: Menu
) -> None:
    own = "01936f00-0000-7000-8000-00000000beef"
    order = opened(server, menu.order(menu.line(id=own)))
    changed = said(change(server, order, modifiers=[{"modifier": str(menu.salad.pk)}]))
    again = server.post(f"orders/{order['id']}/lines/", {"lines": [menu.line(id=own)]})
    assert (again.status_code, said(again)) == (200, changed)


def test_a_rival_changes_and_voids_nothing(
    server: Member, rival_owner: Member, menu: Menu, rival_menu: Menu
) -> None:
    order = sent(server, menu)
    path, line = f"orders/{order['id']}/", order["lines"][0]["id"]
    void = {"line": line, "quantity": "0.5", "reason": "x"}
    assert rival_owner.post(f"{path}void-line/", void).status_code == 404
    note = {"note": "x", "version": 2}
    assert rival_owner.patch(f"{path}lines/{line}/", note).status_code == 404
    foreign = change(server, order, modifiers=[{"modifier": str(rival_menu.chips.pk)}])
    assert refused(foreign) == (422, "modifiers_invalid")
    assert said(server.get(path)) == order
