"""The deployment's own access to payment providers. What is empty is not offered to guests."""

from fynlo.settings.env import env

# Where guests' phones reach us: the QR code leads there.
PUBLIC_PAY_BASE_URL = env.str("PUBLIC_PAY_BASE_URL", default="") or env.str(
    "PUBLIC_URL", default="http://127.0.0.1:8000"
)
# Stand-ins may serve a demonstration in production settings; nothing else may.
DEMO_MODE = env.bool("DEMO_MODE", default=False)

# Whether Fynlo gives its own fee back with a refund. The providers keep theirs.
PLATFORM_FEE_IS_REFUNDED = env.bool("PLATFORM_FEE_IS_REFUNDED", default=False)

TRUELAYER_CLIENT_ID = env.str("TRUELAYER_CLIENT_ID", default="")
TRUELAYER_CLIENT_SECRET = env.str("TRUELAYER_CLIENT_SECRET", default="")
TRUELAYER_KID = env.str("TRUELAYER_KID", default="")
# PEM in one line, its line breaks written \n.
TRUELAYER_PRIVATE_KEY = env.str("TRUELAYER_PRIVATE_KEY", default="", multiline=True)
# By currency; for restaurants that have none of their own.
TRUELAYER_MERCHANT_ACCOUNTS: dict[str, str] = env.dict("TRUELAYER_MERCHANT_ACCOUNTS", default={})
TRUELAYER_AUTH_URL = env.str("TRUELAYER_AUTH_URL", default="https://auth.truelayer.com")
TRUELAYER_API_URL = env.str("TRUELAYER_API_URL", default="https://api.truelayer.com")
TRUELAYER_HOSTED_URL = env.str("TRUELAYER_HOSTED_URL", default="https://payment.truelayer.com")
TRUELAYER_WEBHOOK_JWKS_URL = env.str(
    "TRUELAYER_WEBHOOK_JWKS_URL", default="https://webhooks.truelayer.com/.well-known/jwks"
)

STRIPE_SECRET_KEY = env.str("STRIPE_SECRET_KEY", default="")
STRIPE_PUBLISHABLE_KEY = env.str("STRIPE_PUBLISHABLE_KEY", default="")
# More than one while they are changed.
STRIPE_WEBHOOK_SECRETS = env.list("STRIPE_WEBHOOK_SECRET", default=[])
STRIPE_API_URL = env.str("STRIPE_API_URL", default="https://api.stripe.com")
# A page that takes cards by itself, as the stand-in has it. Empty: Stripe.js on our own page does.
STRIPE_HOSTED_URL = env.str("STRIPE_HOSTED_URL", default="")

# Apple Pay. Files are PEM: the merchant identity certificate with its key; for a demonstration
# also payment processing certificates with theirs, by which tokens are opened here.
APPLE_PAY_MERCHANT_ID = env.str("APPLE_PAY_MERCHANT_ID", default="")
APPLE_PAY_DOMAIN = env.str("APPLE_PAY_DOMAIN", default="")
APPLE_PAY_IDENTITY_FILE = env.str("APPLE_PAY_IDENTITY_FILE", default="")
APPLE_PAY_DOMAIN_ASSOCIATION_FILE = env.str("APPLE_PAY_DOMAIN_ASSOCIATION_FILE", default="")
APPLE_PAY_GATEWAY_URL = env.str(
    "APPLE_PAY_GATEWAY_URL", default="https://apple-pay-gateway.apple.com"
)
APPLE_PAY_GATEWAY_AUTHORITIES = env.str("APPLE_PAY_GATEWAY_AUTHORITIES", default="")
# Empty: Apple Root CA - G3. A stand-in signs tokens under another.
APPLE_PAY_ROOT_FILE = env.str("APPLE_PAY_ROOT_FILE", default="")
APPLE_PAY_PROCESSING_FILES = env.list("APPLE_PAY_PROCESSING_FILES", default=[])

# Production does not start when one of these leads to a sandbox, unless in DEMO_MODE.
PROVIDER_URLS = (
    "TRUELAYER_AUTH_URL",
    "TRUELAYER_API_URL",
    "TRUELAYER_HOSTED_URL",
    "TRUELAYER_WEBHOOK_JWKS_URL",
    "STRIPE_API_URL",
    "APPLE_PAY_GATEWAY_URL",
    *(("STRIPE_HOSTED_URL",) if STRIPE_HOSTED_URL else ()),
)
