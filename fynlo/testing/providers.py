"""A deployment with keys to providers that nobody answers for: whatever is asked of them fails
at once, and nothing leaves this machine."""

from typing import Any

from fynlo.redis import asking

KEY = "known"
NOBODY = "http://127.0.0.1:9"


def have_keys(settings: Any) -> None:
    """Until the test ends; that they did not answer before is forgotten."""
    settings.TRUELAYER_CLIENT_ID = settings.STRIPE_SECRET_KEY = KEY
    settings.TRUELAYER_MERCHANT_ACCOUNTS = {"GBP": "ours", "EUR": "ours", "USD": "ours"}
    settings.TRUELAYER_AUTH_URL = settings.TRUELAYER_API_URL = NOBODY
    settings.STRIPE_API_URL = NOBODY
    with asking() as redis:
        for mark in redis.scan_iter("provider:*"):
            redis.delete(mark)
