"""The page behind the QR code, as the guest's phone and the till meet it."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from fynlo.api import rates
from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from payments.choices import Stage
from payments.models import PaymentAttempt
from payments.sandbox.bank.remote import RunningBank
from payments.sandbox.stripe.remote import RunningStripe
from payments.services.links import token_of
from payments.tests.asking import Guest, asked, last, look, row, send
from payments.tests.conftest import now_of, pay
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guest(bank_account: RunningBank, cards: RunningStripe) -> Guest:
    return Guest(bank_account)


class Phone:
    """A browser without a session, at the address in the QR code."""

    def __init__(self, payment: dict[str, Any]) -> None:
        self.path = f"/q/{token_of(row(payment).pk)}/"
        self.client = Client()

    def get(self) -> Any:
        return self.client.get(self.path)

    def post(self, action: str, **form: Any) -> Any:
        return self.client.post(f"{self.path}{action}/", form)

    def stage(self) -> str:
        return str(self.client.get(f"{self.path}status/").json()["stage"])

    def text(self) -> str:
        return str(self.get().content.decode())


def test_the_page_says_what_is_paid_to_whom_and_leads_to_the_bank(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    text = Phone(payment).text()
    for part in ("£12.50", "The Copper Kettle", f"Order {order['number']}", "10%", "£1.25"):
        assert part in text
    assert row(payment).redirect_url.replace("&", "&amp;") in text
    seconds = int(re.findall(r'data-seconds="(\d+)"', text)[0])
    assert 880 < seconds <= 900
    # 0.2 % against 2.9 % and 30: 3 against 66.
    assert "By bank the restaurant keeps £0.63 more." in text


def test_nothing_foreign_runs_and_nobody_keeps_the_page(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    response = Phone(asked(cashier, order)).get()
    policy = response["Content-Security-Policy"]
    nonce = re.findall(r"script-src 'nonce-([^']+)'", policy)[0]
    assert f'<script nonce="{nonce}">' in response.content.decode()
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "stripe" not in policy
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert "Set-Cookie" not in response


def test_the_till_hears_that_the_code_was_scanned_and_a_second_phone_changes_nothing(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    assert last(payment)["scanned_at"] is None
    assert [Phone(payment).get().status_code for _ in range(2)] == [200, 200]
    after = look(cashier, payment)
    assert last(after)["scanned_at"]
    assert after["version"] == payment["version"] + 1


def test_a_guess_finds_nothing_and_guessing_is_stopped(
    cashier: Member, order: dict[str, Any], guest: Guest, settings: Any
) -> None:
    settings.ADDRESS_HEADER = "HTTP_X_REAL_IP"
    settings.RATES = {**settings.RATES, "guest_guess": "2/day"}
    rates._limit.cache_clear()
    client, guesser = Client(), {"X-Real-IP": str(uuid4())}

    def guess() -> int:
        address = f"/q/{uuid4().hex[:22]}/"
        return client.get(address, headers=guesser).status_code

    assert [guess() for _ in range(3)] == [404, 404, 429]
    # Who has a code is not in the way of who guesses, even from the same address.
    phone = Phone(asked(cashier, order))
    assert phone.client.get(phone.path, headers=guesser).status_code == 200
    rates._limit.cache_clear()


def test_a_tip_is_asked_of_the_bank_anew_and_the_old_amount_is_void_there(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    assert phone.post("tip", tip=125).status_code == 302
    after = look(cashier, payment)
    assert (after["tip"], after["total"]) == (125, 1375)
    statuses = [attempt["status"] for attempt in after["attempts"]]
    assert statuses == ["CANCELED", "AWAITING_CUSTOMER"]
    old, new = (guest.bank.payments(attempt=one["id"])[0] for one in after["attempts"])
    assert (old["status"], old["failure_reason"]) == ("failed", "canceled")
    assert (new["status"], new["amount"]) == ("authorization_required", 1375)
    # The code that the guest scanned still leads to the payment.
    assert "£13.75" in phone.text()
    assert phone.stage() == Stage.BANK


def test_a_tip_of_ones_own_is_written_as_people_write_it_and_can_be_taken_back(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    phone.post("tip", own="2.34")
    assert look(cashier, payment)["tip"] == 234
    assert "Another tip: £2.34" in phone.text()
    phone.post("tip", tip=0)
    assert (look(cashier, payment)["tip"], look(cashier, payment)["total"]) == (0, 1250)


@pytest.mark.parametrize(
    "form",
    [{}, {"tip": "x"}, {"tip": "-1"}, {"own": "1,5"}, {"own": "-1"}, {"own": "1.234"},
     {"own": "99999"}, {"tip": "9" * 30}],
)  # fmt: skip
def test_a_tip_that_is_none_changes_nothing(
    cashier: Member, order: dict[str, Any], guest: Guest, form: dict[str, str]
) -> None:
    payment = asked(cashier, order)
    response = Phone(payment).post("tip", **form)
    assert response.status_code == 422
    assert 'role="alert"' in response.content.decode()
    after = look(cashier, payment)
    assert (after["tip"], len(after["attempts"])) == (0, 1)


def cannot_be_asked(guest: Guest) -> None:
    """The bank says neither that an attempt is void nor how it stands."""
    guest.bank.stage("500", operation="cancel")
    guest.bank.stage("503", operation="fetch", times=4)


def test_a_tip_is_not_lost_in_silence_when_the_bank_does_not_say_whether_the_old_amount_is_void(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    cannot_be_asked(guest)
    refused = phone.post("tip", tip="125")
    assert refused.status_code == 409
    assert "the tip is not added" in refused.content.decode()
    assert look(cashier, payment)["tip"] == 0


def test_a_tip_after_the_guest_approved_is_too_late_and_the_payment_stands(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.set(execute_after_s=30)
    payment = asked(cashier, order)
    guest.approves(payment)
    phone = Phone(payment)
    phone.post("tip", tip=125)
    after = look(cashier, payment)
    assert (after["tip"], len(after["attempts"])) == (0, 1)
    assert phone.stage() == Stage.CONFIRMING
    assert "Your bank is confirming" in phone.text()


def test_approved_at_the_bank_the_page_says_paid_and_later_shows_the_receipt(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    guest.approves(payment)
    guest.bank_tells(payment)
    assert phone.stage() == Stage.PAID
    assert "Paid. Thank you!" in phone.text()
    before = phone.client.get(f"{phone.path}status/").json()["mark"]
    cashier.post(f"orders/{order['id']}/send/")
    closed = cashier.post(f"orders/{order['id']}/complete/", idempotency_key=str(uuid4()))
    assert closed.status_code == 200, closed.content
    assert phone.client.get(f"{phone.path}status/").json()["mark"] != before
    receipt = re.findall(r'href="(/r/[^"]+)"', phone.text())[0]
    assert "£12.50" in phone.client.get(receipt).content.decode()


def test_coming_back_from_the_bank_proves_nothing_but_makes_us_ask(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    provider_id = row(payment).provider_id
    client = Client()
    back = client.get("/q/return/", {"payment_id": provider_id})
    assert (back.status_code, back["Location"]) == (302, Phone(payment).path)
    assert look(cashier, payment)["status"] == "PENDING"
    guest.approves(payment)
    client.get("/q/return/", {"payment_id": provider_id})
    assert look(cashier, payment)["status"] == "CAPTURED"


@pytest.mark.parametrize("query", [{}, {"payment_id": "forged"}, {"payment_intent": "pi_x"}])
def test_coming_back_with_what_nobody_knows_is_nothing(
    restaurant: Any, query: dict[str, str]
) -> None:
    assert Client().get("/q/return/", query).status_code == 404


def test_a_decline_at_the_bank_leads_to_exactly_one_card_payment_on_the_same_page(
    cashier: Member, order: dict[str, Any], guest: Guest, cards: RunningStripe
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    guest.declines(payment)
    guest.bank_tells(payment)
    guest.bank_tells(payment)
    after = look(cashier, payment)
    methods = [(one["method"], one["status"]) for one in after["attempts"]]
    assert methods == [("open_banking", "DECLINED"), ("card", "AWAITING_CUSTOMER")]
    assert phone.stage() == Stage.CARD
    assert f'href="{cards.url}/pay/' in phone.text()
    assert "return_url=http" in phone.text()


def test_without_automatic_fallback_the_guest_chooses_what_comes_next(
    cashier: Member, order: dict[str, Any], guest: Guest, owner: Member
) -> None:
    settings = said(owner.get("payments/settings/"))
    change = {"falls_back_to_card": False, "version": settings["version"]}
    assert owner.patch("payments/settings/", change).status_code == 200
    payment = asked(cashier, order)
    phone = Phone(payment)
    guest.declines(payment)
    guest.bank_tells(payment)
    assert phone.stage() == Stage.OVER
    assert "Your bank did not pay" in phone.text()
    phone.post("bank")
    assert phone.stage() == Stage.BANK
    phone.post("card")
    assert phone.stage() == Stage.CARD
    statuses = [one["status"] for one in look(cashier, payment)["attempts"]]
    assert statuses == ["DECLINED", "CANCELED", "AWAITING_CUSTOMER"]


def test_the_card_is_not_opened_while_the_bank_may_still_take_the_money(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    guest.bank.set(execute_after_s=30)
    payment = asked(cashier, order)
    guest.approves(payment)
    phone = Phone(payment)
    phone.post("card")
    assert [one["method"] for one in look(cashier, payment)["attempts"]] == ["open_banking"]
    assert phone.stage() == Stage.CONFIRMING


def test_a_bank_that_cannot_be_asked_keeps_the_card_closed_and_calls_for_staff(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    cannot_be_asked(guest)
    phone.post("card")
    assert phone.stage() == Stage.ASK_STAFF
    assert "ask a member of staff" in phone.text()
    assert len(look(cashier, payment)["attempts"]) == 1


def test_a_code_that_has_run_out_can_not_be_used_though_nobody_has_swept_it_yet(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    for late, stage in ((-1, Stage.CLOSING), (2, Stage.BANK)):
        ends_at = utc_now() + timedelta(seconds=late)
        PaymentAttempt.objects.filter(payment=payment["id"]).update(expires_at=ends_at)
        assert phone.stage() == stage
    PaymentAttempt.objects.filter(payment=payment["id"]).update(expires_at=utc_now())
    assert row(payment).redirect_url not in phone.text()


def test_a_payment_that_staff_cancelled_says_so(
    cashier: Member, order: dict[str, Any], guest: Guest
) -> None:
    payment = asked(cashier, order)
    phone = Phone(payment)
    send(cashier, f"{payment['id']}/cancel/")
    assert phone.stage() == Stage.CANCELLED
    assert "You were not charged" in phone.text()
    assert pay(cashier, now_of(cashier, order), tendered=1250).status_code == 201


def test_in_production_stripes_own_script_takes_the_card_and_nothing_else_may_run(
    cashier: Member, order: dict[str, Any], guest: Guest, settings: Any
) -> None:
    settings.STRIPE_HOSTED_URL = ""
    payment = asked(cashier, order)
    phone = Phone(payment)
    phone.post("card")
    response = phone.get()
    text, policy = response.content.decode(), response["Content-Security-Policy"]
    assert 'src="https://js.stripe.com/v3/"' in text
    assert re.search(r'data-secret="pi_\w+_secret_\w+"', text)
    assert settings.STRIPE_PUBLISHABLE_KEY in text
    assert settings.STRIPE_SECRET_KEY not in text
    assert "script-src 'nonce-" in policy
    assert "https://js.stripe.com" in policy
    assert "https://api.stripe.com" in policy
