"""A restaurant's accounts at the providers, and the adapters that speak for them."""

from uuid import UUID

from payments.choices import Provider
from payments.providers.base import PaymentProvider, RestaurantAccount
from payments.providers.registry import provider_of
from payments.selectors.fees import payment_settings


def adapter_for(restaurant_id: UUID, provider: str) -> PaymentProvider:
    """Raises ProviderAuth where nobody has set it up."""
    chosen = payment_settings(restaurant_id)
    return provider_of(
        provider,
        RestaurantAccount(
            truelayer_merchant_account=chosen.truelayer_merchant_account,
            stripe_account=chosen.stripe_account,
            stripe_publishable_key=chosen.stripe_publishable_key,
            stripe_secret_key=chosen.stripe_secret_key,
            stripe_webhook_secret=chosen.stripe_webhook_secret,
        ),
    )


def account_of(restaurant_id: UUID, provider: str) -> str:
    """Where the money goes; empty for the deployment's own."""
    chosen = payment_settings(restaurant_id)
    if provider == Provider.TRUELAYER:
        return chosen.truelayer_merchant_account
    return chosen.stripe_account if provider == Provider.STRIPE else ""
