"""Adapters, built from the deployment's settings and a restaurant's own account."""

from functools import cache, lru_cache, partial
from pathlib import Path
from urllib.parse import urlsplit

from django.conf import settings

from payments.choices import Method, Provider
from payments.errors import MethodNotAvailable, NotSupported, ProviderAuth
from payments.providers.apple import root
from payments.providers.apple.config import AppleConfig
from payments.providers.apple.sessions import MerchantSessions
from payments.providers.base import PaymentProvider, RestaurantAccount
from payments.providers.health import watching
from payments.providers.stripe.adapter import Stripe
from payments.providers.stripe.amounts import step_of
from payments.providers.stripe.config import StripeConfig
from payments.providers.stripe.wire import Wire
from payments.providers.truelayer.adapter import TrueLayer
from payments.providers.truelayer.config import TrueLayerConfig
from payments.providers.truelayer.transport import Transport
from payments.providers.truelayer.webhooks import Webhooks


def provider_of(provider: str, account: RestaurantAccount) -> PaymentProvider:
    """Connections, tokens and published keys are shared by all restaurants of a deployment.

    Raises ProviderAuth when the deployment has no access to it, NotSupported for the drawer.
    """
    if provider == Provider.TRUELAYER:
        return _truelayer(account)
    if provider == Provider.STRIPE:
        return stripe_of(account)
    raise NotSupported


def methods_set_up(account: RestaurantAccount) -> frozenset[Method]:
    """The ways to pay that there are keys and accounts for. Asks nobody whether they are good."""
    takes_cards = bool(account.stripe_secret_key or settings.STRIPE_SECRET_KEY)
    found = {
        Method.OPEN_BANKING: bool(
            settings.TRUELAYER_CLIENT_ID and account.truelayer_merchant_account
        ),
        Method.CARD: takes_cards,
        Method.APPLE_PAY: takes_cards and bool(settings.APPLE_PAY_MERCHANT_ID),
        Method.CASH: True,
    }
    return frozenset(method for method, is_set_up in found.items() if is_set_up)


def smallest_step(provider: Provider, currency: str) -> int:
    """Minor units that every amount at this provider is a multiple of."""
    return step_of(currency) if provider == Provider.STRIPE else 1


def stripe_of(account: RestaurantAccount) -> Stripe:
    """By the restaurant's own keys when it has any, else for its account below ours.

    Raises ProviderAuth without keys.
    """
    if account.stripe_secret_key:
        own = _stripe_config(account.stripe_secret_key, (account.stripe_webhook_secret,))
        return Stripe(_wire(own), own)
    if not settings.STRIPE_SECRET_KEY:
        raise ProviderAuth
    config = _stripe_config(settings.STRIPE_SECRET_KEY, tuple(settings.STRIPE_WEBHOOK_SECRETS))
    return Stripe(_wire(config), config, account=account.stripe_account)


def _stripe_config(secret_key: str, webhook_secrets: tuple[str, ...]) -> StripeConfig:
    return StripeConfig(
        secret_key=secret_key,
        webhook_secrets=tuple(filter(None, webhook_secrets)),
        api_url=settings.STRIPE_API_URL,
        hosted_url=settings.STRIPE_HOSTED_URL,
    )


@lru_cache(maxsize=256)
def _wire(config: StripeConfig) -> Wire:
    return Wire(config, watched=partial(watching, Provider.STRIPE))


def _truelayer(account: RestaurantAccount) -> TrueLayer:
    if not settings.TRUELAYER_CLIENT_ID:
        raise ProviderAuth
    transport, webhooks = _shared_truelayer(_truelayer_config())
    return TrueLayer(transport, webhooks, account=account.truelayer_merchant_account)


def _truelayer_config() -> TrueLayerConfig:
    host = urlsplit(settings.PUBLIC_PAY_BASE_URL).hostname
    return TrueLayerConfig(
        client_id=settings.TRUELAYER_CLIENT_ID,
        client_secret=settings.TRUELAYER_CLIENT_SECRET,
        kid=settings.TRUELAYER_KID,
        private_key=settings.TRUELAYER_PRIVATE_KEY,
        auth_url=settings.TRUELAYER_AUTH_URL,
        api_url=settings.TRUELAYER_API_URL,
        jwks_urls=(settings.TRUELAYER_WEBHOOK_JWKS_URL,),
        guest_email=f"guest@{host}",
    )


@cache
def _shared_truelayer(config: TrueLayerConfig) -> tuple[Transport, Webhooks]:
    transport = Transport(config, watched=partial(watching, Provider.TRUELAYER))
    return transport, Webhooks(transport)


def apple_config() -> AppleConfig:
    """Raises MethodNotAvailable when the deployment is no merchant of Apple Pay's, ProviderAuth
    when its files cannot be read."""
    if not settings.APPLE_PAY_MERCHANT_ID:
        raise MethodNotAvailable(extra={"obstacles": ["not_set_up"]})
    return AppleConfig(
        merchant_id=settings.APPLE_PAY_MERCHANT_ID,
        domain=settings.APPLE_PAY_DOMAIN,
        identity=settings.APPLE_PAY_IDENTITY_FILE,
        gateway_url=settings.APPLE_PAY_GATEWAY_URL,
        authorities=settings.APPLE_PAY_GATEWAY_AUTHORITIES,
        root=_text(settings.APPLE_PAY_ROOT_FILE) or root.PEM,
        processing=tuple(settings.APPLE_PAY_PROCESSING_FILES),
    )


def merchant_sessions() -> MerchantSessions:
    """Raises MethodNotAvailable, ProviderAuth."""
    return _merchant_sessions(apple_config())


@cache
def _merchant_sessions(config: AppleConfig) -> MerchantSessions:
    return MerchantSessions(config, watched=partial(watching, "apple"))


@cache
def _text(path: str) -> str:
    try:
        return Path(path).read_text() if path else ""
    except OSError as error:
        raise ProviderAuth from error
