"""The TrueLayer adapter against the stand-in: what each answer, and no answer, means."""

import base64
import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from truelayer_signing import sign_with_pem

from fynlo.clock import utc_now
from fynlo.local.ports import wait_until
from payments.choices import AttemptStatus, CancelOutcome, RefundStatus
from payments.errors import (
    NotSupported,
    ProviderAuth,
    ProviderError,
    ProviderInvalidRequest,
    ProviderKeyReused,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderUnavailable,
    SignatureInvalid,
)
from payments.providers.base import AttemptSpec
from payments.providers.truelayer.adapter import TrueLayer, _reference
from payments.providers.truelayer.config import TrueLayerConfig
from payments.providers.truelayer.transport import Transport
from payments.providers.truelayer.webhooks import Webhooks
from payments.sandbox.bank.credentials import new_key
from payments.sandbox.bank.remote import RunningBank, Webhook
from payments.sandbox.running import free_port

PATH = "/api/v1/payments/webhooks/open-banking/"


def adapter_of(bank: RunningBank, **changed: Any) -> TrueLayer:
    known = bank.credentials
    config = TrueLayerConfig(
        **{
            "client_id": known.client_id,
            "client_secret": known.client_secret,
            "kid": known.kid,
            "private_key": known.private_key,
            "auth_url": bank.url,
            "api_url": bank.url,
            "jwks_urls": (f"{bank.url}/.well-known/jwks",),
            "guest_email": "guest@pay.example.com",
            "read_timeout": 5.0,
            **changed,
        }
    )
    transport = Transport(config)
    return TrueLayer(transport, Webhooks(transport), account=known.accounts["house"])


@pytest.fixture
def adapter(bank: RunningBank) -> TrueLayer:
    return adapter_of(bank)


def spec_of(bank: RunningBank, **changed: Any) -> AttemptSpec:
    return AttemptSpec(
        **{
            "attempt": uuid4(),
            "payment": uuid4(),
            "restaurant": uuid4(),
            "amount": 2750,
            "currency": "GBP",
            "reference": "Copper Kettle 42",
            "account": bank.credentials.accounts["house"],
            "return_url": "https://pay.example.com/q/return/",
            **changed,
        }
    )


def key() -> str:
    return str(uuid4())


def settled(adapter: TrueLayer, bank: RunningBank) -> str:
    """The id of a payment whose money has arrived."""
    made = adapter.create(spec_of(bank), idem=key())
    bank.approve(made.redirect_url)
    assert wait_until(
        lambda: adapter.fetch(made.provider_id).status == AttemptStatus.SETTLED, seconds=5
    )
    return made.provider_id


