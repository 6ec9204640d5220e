"""Apple Pay: what a phone is asked for, and the token that it gives.

A token is bound to one payment, amount and currency by the `applicationData` of its request, and
is used once. Stripe opens it; only a demonstration opens it here, too.
"""

import hashlib
import hmac
import json
from base64 import b64encode
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import lru_cache
from typing import Any
from uuid import UUID, uuid5

from cryptography import x509
from django.conf import settings
from django.db import IntegrityError, transaction

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import letterhead, restaurant_profile
from fynlo.clock import as_utc_text
from fynlo.db import Intent, durable, transaction_required
from fynlo.errors import NotFound, UnknownReference
from fynlo.money import as_decimal_text
from payments.choices import AttemptStatus, Method, Operation, PaymentStatus, Provider
from payments.errors import AppleTokenUsed, PaymentNotPending, ProviderOutcomeUnknown
from payments.models import AppleTransaction, Payment, PaymentAttempt
from payments.providers.apple.config import AppleConfig
from payments.providers.apple.decryption import check_amount, decrypt, processing_keys
from payments.providers.apple.tokens import (
    AppleToken,
    application_data_of,
    check_fresh,
    parse,
    verify,
)
from payments.providers.registry import apple_config, merchant_sessions, stripe_of
from payments.selectors.attempts import (
    call_row,
    calls_of,
    hold_attempt,
    hold_payment,
    open_attempt_of,
)
from payments.selectors.fees import restaurant_account
from payments.selectors.payments import payment_document, payments
from payments.services.accounts import account_of
from payments.services.attempts import begin_attempt, terms_for
from payments.services.calls import Outcome, call_provider, settle, try_call
from payments.services.card import plan_confirm
from payments.services.payments import Wanted, payment_to_ask
from payments.services.telling import tell

