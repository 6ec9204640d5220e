"""What the kitchen's page shows, and to whom."""

import pytest
from django.utils.html import strip_tags

from fynlo.testing.cast import Member
from pos.models import Product, Ticket
from pos.tests.admin_scene import office
from pos.tests.conftest import Menu, opened, said

pytestmark = pytest.mark.django_db


def page_of(member: Member, path: str) -> str:
    return member.look(path).content.decode()


def send(server: Member, menu: Menu) -> Ticket:
    order = opened(server, menu.order(menu.line(note="no <b>onion</b>"), table=str(menu.table.pk)))
    server.post(f"orders/{order['id']}/send/")
    return Ticket.objects.get(order_id=order["id"])


def test_a_ticket_says_what_to_cook_and_for_whom(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    send(server, menu)
    page = page_of(kitchen, "/kitchen/board/")
    for words in ("Burger", "Chips", "Grill", "12", "Acknowledge", "no &lt;b&gt;onion"):
        assert words in page


def test_a_station_says_what_it_has_in_hand_and_what_to_promise(
    server: Member, kitchen: Member, menu: Menu
) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(prep_minutes=12)
    send(server, menu)
    page = page_of(kitchen, "/kitchen/board/")
    said = page.split('class="load"')[1].split("</ul>")[0]
    assert "1 ticket, 12 min of work · promise 12 min" in said
    assert "<strong>Bar</strong> nothing in hand" in said
    alone = page_of(kitchen, f"/kitchen/board/?station={menu.bar.pk}")
    assert "12 min of work" not in alone


def test_a_server_sees_tickets_and_can_only_collect(server: Member, menu: Menu) -> None:
    ticket = send(server, menu)
    assert "data-step" not in page_of(server, "/kitchen/board/")
    Ticket.objects.filter(pk=ticket.pk).update(state="READY", ready_at=ticket.created_at)
    page = page_of(server, "/kitchen/board/")
    assert 'data-step="collect"' in page
    assert 'data-step="recall"' not in page


def test_a_ticket_that_nobody_has_seen_says_so(server: Member, kitchen: Member, menu: Menu) -> None:
    ticket = send(server, menu)
    Ticket.objects.filter(pk=ticket.pk).update(alarmed_at=ticket.created_at)
    assert "Nobody has seen this" in page_of(kitchen, "/kitchen/board/")
    assert "1 unseen" in server.look("/floor/board/").content.decode()


def test_a_change_says_what_is_different_and_what_it_was(
    server: Member, manager: Member, kitchen: Member, menu: Menu
) -> None:
    ticket = send(server, menu)
    path = f"orders/{ticket.order_id}/"
    line = said(server.get(path))["lines"][0]
    changes = {
        "note": "rare",
        "seat": 3,
        "modifiers": [{"modifier": str(menu.salad.pk)}],
        "version": line["version"],
    }
    assert server.patch(f"{path}lines/{line['id']}/", changes).status_code == 200
    page = page_of(kitchen, "/kitchen/board/")
    told = " ".join(strip_tags(page.split('<li class="change">')[1].split("</li>")[0]).split())
    assert told == (
        "Change 1 Burger Salad (was: Chips) rare (was: no &lt;b&gt;onion&lt;/b&gt;)"
        " seat 3 (was: no seat)"
    )
    listed = office(manager).get("/admin/pos/ticket/").content.decode()
    assert "change 1 × Burger: Salad (was: Chips); rare (was: no &lt;b&gt;onion" in listed


def test_another_restaurant_sees_nothing_of_it(
    server: Member, rival_owner: Member, menu: Menu
) -> None:
    ticket = send(server, menu)
    for path in ("/kitchen/", f"/kitchen/board/?station={menu.grill.pk}"):
        page = page_of(rival_owner, path)
        assert str(ticket.pk) not in page
        assert "Burger" not in page


def test_a_station_that_is_none_shows_all(server: Member, kitchen: Member, menu: Menu) -> None:
    ticket = send(server, menu)
    assert str(ticket.pk) in page_of(kitchen, "/kitchen/board/?station=nonsense")
    assert str(ticket.pk) not in page_of(kitchen, f"/kitchen/board/?station={menu.bar.pk}")