def test_a_payment_is_made_opened_approved_and_settled(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    made = adapter.create(spec_of(bank), idem=key())
    assert (made.status, made.amount) == (AttemptStatus.AWAITING_CUSTOMER, 2750)
    assert not adapter.fetch(made.provider_id).opened
    bank.open(made.redirect_url)
    opened = adapter.fetch(made.provider_id)
    assert opened.opened
    assert opened.expires_at
    assert timedelta(minutes=14) < opened.expires_at - utc_now() <= timedelta(minutes=15)
    bank.set(execute_after_s=60)
    bank.approve(made.redirect_url)
    approved = adapter.fetch(made.provider_id)
    assert (approved.status, approved.captured) == (AttemptStatus.PROCESSING, 0)
    bank.set(execute_after_s=0)
    assert adapter.fetch(settled(adapter, bank)).captured == 2750


def test_what_failed_says_how(adapter: TrueLayer, bank: RunningBank) -> None:
    declined = adapter.create(spec_of(bank), idem=key())
    bank.decline(declined.redirect_url)
    after = adapter.fetch(declined.provider_id)
    assert (after.status, after.failure) == (AttemptStatus.DECLINED, "canceled")
    bank.set(expiry_s=0)
    late = adapter.create(spec_of(bank), idem=key())
    assert adapter.fetch(late.provider_id).status == AttemptStatus.EXPIRED


def test_the_same_key_makes_one_payment_although_the_answer_was_lost(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    bank.stage("500_after_commit", operation="create")
    spec, idem = spec_of(bank), key()
    with pytest.raises(ProviderOutcomeUnknown):
        adapter.create(spec, idem=idem)
    made = adapter.create(spec, idem=idem)
    assert [row["id"] for row in bank.payments(attempt=str(spec.attempt))] == [made.provider_id]


def test_a_create_that_times_out_after_the_commit_is_unknown_and_found_by_its_key(
    bank: RunningBank,
) -> None:
    hasty = adapter_of(bank, read_timeout=0.3)
    hasty.transport.get("/v3/merchant-accounts")  # a token, before the clock runs
    bank.stage("slow", operation="create", value=1.5)
    spec, idem = spec_of(bank), key()
    with pytest.raises(ProviderOutcomeUnknown):
        hasty.create(spec, idem=idem)
    adapter_of(bank).create(spec, idem=idem)
    assert len(bank.payments(attempt=str(spec.attempt))) == 1


def test_a_bank_that_cannot_be_reached_was_sent_nothing(bank: RunningBank) -> None:
    nobody = f"http://127.0.0.1:{free_port()}"
    for away in ({"api_url": nobody}, {"auth_url": nobody}):
        with pytest.raises(ProviderUnavailable):
            adapter_of(bank, **away).create(spec_of(bank), idem=key())


@contextmanager
def hanging_up(*, after_request: bool) -> Iterator[str]:
    """A server that closes the connection instead of answering."""

    class Rude(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            if after_request:
                self.rfile.read(int(self.headers["Content-Length"]))
            self.close_connection = True

        def log_message(self, *args: object) -> None:
            return

    server = HTTPServer(("127.0.0.1", 0), Rude)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_connection_that_breaks_after_the_request_leaves_the_outcome_unknown(
    bank: RunningBank,
) -> None:
    with hanging_up(after_request=True) as url, pytest.raises(ProviderOutcomeUnknown):
        adapter_of(bank, api_url=url).create(spec_of(bank), idem=key())
    # Asking for a token moves no money: nothing of the payment was sent.
    with hanging_up(after_request=True) as url, pytest.raises(ProviderUnavailable):
        adapter_of(bank, auth_url=url).create(spec_of(bank), idem=key())


@pytest.mark.parametrize(
    ("scenario", "error"),
    [
        ("500", ProviderOutcomeUnknown),
        ("503", ProviderOutcomeUnknown),
        ("409", ProviderOutcomeUnknown),
        ("429", ProviderRateLimited),
    ],
)
def test_each_refusal_of_a_create_means_one_thing(
    adapter: TrueLayer, bank: RunningBank, scenario: str, error: type[ProviderError]
) -> None:
    bank.stage(scenario, operation="create", value=7)
    spec, idem = spec_of(bank), key()
    with pytest.raises(error) as refused:
        adapter.create(spec, idem=idem)
    assert refused.value.extra.get("retry_after", 7) == 7
    adapter.create(spec, idem=idem)
    assert len(bank.payments(attempt=str(spec.attempt))) == 1


def test_a_read_that_fails_may_be_asked_again(adapter: TrueLayer, bank: RunningBank) -> None:
    made = adapter.create(spec_of(bank), idem=key())
    bank.stage("503", operation="fetch")
    with pytest.raises(ProviderUnavailable):
        adapter.fetch(made.provider_id)
    assert adapter.fetch(made.provider_id).provider_id == made.provider_id


def test_a_key_with_another_body_is_a_fault_of_ours(adapter: TrueLayer, bank: RunningBank) -> None:
    spec, idem = spec_of(bank), key()
    adapter.create(spec, idem=idem)
    with pytest.raises(ProviderKeyReused):
        adapter.create(spec_of(bank, amount=1), idem=idem)


def test_wrong_keys_and_secrets_are_named_as_such(bank: RunningBank) -> None:
    for wrong in (
        {"client_secret": "guess"},
        {"private_key": new_key()},
        {"private_key": "no key"},
        {"kid": "other"},
    ):
        with pytest.raises(ProviderAuth):
            adapter_of(bank, **wrong).create(spec_of(bank), idem=key())
    with pytest.raises(ProviderInvalidRequest):
        adapter_of(bank).create(spec_of(bank, account=str(uuid4())), idem=key())


def test_a_token_that_is_refused_is_renewed_once(adapter: TrueLayer, bank: RunningBank) -> None:
    adapter.create(spec_of(bank), idem=key())
    bank.stage("revoke_tokens")
    adapter.create(spec_of(bank), idem=key())


def test_cancelling_says_whether_money_can_still_come(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    open_one = adapter.create(spec_of(bank), idem=key()).provider_id
    assert adapter.cancel(open_one, idem=key()) == CancelOutcome.CANCELED
    assert adapter.cancel(open_one, idem=key()) == CancelOutcome.ALREADY_FINAL
    assert adapter.cancel(settled(adapter, bank), idem=key()) == CancelOutcome.TOO_LATE


def test_a_cancellation_whose_answer_is_lost_is_looked_up(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    lost = adapter.create(spec_of(bank), idem=key()).provider_id
    bank.stage("500_after_commit", operation="cancel")
    assert adapter.cancel(lost, idem=key()) == CancelOutcome.CANCELED
    never = adapter.create(spec_of(bank), idem=key()).provider_id
    bank.stage("500", operation="cancel")
    assert adapter.cancel(never, idem=key()) == CancelOutcome.UNKNOWN
    silent = adapter.create(spec_of(bank), idem=key()).provider_id
    bank.stage("500_after_commit", operation="cancel")
    bank.stage("503", operation="fetch")
    assert adapter.cancel(silent, idem=key()) == CancelOutcome.UNKNOWN


def test_refunds_arrive_or_fail_even_later(adapter: TrueLayer, bank: RunningBank) -> None:
    paid = settled(adapter, bank)
    made = adapter.refund(paid, 1000, reference="Copper Kettle 42", idem=key())
    assert made.status == RefundStatus.PENDING

    def status(refund: str) -> RefundStatus:
        return adapter.fetch_refund(paid, refund).status

    assert wait_until(lambda: status(made.provider_id) == RefundStatus.SUCCEEDED, seconds=5)
    with pytest.raises(ProviderInvalidRequest):
        adapter.refund(paid, 1751, reference="Too much", idem=key())
    bank.stage("refund_fail_later", value=0.01)
    other = adapter.refund(paid, 1, reference="More", idem=key())
    assert wait_until(lambda: status(other.provider_id) == RefundStatus.FAILED, seconds=5)
    assert adapter.fetch_refund(paid, other.provider_id).failure == "insufficient_funds"


def test_a_payment_that_is_not_settled_cannot_be_refunded_yet(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    made = adapter.create(spec_of(bank), idem=key())
    with pytest.raises(ProviderInvalidRequest) as refused:
        adapter.refund(made.provider_id, 1, reference="x", idem=key())
    assert refused.value.extra["kind"] == "invalid-state"


def test_the_books_of_a_day_hold_every_payment_and_refund_page_by_page(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    paid = settled(adapter, bank)
    refund = adapter.refund(paid, 1000, reference="Back", idem=key()).provider_id
    assert wait_until(
        lambda: adapter.fetch_refund(paid, refund).status == RefundStatus.SUCCEEDED, seconds=5
    )
    today = utc_now().date()
    lines = [line for line in adapter.settlements(today) if line.provider_id == paid]
    assert sorted((line.kind, line.amount, line.fee) for line in lines) == [
        ("payment", 2750, 0),
        ("refund", -1000, 0),
    ]
    assert not list(adapter.settlements(today - timedelta(days=2)))
    for _ in range(60):
        bank.approve(adapter.create(spec_of(bank), idem=key()).redirect_url)
    assert wait_until(lambda: len(list(adapter.settlements(today))) > 60, seconds=10)


def test_what_a_bank_cannot_do_is_refused(adapter: TrueLayer) -> None:
    with pytest.raises(NotSupported):
        adapter.find(uuid4())
    with pytest.raises(NotSupported):
        adapter.confirm("x", idem=key())
    with pytest.raises(NotSupported):
        adapter.capture("x", None, idem=key())


@given(st.text(max_size=60))
def test_a_reference_is_always_one_that_banks_carry(text: str) -> None:
    reference = _reference(text)
    assert 1 <= len(reference) <= 18
    assert all((c.isascii() and c.isalnum()) or c in " -:()./,+" for c in reference)


# Webhooks


@pytest.fixture
def webhook(adapter: TrueLayer, bank: RunningBank) -> Webhook:
    """That a guest declined."""
    made = adapter.create(spec_of(bank), idem=key())
    bank.decline(made.redirect_url)
    return bank.webhooks(made.provider_id, path=PATH)[0]


def parse(adapter: TrueLayer, webhook: Webhook, **changed: Any) -> str:
    """The id of the payment that it is about."""
    now = changed.pop("now", utc_now()) + changed.pop("late_by", timedelta())
    body = changed.pop("body", webhook.body)
    path = changed.pop("path", PATH)
    headers = {**webhook.headers, **changed.pop("headers", {})}
    return adapter.parse_webhook(body.encode(), headers, path=path, now=now).provider_id


def test_a_webhook_names_its_payment(adapter: TrueLayer, webhook: Webhook) -> None:
    told = json.loads(webhook.body)
    event = adapter.parse_webhook(webhook.body.encode(), webhook.headers, path=PATH, now=utc_now())
    assert (event.provider_id, event.event_id) == (told["payment_id"], told["event_id"])
    assert event.kind == "payment_failed"
    assert event.occurred_at


def test_names_of_headers_are_read_in_any_case(adapter: TrueLayer, webhook: Webhook) -> None:
    lower = {name.lower(): value for name, value in webhook.headers.items()}
    assert adapter.parse_webhook(webhook.body.encode(), lower, path=PATH, now=utc_now())


@pytest.mark.parametrize(
    "changed",
    [
        {"body": "{}"},
        {"path": "/prefix" + PATH},
        {"headers": {"Tl-Signature": ""}},
        {"headers": {"Tl-Signature": "a..b"}},
        {"headers": {"Tl-Signature": "bm9uZQ..bm9uZQ"}},
        {"headers": {"X-TL-Webhook-Timestamp": "2026-01-01T00:00:00Z"}},
        {"headers": {"X-TL-Webhook-Timestamp": ""}},
    ],
)
def test_what_was_changed_on_the_way_or_comes_at_a_wrong_time_is_refused(
    adapter: TrueLayer, webhook: Webhook, changed: dict[str, Any]
) -> None:
    with pytest.raises(SignatureInvalid):
        parse(adapter, webhook, **changed)
    assert parse(adapter, webhook)


def test_one_trailing_slash_more_or_less_does_no_harm(adapter: TrueLayer, webhook: Webhook) -> None:
    assert parse(adapter, webhook, path=PATH.rstrip("/"))


def forged(bank: RunningBank, *, jku: str, kid: str = "x", stamped: bool = True) -> Webhook:
    """Signed by a stranger."""
    stamp = utc_now().isoformat()
    signer = sign_with_pem(kid, new_key()).set_jku(jku).set_path(PATH).set_body("{}")
    if stamped:
        signer = signer.add_header("X-TL-Webhook-Timestamp", stamp)
    headers = {"X-TL-Webhook-Timestamp": stamp, "Tl-Signature": signer.sign()}
    return Webhook("", "", 0, headers, "{}")


def test_keys_from_another_place_are_not_even_asked_for(
    adapter: TrueLayer, bank: RunningBank
) -> None:
    with hanging_up(after_request=False) as elsewhere:
        for jku in (elsewhere, f"{bank.url}/.well-known/jwks/", f"{bank.url}/.well-known/jwks?a"):
            with pytest.raises(SignatureInvalid):
                parse(adapter, forged(bank, jku=jku))


def test_a_timestamp_that_nobody_signed_is_refused(bank: RunningBank, adapter: TrueLayer) -> None:
    jku = f"{bank.url}/.well-known/jwks"
    for webhook in (forged(bank, jku=jku), forged(bank, jku=jku, stamped=False)):
        with pytest.raises(SignatureInvalid):
            parse(adapter, webhook)


def known_kid(webhook: Webhook) -> str:
    header = webhook.headers["Tl-Signature"].partition("..")[0]
    padded = header + "=" * (-len(header) % 4)
    kid: str = json.loads(base64.urlsafe_b64decode(padded))["kid"]
    return kid


def test_a_strangers_key_under_a_known_name_is_refused(
    adapter: TrueLayer, bank: RunningBank, webhook: Webhook
) -> None:
    jku = f"{bank.url}/.well-known/jwks"
    with pytest.raises(SignatureInvalid):
        parse(adapter, forged(bank, jku=jku, kid=known_kid(webhook)))


def test_new_keys_are_fetched_when_they_first_sign_and_at_most_every_five_seconds(
    adapter: TrueLayer, bank: RunningBank, webhook: Webhook
) -> None:
    assert parse(adapter, webhook)
    bank.stage("jwks_rotate")
    payment = UUID(json.loads(webhook.body)["payment_id"])
    rotated = bank.webhooks(str(payment), path=PATH)[0]
    with pytest.raises(SignatureInvalid):
        parse(adapter, rotated)
    later = utc_now() + timedelta(seconds=6)
    assert parse(adapter, rotated, now=later) == str(payment)
    # The old key is published no more.
    with pytest.raises(SignatureInvalid):
        parse(adapter, webhook, now=later)


def test_keys_are_kept_for_half_an_hour_and_their_host_may_be_away_meanwhile(
    adapter: TrueLayer, bank: RunningBank, webhook: Webhook
) -> None:
    bank.stage("jwks_down")
    with pytest.raises(ProviderUnavailable):
        parse(adapter, webhook)
    assert parse(adapter, webhook)
    bank.stage("jwks_down")
    assert parse(adapter, webhook)
    with pytest.raises(ProviderUnavailable):
        parse(adapter, webhook, now=utc_now() + timedelta(minutes=31))