VALID_FOR = timedelta(minutes=15)
NETWORKS = ("visa", "masterCard", "amex", "maestro")
CAPABILITIES = ("supports3DS", "supportsCredit", "supportsDebit")
Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a phone is asked to pay, in minor units: what `applicationData` binds a token to."""

    payment: UUID
    amount: int
    currency: str

    @property
    def application_data(self) -> bytes:
        text = f"{self.payment}|{self.amount}|{self.currency}"
        key = hashlib.sha256(b"apple pay:" + settings.SECRET_KEY.encode()).digest()
        nonce = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()[:32]
        return f"{text}|{nonce}".encode()


def open_session(*, restaurant_id: UUID, validation_url: str = "") -> Json:
    """A merchant session for the browser, to be passed on as it is; never stored. Call outside a
    transaction. Raises AppleGatewayRefused and other ProviderError."""
    name = letterhead(restaurant_id).name
    return merchant_sessions().open(name=name, validation_url=validation_url)


def payment_request(*, restaurant_id: UUID, payment: UUID, now: datetime) -> Json:
    """What a pending payment comes to by Apple Pay, and the request in PassKit's own words.

    Raises NotFound, PaymentNotPending, MethodNotAvailable, ProviderAuth.
    """
    row = payments(restaurant_id, pk=payment).first()
    if row is None:
        raise NotFound
    if row.status != PaymentStatus.PENDING:
        raise PaymentNotPending
    fees = terms_for(row, Method.APPLE_PAY, now=now).candidate.fees
    asked = Asked(row.pk, fees.charge, row.currency)
    return {
        "config_id": asked.application_data.decode().rpartition("|")[2],
        "payment": str(row.pk),
        "amount": asked.amount,
        "currency": asked.currency,
        "expires_at": as_utc_text(now + VALID_FOR),
        "request": _request(row, asked, fee=fees.customer_fee),
    }


def _request(row: Payment, asked: Asked, *, fee: int) -> Json:
    parts = [("Bill", row.bill), ("Tip", row.tip), ("Card fee", fee)]
    lines = [_line(label, amount, row.currency) for label, amount in parts if amount]
    total = _line(letterhead(row.restaurant_id).name, asked.amount, row.currency)
    return {
        "merchantIdentifier": apple_config().merchant_id,
        "countryCode": restaurant_profile(row.restaurant_id).country,
        "currencyCode": row.currency,
        "supportedNetworks": list(NETWORKS),
        "merchantCapabilities": list(CAPABILITIES),
        "paymentSummaryItems": [*lines, total],
        "requiredBillingContactFields": [],
        "applicationData": b64encode(asked.application_data).decode(),
    }


def _line(label: str, amount: int, currency: str) -> Json:
    return {"label": label, "amount": as_decimal_text(amount, currency), "type": "final"}


@transaction_required
def prepare_apple(*, by: Actor, now: datetime, payment: UUID, token: Json) -> Intent:
    """A guest's token for a pending payment: verified, bound to it and used up.

    Locks the order, the payment. Raises as `payment_to_ask`, and UnknownReference,
    AppleTokenInvalid, AppleTokenUsed.
    """
    try:
        _, held = hold_payment(by.restaurant_id, payment)
    except NotFound as missing:
        raise UnknownReference("There is no such payment.", field="payment") from missing
    attempt = open_attempt_of(held)
    if attempt and _waits(attempt):
        # The first card was declined: the guest holds out another.
        _use_up(token, Asked(held.pk, attempt.amount, attempt.currency), held, now=now)
        return Intent(payment, calls_of(attempt, Operation.CREATE).latest("sequence").pk)
    asked = payment_to_ask(
        by=by,
        now=now,
        pk=payment,
        fingerprint="",
        method=Method.APPLE_PAY,
        wanted=Wanted(),
        payment=payment,
    )
    assert asked
    row, terms = asked
    _use_up(token, Asked(row.pk, terms.candidate.fees.charge, row.currency), row, now=now)
    account = account_of(by.restaurant_id, Provider.STRIPE)
    call = begin_attempt(row, terms, now=now, account=account)
    tell(row, "payment.asked", now=now, by=by)
    return Intent(payment, call.pk)


def _waits(attempt: PaymentAttempt) -> bool:
    is_apple = attempt.method == Method.APPLE_PAY
    return is_apple and attempt.status == AttemptStatus.AWAITING_CUSTOMER


def _use_up(told: Json, asked: Asked, payment: Payment, *, now: datetime) -> None:
    token = _accepted(told, asked, now=now)
    try:
        with transaction.atomic():
            AppleTransaction.objects.create(
                restaurant_id=payment.restaurant_id,
                payment=payment,
                transaction=token.transaction,
                accepted_at=now,
            )
    except IntegrityError as error:
        raise AppleTokenUsed from error


def _accepted(told: Json, asked: Asked, *, now: datetime) -> AppleToken:
    """Raises AppleTokenInvalid."""
    config = apple_config()
    token = parse(told)
    bound_to = application_data_of(asked.application_data)
    signed_at = verify(token, root=_certificate(config.root), application_data=bound_to)
    check_fresh(signed_at, now=now)
    if config.processing:
        _look_inside(token, asked, config)
    return token


@lru_cache(maxsize=4)
def _certificate(pem: str) -> x509.Certificate:
    return x509.load_pem_x509_certificate(pem.encode())


def _look_inside(token: AppleToken, asked: Asked, config: AppleConfig) -> None:
    keys = processing_keys(config.processing)
    opened = decrypt(token, keys=keys, merchant_id=config.merchant_id)
    check_amount(opened, amount=asked.amount, currency=asked.currency)


def call_apple(*, intent: Intent, now: datetime, token: Json) -> tuple[UUID, Outcome] | None:
    """The middle phase: the attempt is made known to Stripe, which then gets the token.

    Commits in between, so that a repetition goes on from where this one ended. The call that is to
    be settled and its outcome; None when there is nothing to confirm or somebody else is at it.
    Raises ProviderError when Stripe takes no such token, and ProviderOutcomeUnknown while Stripe
    may not know the attempt: the token is written nowhere, so only the same request can bring it.
    """
    assert intent.point
    made = call_provider(intent=intent, now=now)
    if made:
        with durable():
            settle(call_id=intent.point, outcome=made, now=now)
    # The attempt that this token was signed for, and none that came after it.
    call = call_row(intent.point)
    attempt = call.attempt
    if call.finished_at is None:
        raise ProviderOutcomeUnknown
    if not _waits(attempt):
        return None
    reference = _at_stripe(attempt, token)
    with durable():
        call = plan_confirm(hold_attempt(attempt.pk), payment_method=reference, now=now)
    outcome = try_call(call.pk, now=now)
    return (call.pk, outcome) if outcome else None


def _at_stripe(attempt: PaymentAttempt, token: Json) -> str:
    name = token["header"]["transactionId"]
    adapter = stripe_of(restaurant_account(attempt.restaurant_id))
    key = str(uuid5(attempt.pk, name))
    return adapter.apple_token(json.dumps(token), transaction_id=name, idem=key)


@transaction_required
def finish_apple(
    *, intent: Intent, outcome: tuple[UUID, Outcome] | None, by: Actor, now: datetime
) -> str:
    """The last phase: the payment's document, whatever came of it."""
    if outcome:
        settle(call_id=outcome[0], outcome=outcome[1], now=now)
    return payment_document(by.restaurant_id, intent.entity)
