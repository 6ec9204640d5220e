"""What owners and managers see of the money, and who of them does not."""

from typing import Any

import pytest

from fynlo.testing.cast import Member
from payments.models import DrawerSession, LedgerTransaction, Payment
from payments.tests.asking import send
from payments.tests.conftest import paid
from pos.tests.admin_scene import office
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)
HOME = "/admin/payments/"


def page_of(member: Member, path: str) -> str:
    answer = office(member).get(f"{HOME}{path}")
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.fixture
def payment(cashier: Member, order: dict[str, Any]) -> dict[str, Any]:
    """12.50 and a tip of 1.00, in cash."""
    return paid(cashier, order, tendered=2000, tip=100)


def test_a_payment_shows_its_money_and_its_attempts(
    manager: Member, payment: dict[str, Any]
) -> None:
    number = Payment.objects.get().order.number
    listed = page_of(manager, f"payment/?q={number}&status__exact=CAPTURED")
    assert payment["id"] in listed
    assert payment["id"] not in page_of(manager, f"payment/?q={number + 1}")
    shown = page_of(manager, f"payment/{payment['id']}/change/")
    for text in ("£13.50", "£12.50", "£20.00", "£6.50", "Captured", "Attempts", "Paid"):
        assert text in shown, text


def test_a_drawer_is_counted_blind_and_then_says_what_was_short(
    manager: Member, payment: dict[str, Any]
) -> None:
    drawer = DrawerSession.objects.get()
    path = f"drawersession/{drawer.pk}/change/"
    assert "Too little" not in page_of(manager, path)
    said(manager.post(f"payments/drawers/{drawer.pk}/count/", {"counted": 1300}))
    send(manager, f"drawers/{drawer.pk}/close/", {"note": "A coin rolled away"})
    shown = page_of(manager, path)
    for text in ("£13.50", "£13.00", "-£0.50", "Too little", "Paid by a guest"):
        assert text in shown, text
    assert "Too little" in page_of(manager, "drawersession/")


def test_the_ledger_shows_both_sides_and_that_they_balance(
    manager: Member, payment: dict[str, Any]
) -> None:
    posted = LedgerTransaction.objects.get(kind="payment_captured")
    assert "£0.00" in page_of(manager, "ledgertransaction/")
    shown = page_of(manager, f"ledgertransaction/{posted.pk}/change/")
    for text in ("Cash drawer", "Guests", "Tips", "£1.00", "£0.00"):
        assert text in shown, text


def test_a_closed_day_shows_its_z_report(manager: Member, payment: dict[str, Any]) -> None:
    response = manager.post("payments/day/close/", {"override": True})
    assert response.status_code == 202, response.content
    shown = page_of(manager, f"dayclose/{said(response)['id']}/change/")
    for text in ("Total: £13.50", "Tip: £1.00", "Cash, 1: £13.50", "Closed"):
        assert text in shown, text


def test_who_may_not_see_the_journal_of_drawers_does_not(
    manager: Member, payment: dict[str, Any]
) -> None:
    manager.membership.withheld = ["approve", "view_payments", "view_reports"]
    manager.membership.save()
    client = office(manager)
    for page in ("payment", "drawersession", "dayclose", "ledgertransaction"):
        assert client.get(f"{HOME}{page}/").status_code == 403, page
