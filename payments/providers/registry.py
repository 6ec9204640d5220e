"""Adapters, built from the deployment's settings and a restaurant's own account."""

from functools import cache, partial
from urllib.parse import urlsplit

from django.conf import settings

from payments.choices import Method, Provider
from payments.errors import NotSupported, ProviderAuth
from payments.providers.base import PaymentProvider, RestaurantAccount
from payments.providers.health import watching
from payments.providers.truelayer.adapter import TrueLayer
from payments.providers.truelayer.config import TrueLayerConfig
from payments.providers.truelayer.transport import Transport
from payments.providers.truelayer.webhooks import Webhooks

PROVIDERS = {
    Method.OPEN_BANKING: Provider.TRUELAYER,
    Method.CARD: Provider.STRIPE,
    Method.APPLE_PAY: Provider.STRIPE,
    Method.CASH: Provider.HOUSE,
}


def provider_of(provider: str, account: RestaurantAccount) -> PaymentProvider:
    """Connections, tokens and published keys are shared by all restaurants of a deployment.

    Raises ProviderAuth when the deployment has no access to it, NotSupported for the drawer.
    """
    if provider == Provider.TRUELAYER:
        return _truelayer(account)
    raise NotSupported


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
