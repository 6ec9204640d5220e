"""Paying by Apple Pay, from what the phone is asked to the ledger, against the stand-ins."""

import logging
from base64 import b64decode
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.http import HttpResponse
from django.test import Client

from fynlo.db import new_id
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once
from payments.models import AppleTransaction, PaymentAttempt, ProviderCall
from payments.sandbox.apple.remote import RunningApple
from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.asking import grow_old, last, look, send
from payments.tests.conftest import balances
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)
Json = dict[str, Any]
WELL_KNOWN = "/.well-known/apple-developer-merchantid-domain-association"
_CUT = """
CREATE FUNCTION planted_cut() RETURNS trigger LANGUAGE plpgsql
    AS $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$;
CREATE TRIGGER planted_cut BEFORE UPDATE ON payments_providercall FOR EACH ROW
    WHEN (NEW.finished_at IS NOT NULL) EXECUTE FUNCTION planted_cut()
"""


@pytest.fixture
def payment(cashier: Member, order: Json, phone: RunningApple) -> Json:
    """12.50 that waits to be asked for."""
    return send(cashier, "", {"order": order["id"], "method": "apple_pay"})


def config(member: Member, payment: Json) -> Json:
    response = member.get(f"payments/apple-pay/config/?payment={payment['id']}")
    assert response.status_code == 200, response.content
    return said(response)


def token_for(member: Member, payment: Json, phone: RunningApple, **changed: Any) -> Json:
    """What the guest's phone gives for what it was asked."""
    asked = config(member, payment)
    given = {
        "asked": b64decode(asked["request"]["applicationData"]),
        "amount": asked["amount"],
        "currency": asked["currency"],
        **changed,
    }
    return phone.credentials.wallet().pay(given.pop("amount"), given.pop("currency"), **given)


def process(member: Member, payment: Json, token: Json, *, key: str = "") -> HttpResponse:
    body = {"payment": payment["id"], "token": token}
    return member.post("payments/apple-pay/process/", body, idempotency_key=key or str(new_id()))


def reason(response: HttpResponse) -> tuple[int, str]:
    told = said(response)
    return response.status_code, told.get("reason") or told["code"]


def test_a_phone_is_asked_for_what_the_payment_comes_to(cashier: Member, payment: Json) -> None:
    found = config(cashier, payment)
    request = found["request"]
    assert (found["amount"], found["currency"]) == (1250, "GBP")
    assert request["paymentSummaryItems"] == [
        {"label": "Bill", "amount": "12.50", "type": "final"},
        {"label": "The Copper Kettle", "amount": "12.50", "type": "final"},
    ]
    assert (request["countryCode"], request["currencyCode"]) == ("GB", "GBP")
    assert request["merchantIdentifier"] == "merchant.test.fynlo"
    assert "supports3DS" in request["merchantCapabilities"]


def test_a_guest_pays_with_a_phone(cashier: Member, payment: Json, phone: RunningApple) -> None:
    done = said(process(cashier, payment, token_for(cashier, payment, phone)))
    assert (done["status"], done["captured"]) == ("CAPTURED", 1250)
    assert (last(done)["method"], last(done)["actual_fee"]) == ("apple_pay", 66)
    assert sum(balances(cashier.restaurant).values()) == 0


def test_a_token_is_used_once(cashier: Member, payment: Json, phone: RunningApple) -> None:
    token = token_for(cashier, payment, phone)
    process(cashier, payment, token)
    assert process(cashier, payment, token).status_code == 409
    assert PaymentAttempt.objects.count() == 1


def test_a_token_that_was_used_is_refused_while_its_payment_still_waits(
    cashier: Member, payment: Json, phone: RunningApple, cards: RunningStripe
) -> None:
    token = token_for(cashier, payment, phone)
    cards.stage("502", operation="tokens.create", times=9)
    assert process(cashier, payment, token).status_code == 503
    cards.clear()
    assert reason(process(cashier, payment, token)) == (409, "apple_token_used")
    assert AppleTransaction.objects.count() == 1


