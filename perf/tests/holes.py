"""Settings of a stack with a hole of every class: see `perf.tests.holes_urls` for the others."""

from fynlo.settings.development import *  # noqa: F403
from fynlo.settings.development import MIDDLEWARE, RATES

ROOT_URLCONF = "perf.tests.holes_urls"
MIDDLEWARE = [
    "perf.tests.holes_urls.lets_everybody_read",
    *(name for name in MIDDLEWARE if not name.endswith("PagePolicy")),
]
SECURE_CONTENT_TYPE_NOSNIFF = False
SESSION_COOKIE_HTTPONLY = False
WEBHOOKS_TO_LOOPBACK = True
RATES = {**RATES, "sign_in": "100000/minute"}
