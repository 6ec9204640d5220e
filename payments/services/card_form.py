"""What Stripe's own script needs to take a card on the guest's page."""

import logging
from dataclasses import dataclass, field

from django.conf import settings

from payments.choices import Provider
from payments.errors import ProviderError
from payments.selectors.fees import payment_settings
from payments.services.accounts import adapter_for
from payments.services.guest_page import payment_behind

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class CardForm:
    """`client_secret` lets its holder pay this one payment; it is never stored or logged."""

    publishable_key: str
    account: str
    client_secret: str = field(repr=False)


def card_form(token: str) -> CardForm | None:
    """Asks Stripe: call outside a transaction. None while it does not answer.

    Raises NotFound.
    """
    attempt = payment_behind(token).attempt
    chosen = payment_settings(attempt.restaurant_id)
    try:
        adapter = adapter_for(attempt.restaurant_id, Provider.STRIPE)
        secret = adapter.fetch(attempt.provider_id).client_secret
    except ProviderError as error:
        logger.warning("no card form for attempt %s: %s", attempt.pk, error.code)
        return None
    if chosen.stripe_publishable_key:
        return CardForm(chosen.stripe_publishable_key, "", secret)
    return CardForm(settings.STRIPE_PUBLISHABLE_KEY, chosen.stripe_account, secret)