def test_the_same_key_goes_on_after_stripe_was_away(
    cashier: Member, payment: Json, phone: RunningApple, cards: RunningStripe
) -> None:
    token = token_for(cashier, payment, phone)
    cards.stage("502", operation="tokens.create", times=9)
    assert process(cashier, payment, token, key="one").status_code == 503
    cards.clear()
    done = process(cashier, payment, token, key="one")
    assert said(done)["status"] == "CAPTURED"
    again = process(cashier, payment, token, key="one")
    assert again["Idempotency-Replayed"] == "true"
    assert PaymentAttempt.objects.count() == 1


def test_a_token_is_not_lost_with_the_connection_over_which_stripes_answer_was_written(
    cashier: Member, payment: Json, phone: RunningApple
) -> None:
    token = token_for(cashier, payment, phone)
    with connections_are_cut():
        assert reason(process(cashier, payment, token, key="one")) == (503, "dependency_down")
    too_soon = process(cashier, payment, token, key="one")
    assert reason(too_soon) == (503, "provider_outcome_unknown")
    grow_old(payment)
    done = said(process(cashier, payment, token, key="one"))
    assert (done["status"], len(done["attempts"])) == ("CAPTURED", 1)


def test_a_token_pays_the_attempt_that_it_was_signed_for_and_none_that_came_after_it(
    cashier: Member, payment: Json, phone: RunningApple, cards: RunningStripe
) -> None:
    """The first answer is lost, staff stop the attempt and add a tip; then the till repeats."""
    cards.stage("502", operation="tokens.create", times=99)
    first = token_for(cashier, payment, phone)
    assert process(cashier, payment, first, key="one").status_code == 503
    stopped = last(look(cashier, payment))["id"]
    send(cashier, f"stripe/intents/{stopped}/cancel/")
    version = look(cashier, payment)["version"]
    tipped = cashier.patch(f"payments/{payment['id']}/", {"tip": 500, "version": version})
    assert tipped.status_code == 200
    second = token_for(cashier, payment, phone)
    assert process(cashier, payment, second, key="two").status_code == 503
    cards.clear()
    repeated = said(process(cashier, payment, first, key="one"))
    assert (repeated["status"], repeated["captured"]) == ("PENDING", 0)
    done = said(process(cashier, payment, second, key="two"))
    assert (done["status"], done["captured"]) == ("CAPTURED", 1750)


@contextmanager
def connections_are_cut() -> Iterator[None]:
    """Whoever writes down what a provider answered loses the connection over it."""
    with connection.cursor() as cursor:
        cursor.execute(_CUT)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("DROP FUNCTION planted_cut CASCADE")


def test_another_token_may_follow_when_stripe_did_not_take_the_first(
    cashier: Member, payment: Json, phone: RunningApple, cards: RunningStripe
) -> None:
    cards.stage("502", operation="tokens.create", times=9)
    process(cashier, payment, token_for(cashier, payment, phone))
    cards.clear()
    done = said(process(cashier, payment, token_for(cashier, payment, phone)))
    assert (done["status"], len(done["attempts"])) == ("CAPTURED", 1)


def test_a_token_for_another_payment_is_refused(
    cashier: Member, payment: Json, phone: RunningApple
) -> None:
    token = token_for(cashier, payment, phone, asked=b"another|1250|GBP|nonce")
    assert reason(process(cashier, payment, token)) == (422, "application_data")
    assert not AppleTransaction.objects.exists()


def test_a_token_for_less_is_refused(cashier: Member, payment: Json, phone: RunningApple) -> None:
    token = token_for(cashier, payment, phone, amount=1)
    assert reason(process(cashier, payment, token)) == (422, "amount")


def test_a_tip_that_came_after_the_double_click_is_not_taken(
    cashier: Member, payment: Json, phone: RunningApple
) -> None:
    token = token_for(cashier, payment, phone)
    response = cashier.patch(f"payments/{payment['id']}/", {"tip": 100, "version": 1})
    assert response.status_code == 200
    assert reason(process(cashier, payment, token)) == (422, "application_data")


