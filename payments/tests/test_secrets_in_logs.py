"""No log holds what pays, what opens, or what signs."""

import logging
import re
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client

from fynlo.testing.cast import Member
from payments.sandbox.bank.remote import RunningBank
from payments.sandbox.stripe.remote import RunningStripe
from payments.services.links import token_of
from payments.tests.asking import Guest, asked, row

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_payment_with_all_its_troubles_leaves_no_secret_in_any_log(  # noqa: PLR0917
    cashier: Member,
    order: dict[str, Any],
    bank_account: RunningBank,
    cards: RunningStripe,
    settings: Any,
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Of every logger at every level, but for the HTTP library, which our settings silence."""
    caplog.set_level(logging.DEBUG)
    bank = bank_account
    settings.STRIPE_HOSTED_URL = ""  # as in production: our own page takes the card
    bank.stage("revoke_tokens")
    payment = asked(cashier, order)
    bank.stage("503", operation="fetch")
    token = token_of(row(payment).pk)
    phone = Client()
    phone.get(f"/q/{token}/")
    phone.get(f"/q/{token}/status/")
    phone.post(f"/q/{token}/tip/", {"own": "nonsense"})
    phone.get("/q/return/", {"payment_id": row(payment).provider_id})
    Guest(bank).declines(payment)
    Guest(bank).bank_tells(payment)
    phone.get(f"/q/{uuid4().hex[:22]}/")
    page = phone.get(f"/q/{token}/").content.decode()
    secrets = {
        "the code": token,
        "the guest's key to the card payment": re.findall(r'data-secret="([^"]+)"', page)[0],
        "the page at the bank": row(payment).redirect_url,
        "the client's secret": bank.credentials.client_secret,
        "the signing key": "PRIVATE KEY",
        "a bearer token": "Bearer ",
        "Stripe's key": cards.credentials.secret_key,
        "Stripe's webhook secret": cards.credentials.webhook_secret,
    }
    text = "\n".join(f"{record.getMessage()} {record.__dict__}" for record in caplog.records)
    assert "/q/-/status/" in text
    assert {name for name, secret in secrets.items() if secret in text} == set()
