"""Counting and closing a drawer in the admin: also one that somebody left open."""

from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client

from fynlo.accounts.services.pins import set_pin
from fynlo.testing.cast import Member
from payments.models import DrawerEvent, DrawerSession
from payments.tests.conftest import paid
from pos.tests.admin_scene import office
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def drawer(cashier: Member, order: dict[str, Any]) -> DrawerSession:
    """12.50 and a tip of 1.00 lie in it."""
    paid(cashier, order, tendered=2000, tip=100)
    return DrawerSession.objects.get(restaurant=cashier.restaurant)


def page(drawer: DrawerSession) -> str:
    return f"/admin/payments/drawersession/{drawer.pk}/close/"


def close(client: Client, drawer: DrawerSession, **typed: str) -> HttpResponse:
    return client.post(page(drawer), typed, follow=True)  # type: ignore[return-value]


def test_a_manager_counts_and_closes_a_drawer_without_being_told_what_to_find(
    manager: Member, drawer: DrawerSession
) -> None:
    client = office(manager)
    assert page(drawer) in client.get(page(drawer).replace("close", "change")).content.decode()
    assert "13.50" not in client.get(page(drawer)).content.decode()
    shown = close(client, drawer, counted="13.00", note="A coin rolled away").content.decode()
    assert "is closed, off by -£0.50." in shown
    drawer.refresh_from_db()
    assert (drawer.status, drawer.counted, drawer.difference) == ("CLOSED", 1300, -50)
    assert (drawer.closed_by_id, drawer.note) == (manager.membership.pk, "A coin rolled away")
    assert said(manager.get(f"payments/drawers/{drawer.pk}/z-report/"))["outcome"] == "shortage"
    blockers = said(manager.get("payments/day/preflight/"))["blockers"]
    assert "open_drawers" not in [blocker["code"] for blocker in blockers]
    again = close(client, drawer, counted="13.50").content.decode()
    assert "is closed, off by" not in again
    drawer.refresh_from_db()
    assert drawer.counted == 1300


def test_what_is_off_by_too_much_is_counted_and_waits_for_somebody_who_may(
    manager: Member, owner: Member, drawer: DrawerSession
) -> None:
    set_pin(membership=owner.membership, pin="7391")
    client, code = office(manager), owner.membership.employee_code
    assert close(client, drawer, counted="much").status_code == 200
    assert close(client, drawer, counted="1.00", employee_code=code).status_code == 200
    close(client, drawer, counted="1.00", employee_code=code, pin="7392")
    assert not DrawerEvent.objects.filter(kind="COUNTED").exists()
    close(client, drawer, counted="1.00", employee_code=code, pin="7391")
    drawer.refresh_from_db()
    assert (drawer.status, drawer.approved_by_id) == ("CLOSED", owner.membership.pk)


def test_nobody_else_gets_there(
    manager: Member, cashier: Member, rival_owner: Member, drawer: DrawerSession
) -> None:
    rival = office(rival_owner)
    assert rival.get(page(drawer)).status_code == 404
    assert close(rival, drawer, counted="13.50").status_code == 404
    assert office(cashier).get(page(drawer)).status_code == 302
    manager.membership.withheld = ["take_payment"]
    manager.membership.save()
    assert office(manager).get(page(drawer)).status_code == 403
    assert close(office(manager), drawer, counted="13.50").status_code == 403
    drawer.refresh_from_db()
    assert drawer.status == "OPEN"
