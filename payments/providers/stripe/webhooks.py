"""Messages from Stripe: https://docs.stripe.com/webhooks#verify-manually."""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

import stripe

from payments.errors import SignatureInvalid
from payments.providers.base import ProviderEvent

# Seconds that the signature's time may lie in the past or, unlike for the SDK, in the future.
TOLERANCE_S = 300
NONSENSE = (ValueError, KeyError, TypeError, AttributeError, OverflowError, OSError, RecursionError)


def event_of(
    raw: bytes, headers: Mapping[str, str], *, secrets: tuple[str, ...], now: datetime
) -> ProviderEvent:
    """Raises SignatureInvalid."""
    header = headers.get("Stripe-Signature", "")
    if not any(_is_signed(raw, header, secret) for secret in secrets):
        raise SignatureInvalid
    if abs(now.timestamp() - _signed_at(header)) > TOLERANCE_S:
        raise SignatureInvalid
    try:
        return _event(json.loads(raw))
    except NONSENSE as error:
        raise SignatureInvalid from error


def _is_signed(raw: bytes, header: str, secret: str) -> bool:
    """Whatever the SDK makes of the header: it fails in its own ways on bytes beyond ASCII."""
    try:
        stripe.WebhookSignature.verify_header(raw, header, secret, tolerance=None)
    except (stripe.SignatureVerificationError, UnicodeDecodeError, TypeError):
        return False
    return True


def _signed_at(header: str) -> int:
    """The SDK has verified it: the first `t=`, by which the signature was made."""
    return next(int(part[2:]) for part in header.split(",") if part.startswith("t="))


def _event(told: Any) -> ProviderEvent:
    """Of what is about no payment, `provider_id` is empty.

    Who signed it may be a restaurant with keys of its own, so it may be anything.
    """
    about = told["data"]["object"]
    kind = about["object"]
    intent = about["id"] if kind == "payment_intent" else about.get("payment_intent")
    return ProviderEvent(
        event_id=_text(told["id"]),
        kind=_text(told["type"]),
        provider_id=_text(intent or ""),
        occurred_at=datetime.fromtimestamp(told["created"], UTC),
        refund_id=_text(about["id"]) if kind == "refund" else "",
    )


def _text(value: Any) -> str:
    """What PostgreSQL can keep. Raises ValueError, TypeError."""
    if not isinstance(value, str):
        raise TypeError
    value.encode()
    if "\0" in value:
        raise ValueError
    return value
