"""How an integrator knows that an event is from us, and which one it is."""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import datetime

from syncing.models import WebhookDelivery


def headers_of(
    delivery: WebhookDelivery, body: bytes, *, secrets: Iterable[str], now: datetime
) -> dict[str, str]:
    """`Fynlo-Event-Id` is the same whenever the event comes, by whatever delivery."""
    event = delivery.pk if delivery.seq is None else f"{delivery.restaurant_id}:{delivery.seq}"
    return {
        "Content-Type": "application/json",
        "User-Agent": "Fynlo-Webhooks/1",
        "Fynlo-Event-Id": str(event),
        "Fynlo-Delivery": str(delivery.pk),
        "Fynlo-Signature": signature(body, secrets=secrets, at=int(now.timestamp())),
    }


def signature(body: bytes, *, secrets: Iterable[str], at: int) -> str:
    """`t=…,v1=…`: HMAC-SHA256, in hexadecimal, over the seconds, a dot and the body; one `v1` for
    each secret."""
    signed = f"{at}.".encode() + body
    digests = (hmac.new(key.encode(), signed, hashlib.sha256).hexdigest() for key in secrets)
    return ",".join([f"t={at}", *(f"v1={digest}" for digest in digests)])
