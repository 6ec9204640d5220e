"""A restaurant's accounts at the providers, and the adapters that speak for them."""

from uuid import UUID

from payments.choices import Provider
from payments.providers.base import PaymentProvider
from payments.providers.registry import provider_of
from payments.selectors.fees import restaurant_account


def adapter_for(restaurant_id: UUID, provider: str) -> PaymentProvider:
    """Raises ProviderAuth where nobody has set it up."""
    return provider_of(provider, restaurant_account(restaurant_id))


def account_of(restaurant_id: UUID, provider: str) -> str:
    """Where the money goes; empty for the deployment's own at Stripe."""
    account = restaurant_account(restaurant_id)
    if provider == Provider.TRUELAYER:
        return account.truelayer_merchant_account
    return account.stripe_account if provider == Provider.STRIPE else ""
