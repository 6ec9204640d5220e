"""What opens or pays anything is in no log, at whatever level, and not kept."""

import logging
from typing import Any

import pytest

from fynlo.db import new_id
from fynlo.testing.cast import Member
from payments.models import PaymentAttempt, ProviderCall
from payments.sandbox.stripe.remote import RunningStripe
from payments.tests.asking import last, send
from pos.tests.conftest import said

pytestmark = pytest.mark.django_db(transaction=True)


def test_no_key_secret_or_card_is_in_a_log(
    cashier: Member,
    order: dict[str, Any],
    cards: RunningStripe,
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.DEBUG):
        payment = send(cashier, "stripe/intents/", {"order": order["id"]})
        path = f"payments/stripe/intents/{last(payment)['id']}/"
        intent = said(cashier.get(path))
        for card in ("pm_card_visa_chargeDeclined", "pm_card_visa"):
            body = {"payment_method": card}
            cashier.post(f"{path}confirm/", body, idempotency_key=str(new_id()))
    assert "urllib3" in {record.name.partition(".")[0] for record in caplog.records}
    known = cards.credentials
    secrets = (known.secret_key, known.webhook_secret, intent["client_secret"], "pm_card_visa")
    assert not [secret for secret in secrets if secret in caplog.text]
    kept = str([*PaymentAttempt.objects.values(), *ProviderCall.objects.values("response")])
    assert known.secret_key not in kept
