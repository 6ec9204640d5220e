from datetime import datetime, timedelta

import orjson
import pytest

from fynlo.clock import utc_now
from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Product, Station, Ticket
from pos.selectors.kitchen import kitchen_load
from pos.tasks import raise_kitchen_alarms
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db
ALARM = "kitchen.ticket_unacknowledged"


def sent(server: Member, menu: Menu, **order: object) -> Ticket:
    body = menu.order(**order)
    server.post(f"orders/{opened(server, body)['id']}/send/")
    return Ticket.objects.order_by("-created_at")[0]


def printed(ticket: Ticket, at: datetime) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(created_at=at)


def kinds(ticket: Ticket) -> list[str]:
    rows = history(restaurant_id=ticket.restaurant_id, entity_id=ticket.pk)
    return [orjson.loads(row.envelope)["kind"] for row in rows]


def test_a_ticket_that_nobody_acknowledged_is_told_of_once(server: Member, menu: Menu) -> None:
    ticket = sent(server, menu, table=str(menu.table.pk))
    raise_kitchen_alarms.delay()
    assert kinds(ticket) == ["ticket.created"]
    printed(ticket, utc_now() - timedelta(seconds=121))
    for _ in range(2):
        raise_kitchen_alarms.delay()
    assert kinds(ticket) == ["ticket.created", ALARM]
    (floor,) = said(server.get("floors/"))["results"]
    assert floor["tables"][0]["unacknowledged"] == 1


def test_the_limit_is_the_stations_own(server: Member, menu: Menu) -> None:
    Station.objects.filter(pk=menu.grill.pk).update(acknowledge_within_seconds=600)
    ticket = sent(server, menu)
    printed(ticket, utc_now() - timedelta(seconds=500))
    raise_kitchen_alarms.delay()
    assert kinds(ticket) == ["ticket.created"]


def test_an_acknowledged_ticket_is_not_late_and_a_late_one_leaves_the_floor_when_acknowledged(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    ticket = sent(server, menu, table=str(menu.table.pk))
    printed(ticket, utc_now() - timedelta(hours=1))
    raise_kitchen_alarms.delay()
    kitchen.post(f"kitchen/tickets/{ticket.pk}/ack/")
    (floor,) = said(server.get("floors/"))["results"]
    assert floor["tables"][0]["unacknowledged"] == 0
    other = sent(server, menu)
    kitchen.post(f"kitchen/tickets/{other.pk}/ack/")
    printed(other, utc_now() - timedelta(hours=1))
    raise_kitchen_alarms.delay()
    assert ALARM not in kinds(other)


def test_the_load_counts_the_work_in_hand(server: Member, kitchen: Member, menu: Menu) -> None:
    menu.burger.prep_minutes = 12
    menu.burger.save()
    server.post(f"orders/{opened(server, menu.order(menu.line(quantity='3')))['id']}/send/")
    load = said(server.get("kitchen/load/"))
    by_name = {row["name"]: row for row in load["stations"]}
    assert (by_name["Grill"]["open_tickets"], by_name["Grill"]["work_minutes"]) == (1, 36)
    assert (by_name["Grill"]["p80_seconds"], by_name["Grill"]["promised_seconds"]) == (None, 2160)
    assert by_name["Bar"]["work_minutes"] == 0
    kitchen.post(f"kitchen/tickets/{Ticket.objects.get().pk}/ready/")
    again = said(server.get("kitchen/load/"))["stations"]
    assert {row["work_minutes"] for row in again} == {0}


def work_minutes(member: Member) -> int:
    stations = said(member.get("kitchen/load/"))["stations"]
    return sum(row["work_minutes"] for row in stations)


def test_what_was_voided_is_no_work(
    server: Member, manager: Member, kitchen: Member, menu: Menu
) -> None:
    """Pieces, parts that went to another order, pieces added later, and the whole of it."""
    Product.objects.filter(pk=menu.burger.pk).update(prep_minutes=10)
    order = opened(server, menu.order(menu.line(quantity="4"), channel="takeaway"))
    path, line = f"orders/{order['id']}/", order["lines"][0]["id"]
    server.post(f"{path}send/")

    def void(at: str, line: str, quantity: str) -> int:
        body = {"line": line, "quantity": quantity, "reason": "cold"}
        assert manager.post(f"{at}void-line/", body).status_code == 200
        return work_minutes(server)

    assert (work_minutes(server), void(path, line, "1"), void(path, line, "0.5")) == (40, 30, 25)
    group = {"lines": [[{"line": line, "quantity": "1"}]]}
    _, other = said(server.post(f"{path}split/", group))["results"]
    assert work_minutes(server) == 25
    assert void(f"orders/{other['id']}/", other["lines"][0]["id"], "1") == 15
    version = said(server.get(path))["lines"][0]["version"]
    server.patch(f"{path}lines/{line}/", {"quantity": "3.5", "version": version})
    assert (work_minutes(server), void(path, line, "2.5")) == (35, 10)
    assert void(path, line, "1") == 0


def test_what_was_ready_before_a_void_takes_nothing_off_the_rest(
    server: Member, manager: Member, kitchen: Member, menu: Menu
) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(prep_minutes=10)
    order = opened(server, menu.order(menu.line(quantity="3"), channel="takeaway"))
    path, line = f"orders/{order['id']}/", order["lines"][0]["id"]
    server.post(f"{path}send/")
    kitchen.post(f"kitchen/tickets/{Ticket.objects.get().pk}/ready/")
    manager.post(f"{path}void-line/", {"line": line, "quantity": "1", "reason": "cold"})
    version = said(server.get(path))["lines"][0]["version"]
    server.patch(f"{path}lines/{line}/", {"quantity": "4", "version": version})
    assert work_minutes(server) == 20
    manager.post(f"{path}void-line/", {"line": line, "quantity": "1", "reason": "cold"})
    assert work_minutes(server) == 10


def test_the_promise_comes_from_what_tickets_took(server: Member, menu: Menu) -> None:
    now = utc_now()
    for minutes in range(1, 12):
        ticket = sent(server, menu)
        done = now - timedelta(days=1)
        Ticket.objects.filter(pk=ticket.pk).update(
            state="COLLECTED", created_at=done - timedelta(minutes=minutes), ready_at=done
        )
    load = orjson.loads(kitchen_load(server.restaurant.pk, now=now))
    grill = next(row for row in load["stations"] if row["name"] == "Grill")
    assert (grill["measured_tickets"], grill["p50_seconds"], grill["p80_seconds"]) == (11, 360, 540)
    assert datetime.fromisoformat(load["promised_at"]) == now + timedelta(seconds=540)


def test_a_rival_station_is_nobodys_load(server: Member, rival_owner: Member, menu: Menu) -> None:
    sent(server, menu)
    assert said(rival_owner.get("kitchen/load/"))["stations"] == []
