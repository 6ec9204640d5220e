from datetime import datetime, timedelta

import orjson
import pytest

from fynlo.clock import utc_now
from fynlo.events.reading import history
from fynlo.testing.cast import Member
from pos.models import Station, Ticket
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
