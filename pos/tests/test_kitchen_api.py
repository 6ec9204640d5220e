import orjson
import pytest

from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Ticket
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def cola(menu: Menu) -> dict[str, object]:
    return {"product": str(menu.cola.pk), "variation": str(menu.small.pk)}


def sent(server: Member, menu: Menu) -> dict[str, object]:
    order = opened(server, menu.order(menu.line(note="no onion"), cola(menu)))
    response = server.post(f"orders/{order['id']}/send/")
    assert response.status_code == 200, response.content
    return said(response)


def test_sending_prints_one_ticket_for_each_station(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = sent(server, menu)
    assert (order["kitchen_status"], [row["state"] for row in order["lines"]]) == (  # type: ignore[attr-defined]
        "SENT",
        ["SENT", "SENT"],
    )
    tickets = said(kitchen.get("kitchen/tickets/"))["results"]
    assert {row["station_name"] for row in tickets} == {"Grill", "Bar"}
    grill = said(kitchen.get(f"kitchen/tickets/?station={menu.grill.pk}"))["results"][0]
    assert grill["items"][0]["name"] == "Burger"
    assert grill["items"][0]["modifiers"] == [{"name": "Chips", "quantity": 1}]
    assert grill["items"][0]["note"] == "no onion"


def test_only_the_difference_is_sent(server: Member, menu: Menu) -> None:
    order = sent(server, menu)
    path = f"orders/{order['id']}/"
    assert said(server.post(f"{path}send/"))["code"] == "nothing_to_send"
    server.post(f"{path}lines/", {"lines": [menu.line()]})
    server.post(f"{path}send/")
    revisions = Ticket.objects.order_by("revision").values_list("revision", "items")
    assert [(revision, len(items)) for revision, items in revisions] == [(1, 1), (1, 1), (2, 1)]


def test_what_needs_no_cooking_is_ready_at_once(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order({"product": str(menu.water.pk)}))
    assert said(server.post(f"orders/{order['id']}/send/"))["kitchen_status"] == "READY"
    assert not Ticket.objects.exists()


def test_a_ticket_goes_its_way_and_the_order_follows(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    server.post(f"orders/{order['id']}/send/")
    ticket = said(kitchen.get("kitchen/tickets/"))["results"][0]
    path = f"kitchen/tickets/{ticket['id']}/"
    expected = [
        ("ack", "ACKED", "SENT"),
        ("start", "STARTED", "PREPARING"),
        ("ready", "READY", "READY"),
        ("recall", "STARTED", "PREPARING"),
        ("ready", "READY", "READY"),
        ("collect", "COLLECTED", "READY"),
    ]
    for step, state, kitchen_status in expected:
        assert said(kitchen.post(f"{path}{step}/"))["state"] == state
        assert said(server.get(f"orders/{order['id']}/"))["kitchen_status"] == kitchen_status
    assert said(kitchen.get("kitchen/tickets/"))["results"] == []
    served = said(server.post(f"orders/{order['id']}/serve/"))
    assert served["kitchen_status"] == "SERVED"
    times = [served["lines"][0][f"{step}_at"] for step in ("sent", "started", "ready", "served")]
    assert times == sorted(times)


def test_an_impossible_step_is_refused_and_a_second_ack_is_harmless(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    sent(server, menu)
    path = f"kitchen/tickets/{Ticket.objects.order_by('pk')[0].pk}/"
    assert said(kitchen.post(f"{path}collect/"))["code"] == "transition_not_allowed"
    first = kitchen.post(f"{path}ack/")
    again = kitchen.post(f"{path}ack/")
    assert (again.status_code, again.content) == (200, first.content)


def test_held_courses_wait_until_fired(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(course=1), menu.line(course=2)))
    path = f"orders/{order['id']}/"
    held = said(server.post(f"{path}hold/", {"course": 2}))
    assert [row["state"] for row in held["lines"]] == ["NEW", "HELD"]
    first = said(server.post(f"{path}send/"))
    assert [row["state"] for row in first["lines"]] == ["SENT", "HELD"]
    fired = said(server.post(f"{path}fire/", {"course": 2}))
    assert [row["state"] for row in fired["lines"]] == ["SENT", "SENT"]
    assert said(server.post(f"{path}fire/", {"course": 2}))["code"] == "nothing_to_send"


def test_a_void_after_sending_needs_a_manager_and_tells_the_kitchen(
    server: Member, manager: Member, menu: Menu
) -> None:
    order = sent(server, menu)
    burger = order["lines"][0]["id"]  # type: ignore[index]
    body = {"line": burger, "reason": "dropped"}
    path = f"orders/{order['id']}/void-line/"
    refused = server.post(path, body)
    assert (refused.status_code, said(refused)["code"]) == (403, "approval_required")
    voided = said(manager.post(path, body))
    line = voided["lines"][0]
    assert (line["state"], line["void_reason"], line["total"]) == ("VOIDED", "dropped", 0)
    assert voided["subtotal"] == 300
    cancel = Ticket.objects.order_by("-revision")[0]
    assert cancel.items[0]["change"] == "cancel"


def cancelled_at(kitchen: Member) -> list[str]:
    """The stations that were told to stop."""
    tickets = said(kitchen.get("kitchen/tickets/"))["results"]
    return [row["station_name"] for row in tickets if row["items"][0]["change"] == "cancel"]


@pytest.mark.parametrize("call", ["void-line", "cancel"])
def test_the_station_that_was_told_to_cook_is_told_to_stop(
    manager: Member, kitchen: Member, menu: Menu, call: str
) -> None:
    order = opened(manager, menu.order())
    path = f"orders/{order['id']}/"
    manager.post(f"{path}send/")
    burger = f"products/{menu.burger.pk}/"
    manager.patch(burger, {"station": str(menu.bar.pk), "version": 1})
    line = {"line": order["lines"][0]["id"]} if call == "void-line" else {}
    manager.post(f"{path}{call}/", {"reason": "left", **line})
    assert cancelled_at(kitchen) == ["Grill"]


def test_nobody_is_told_to_stop_cooking_what_was_served(
    manager: Member, kitchen: Member, menu: Menu
) -> None:
    order = opened(manager, menu.order(menu.line(), menu.line()))
    path = f"orders/{order['id']}/"
    manager.post(f"{path}send/")
    manager.post(f"{path}serve/")
    bad = {"line": order["lines"][0]["id"], "reason": "cold"}
    assert said(manager.post(f"{path}void-line/", bad))["subtotal"] == 1250
    manager.post(f"{path}cancel/", {"reason": "left without paying"})
    assert cancelled_at(kitchen) == []


def test_an_unsent_line_is_voided_without_asking(server: Member, menu: Menu) -> None:
    order = opened(server, menu.order(menu.line(), menu.line()))
    body = {"line": order["lines"][0]["id"], "reason": "changed mind"}
    assert said(server.post(f"orders/{order['id']}/void-line/", body))["subtotal"] == 1250
    assert not Ticket.objects.exists()


def test_a_rival_cannot_move_a_ticket(server: Member, rival_owner: Member, menu: Menu) -> None:
    sent(server, menu)
    ticket = Ticket.objects.order_by("pk")[0]
    assert rival_owner.post(f"kitchen/tickets/{ticket.pk}/ack/").status_code == 404
    ticket.refresh_from_db()
    assert ticket.state == "NEW"


def test_a_ticket_follows_its_order_to_another_table(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    order = opened(server, menu.order())
    server.post(f"orders/{order['id']}/send/")
    path = f"kitchen/tickets/{Ticket.objects.get().pk}/"
    known = kitchen.get(path)["ETag"]
    moved = {"table": str(menu.table.pk), "note": "allergic to nuts", "version": 2}
    assert server.patch(f"orders/{order['id']}/", moved).status_code == 200
    ticket = said(kitchen.get(path, if_none_match=known))
    assert (ticket["table_number"], ticket["order_note"], ticket["version"]) == (
        "12",
        "allergic to nuts",
        2,
    )
    event = history(restaurant_id=server.restaurant.pk, entity_id=ticket["id"])[-1]
    assert '"kind":"ticket.updated"' in event.envelope
    assert orjson.loads(event.payload) == ticket
