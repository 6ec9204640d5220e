"""Who may tell us that money came: the bank, in its own words, at this address, now."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from truelayer_signing import sign_with_pem

from fynlo.clock import utc_now
from fynlo.testing.cast import Member
from payments.models import WebhookEvent
from payments.providers import registry
from payments.sandbox.bank.credentials import new_key
from payments.sandbox.bank.remote import RunningBank, Webhook
from payments.tests.asking import BANK_HOOK, Guest, asked, deliver, look, row

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def guest(bank_account: RunningBank) -> Guest:
    return Guest(bank_account)


@pytest.fixture
def payment(cashier: Member, order: dict[str, Any], guest: Guest) -> dict[str, Any]:
    """One that the guest has approved, which we have not been told of."""
    made = asked(cashier, order)
    guest.approves(made)
    return made


def executed(guest: Guest, payment: dict[str, Any], *, path: str = BANK_HOOK) -> Webhook:
    hooks = guest.bank.webhooks(row(payment).provider_id, path=path)
    return next(hook for hook in hooks if hook.type == "payment_executed")


def strangers(guest: Guest, webhook: Webhook, *, jku: str, days: int = 0) -> Webhook:
    """The same words under a signature of somebody else's, or of another day."""
    stamp = (utc_now() + timedelta(days=days)).isoformat()
    signer = sign_with_pem("stranger", new_key()).set_jku(jku).set_path(BANK_HOOK)
    signer = signer.add_header("X-TL-Webhook-Timestamp", stamp).set_body(webhook.body)
    headers = {"X-TL-Webhook-Timestamp": stamp, "Tl-Signature": signer.sign()}
    return replace(webhook, headers=headers)


def changed(webhook: Webhook, **headers: str) -> Webhook:
    return replace(webhook, headers={**webhook.headers, **headers})


@pytest.mark.parametrize(
    "wrong",
    [
        lambda g, w: replace(w, headers={}),
        lambda g, w: changed(w, **{"Tl-Signature": "a..b"}),
        lambda g, w: changed(w, **{"X-TL-Webhook-Timestamp": utc_now().isoformat()}),
        lambda g, w: replace(w, body=w.body.replace("payment_executed", "payment_settled")),
        lambda g, w: replace(w, body=w.body + " "),
        lambda g, w: replace(w, body=w.body.replace(": ", ":")),
        lambda g, w: strangers(g, w, jku=f"{g.bank.url}/.well-known/jwks"),
        lambda g, w: strangers(g, w, jku="https://stranger.example/.well-known/jwks"),
        lambda g, w: strangers(g, w, jku=f"{g.bank.url}/.well-known/jwks", days=1),
    ],
)
def test_what_the_bank_did_not_say_in_these_very_bytes_is_refused(
    cashier: Member, payment: dict[str, Any], guest: Guest, wrong: Any
) -> None:
    webhook = executed(guest, payment)
    forged = wrong(guest, webhook)
    assert deliver(forged.body, forged.headers) == 401
    assert not WebhookEvent.objects.exists()
    assert look(cashier, payment)["status"] == "PENDING"
    assert deliver(webhook.body, webhook.headers) == 200
    assert look(cashier, payment)["status"] == "CAPTURED"


def test_what_was_signed_for_another_address_is_refused_but_for_one_slash(
    payment: dict[str, Any], guest: Guest
) -> None:
    """A proxy that rewrites the path would break every signature."""
    for path in ("/payments/webhooks/open-banking/", "/prefix" + BANK_HOOK, "/"):
        webhook = executed(guest, payment, path=path)
        assert deliver(webhook.body, webhook.headers) == 401
    webhook = executed(guest, payment, path=BANK_HOOK.rstrip("/"))
    assert deliver(webhook.body, webhook.headers) == 200


def test_an_address_without_its_slash_takes_nothing_and_sends_nobody_elsewhere(
    payment: dict[str, Any], guest: Guest
) -> None:
    """A redirect would lose the body, and the bank would think it delivered."""
    webhook = executed(guest, payment, path=BANK_HOOK.rstrip("/"))
    assert deliver(webhook.body, webhook.headers, path=BANK_HOOK.rstrip("/")) == 404
    assert not WebhookEvent.objects.exists()


def test_while_the_banks_keys_cannot_be_read_it_is_asked_to_send_again(
    cashier: Member, payment: dict[str, Any], guest: Guest
) -> None:
    registry._shared_truelayer.cache_clear()
    guest.bank.stage("jwks_down")
    webhook = executed(guest, payment)
    assert deliver(webhook.body, webhook.headers) == 503
    assert look(cashier, payment)["status"] == "PENDING"
    assert deliver(webhook.body, webhook.headers) == 200
    assert look(cashier, payment)["status"] == "CAPTURED"
