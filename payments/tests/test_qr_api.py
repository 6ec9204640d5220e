"""Paying by a QR code, from the till to the ledger, against the stand-in bank."""

import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.http import HttpResponse

from fynlo.db import new_id
from fynlo.events.reading import after
from fynlo.testing.cast import Member
from payments.models import PaymentAttempt, ProviderCall
from payments.sandbox.bank.remote import RunningBank
from payments.services.links import address_of, token_hash, token_of
from payments.tests.asking import Guest, asked, last, look, row, send, states
from payments.tests.conftest import balances, now_of, pay
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)
CLIENT_MADE = "01936f00-0000-7000-8000-00000000bbbb"


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


def ask(member: Member, body: dict[str, Any], *, key: str = "") -> HttpResponse:
    return member.post("payments/open-banking/qr/", body, idempotency_key=key or str(new_id()))


def kinds(member: Member) -> list[str]:
    return [event.envelope.split('"kind":"')[1].split('"')[0] for event in events(member)]


def events(member: Member) -> list[Any]:
    return after(restaurant_id=member.restaurant.pk, seq=0, limit=1000)


def test_a_qr_code_is_an_attempt_that_the_bank_knows(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    response = ask(cashier, {"order": order["id"], "tip": 125})
    payment = said(response)
    assert response.status_code == 201
    assert response["Location"] == f"/api/v1/payments/{payment['id']}/"
    assert (payment["bill"], payment["tip"], payment["total"]) == (1250, 125, 1375)
    assert (payment["status"], payment["method"]) == ("PENDING", "open_banking")
    assert (payment["platform_fee"], payment["provider_fee_estimate"]) == (14, 3)
    attempt = last(payment)
    assert (attempt["status"], attempt["amount"]) == ("AWAITING_CUSTOMER", 1375)
    assert (attempt["ending"], attempt["provider"]) == ("FALLBACK", "truelayer")
    begun, ends = (datetime.fromisoformat(attempt[at]) for at in ("created_at", "expires_at"))
    assert ends - begun == timedelta(minutes=15)
    (known,) = guest.bank.payments(attempt=attempt["id"])
    assert known["id"] == attempt["provider_id"]
    assert known["amount"] == 1375


def test_the_code_leads_to_an_address_that_only_its_hash_is_kept_of(
    cashier: Member, order: dict[str, Any], guest: Guest, rival_owner: Member
) -> None:
    attempt = row(asked(cashier, order))
    token = token_of(attempt.pk)
    assert re.fullmatch(r"[\w-]{22}", token)
    assert attempt.token_hash == token_hash(token)
    assert address_of(attempt.pk).endswith(f"/q/{token}/")
    drawn = cashier.get(f"payments/attempts/{attempt.pk}/qr.svg")
    assert (drawn.status_code, drawn["Content-Type"]) == (200, "image/svg+xml")
    assert drawn.content == cashier.get(f"payments/attempts/{attempt.pk}/qr.svg").content
    assert cashier.get(f"payments/attempts/{attempt.pk}/qr.png").content[:4] == b"\x89PNG"
    assert "no-store" in drawn["Cache-Control"]
    assert rival_owner.get(f"payments/attempts/{attempt.pk}/qr.svg").status_code == 404
    assert not any(token in event.envelope for event in events(cashier))


def test_approving_at_the_bank_pays_the_order_and_posts_the_ledger(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order, tip=125)
    guest.approves(payment)
    assert set(guest.bank_tells(payment)) == {200}
    assert set(states()) == {"DONE"}
    payment = look(cashier, payment)
    assert (payment["status"], payment["captured"]) == ("CAPTURED", 1375)
    assert last(payment)["status"] == "SETTLED"
    paid = now_of(cashier, order)
    assert (paid["payment_status"], paid["tip"], paid["due"]) == ("PAID", 125, 0)
    assert balances(cashier.restaurant) == {
        "psp_clearing:truelayer": 1375,
        "tips_payable": -125,
        "provider_fee_payable:truelayer": -3,
        "platform_revenue": -14,
        "restaurant_payable": -1233,
    }
    assert kinds(cashier)[-2:] == ["order.paid", "payment.captured"]


def test_the_same_key_again_asks_the_bank_once(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    first = ask(cashier, {"order": order["id"]}, key="till-1")
    again = ask(cashier, {"order": order["id"]}, key="till-1")
    assert (again.status_code, again.content) == (201, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert ProviderCall.objects.count() == 1


def test_the_same_id_under_another_key_is_the_same_payment(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    body = {"id": CLIENT_MADE, "order": order["id"]}
    assert ask(cashier, body).status_code == 201
    again = ask(cashier, body)
    assert (again.status_code, said(again)["id"]) == (200, CLIENT_MADE)
    assert PaymentAttempt.objects.count() == 1
    assert ask(cashier, {**body, "tip": 1}).status_code == 409


def test_nobody_else_is_asked_for_what_a_guest_is_paying(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    asked(cashier, order, amount=1000)
    refused = ask(cashier, {"order": order["id"], "amount": 251})
    assert (refused.status_code, said(refused)["code"]) == (422, "amount_above_due")
    assert said(refused)["due"] == 250
    assert said(pay(cashier, order, tendered=1250))["total"] == 250
    refused = pay(cashier, order, tendered=1000)
    assert (refused.status_code, said(refused)["code"]) == (409, "payment_under_way")


def test_two_guests_who_are_asked_for_the_same_amount_leave_that_much_less(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    for _ in range(2):
        asked(cashier, order, amount=500)
    refused = ask(cashier, {"order": order["id"], "amount": 251})
    assert (refused.status_code, said(refused)["due"]) == (422, 250)


def test_the_tip_and_who_bears_the_fees_change_only_while_nobody_is_asked(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = send(cashier, "", {"order": order["id"], "method": "open_banking"})

    def change(version: int, **body: Any) -> HttpResponse:
        return cashier.patch(f"payments/{payment['id']}/", {"version": version, **body})

    changed = said(change(1, tip=250))
    assert (changed["tip"], changed["total"], changed["version"]) == (250, 1500, 2)
    assert change(1, tip=1).status_code == 412
    assert change(2, fee_payer="customer").status_code == 200
    running = send(cashier, "open-banking/qr/", {"payment": payment["id"]})
    refused = change(running["version"], tip=1)
    assert (refused.status_code, said(refused)["code"]) == (409, "attempt_open")
    assert row(running).amount == 1500


def test_a_quote_that_is_stale_asks_nobody(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    refused = ask(cashier, {"order": order["id"], "total": 1249})
    assert (refused.status_code, said(refused)["code"]) == (409, "quote_stale")
    assert said(refused)["total"] == 1250
    assert not PaymentAttempt.objects.exists()


def test_the_status_is_not_sent_again_while_nothing_has_changed(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    path = f"payments/{payment['id']}/status/"
    first = cashier.get(path)
    assert said(first)["attempts"][0]["status"] == "AWAITING_CUSTOMER"
    assert cashier.get(path, if_none_match=first["ETag"]).status_code == 304
    guest.opens(payment)
    guest.approves(payment)
    guest.bank_tells(payment)
    again = cashier.get(path, if_none_match=first["ETag"])
    assert (again.status_code, said(again)["status"]) == (200, "CAPTURED")