def test_a_token_that_lay_about_is_refused(
    cashier: Member, payment: Json, phone: RunningApple
) -> None:
    old = datetime.now(UTC) - timedelta(minutes=10)
    token = token_for(cashier, payment, phone, at=old)
    assert reason(process(cashier, payment, token)) == (422, "time")
    assert look(cashier, payment)["attempts"] == []


@pytest.mark.parametrize("version", ["RSA_v1", "EC_v2"])
def test_a_token_of_another_kind_is_refused(
    cashier: Member, payment: Json, phone: RunningApple, version: str
) -> None:
    token = {**token_for(cashier, payment, phone), "version": version}
    assert reason(process(cashier, payment, token)) == (422, "version")


def test_another_restaurants_payment_is_not_there(
    cashier: Member, rival_owner: Member, payment: Json, phone: RunningApple
) -> None:
    token = token_for(cashier, payment, phone)
    assert rival_owner.get(f"payments/apple-pay/config/?payment={payment['id']}").status_code == 404
    assert reason(process(rival_owner, payment, token)) == (422, "unknown_reference")
    assert not AppleTransaction.objects.exists()


def test_no_card_number_and_no_token_is_in_a_log_or_in_the_database(
    cashier: Member, payment: Json, phone: RunningApple, caplog: pytest.LogCaptureFixture
) -> None:
    token = token_for(cashier, payment, phone)
    with caplog.at_level(logging.DEBUG, logger="payments"):
        process(cashier, payment, token)
    kept = str(list(ProviderCall.objects.values_list("arguments", "response", "error")))
    for secret in ("4242424242424242", token["data"], token["signature"][:80]):
        assert secret not in caplog.text
        assert secret not in kept


def test_a_page_is_given_a_session_by_apple(cashier: Member, phone: RunningApple) -> None:
    response = cashier.post("payments/apple-pay/merchant-session/")
    session = said(response)
    assert session["displayName"] == "The Copper Kettle"
    assert session["domainName"] == "localhost"
    assert response["Cache-Control"] == "no-store"


def test_a_page_cannot_send_us_elsewhere(cashier: Member, phone: RunningApple) -> None:
    body = {"validation_url": "https://169.254.169.254/latest/meta-data/"}
    response = cashier.post("payments/apple-pay/merchant-session/", body)
    assert reason(response) == (422, "apple_gateway_refused")


def test_a_certificate_that_cannot_be_read_is_told_as_such(
    cashier: Member, phone: RunningApple, settings: Any
) -> None:
    settings.APPLE_PAY_IDENTITY_FILE = "/nowhere.pem"
    response = cashier.post("payments/apple-pay/merchant-session/")
    assert reason(response) == (503, "provider_not_set_up")


def test_the_proof_that_the_host_is_ours_is_served_to_the_byte(
    settings: Any, tmp_path: Path
) -> None:
    assert Client().get(WELL_KNOWN).status_code == 404
    proof = tmp_path / "association"
    proof.write_bytes(b"7B2273 \n\x00\xff")
    settings.APPLE_PAY_DOMAIN_ASSOCIATION_FILE = str(proof)
    response = Client().get(WELL_KNOWN)
    assert (response.status_code, response["Content-Type"]) == (200, "text/plain")
    assert response.content == proof.read_bytes()


@pytest.mark.race
def test_a_token_that_is_sent_three_times_at_one_instant_is_used_once(
    cashier: Member, payment: Json, phone: RunningApple
) -> None:
    """Without the row of its transaction it was accepted three times."""
    token = token_for(cashier, payment, phone)
    statuses = at_once(*[lambda: process(cashier, payment, token).status_code] * 3)
    assert sorted(statuses) == [200, 409, 409]
    assert AppleTransaction.objects.count() == 1
    assert look(cashier, payment)["status"] == "CAPTURED"
