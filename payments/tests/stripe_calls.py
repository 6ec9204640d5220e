"""The adapter for Stripe as the tests build it, and what they ask of it."""

import json
import time
from contextlib import nullcontext
from dataclasses import replace
from typing import Any
from uuid import uuid4

import stripe

from fynlo.db import new_id
from payments.providers.base import AttemptSpec
from payments.providers.stripe.adapter import Stripe
from payments.providers.stripe.config import StripeConfig
from payments.providers.stripe.wire import Wire
from payments.sandbox.stripe.remote import RunningStripe


def config_of(house: RunningStripe) -> StripeConfig:
    return StripeConfig(
        secret_key=house.credentials.secret_key,
        webhook_secrets=(house.credentials.webhook_secret,),
        api_url=house.url,
        hosted_url=house.url,
        read_timeout=2.0,
        retries=1,
    )


def adapter_of(house: RunningStripe, *, account: str = "", **changed: Any) -> Stripe:
    config = replace(config_of(house), **changed)
    return Stripe(Wire(config, watched=nullcontext), config, account=account)


def spec(**changed: Any) -> AttemptSpec:
    given = {
        "attempt": new_id(),
        "payment": new_id(),
        "restaurant": new_id(),
        "amount": 2750,
        "currency": "GBP",
        "reference": "Kettle 42",
    }
    return AttemptSpec(**{**given, **changed})


def key() -> str:
    return str(uuid4())


def webhook(about: dict[str, Any], *, secret: str, at: float | None = None) -> tuple[bytes, str]:
    """A signed message and its header, as Stripe would send it at this time."""
    told = {"id": "evt_1", "object": "event", "type": "x.y", "created": 1_790_000_000}
    text = json.dumps({**told, "data": {"object": about}})
    signer = stripe.WebhookSignature
    return text.encode(), signer.generate_signature_header(text, secret, int(at or time.time()))
