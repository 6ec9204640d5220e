"""Reads of the price list and of what a restaurant has chosen."""

from dataclasses import fields
from datetime import date
from uuid import UUID

from django.conf import settings
from django.db.models import QuerySet

from fynlo.accounts.selectors import restaurant_profile
from payments.choices import Surcharge
from payments.documents import PAYMENT_SETTINGS
from payments.models import FeeSchedule, PaymentSettings, SurchargeRule
from payments.providers.base import RestaurantAccount

FIELDS = fields(RestaurantAccount)


def payment_settings(restaurant_id: UUID) -> PaymentSettings:
    """The restaurant's row, or one with the defaults that is not saved (`version` 1)."""
    return settings_rows(restaurant_id).first() or PaymentSettings(restaurant_id=restaurant_id)


def settings_rows(restaurant_id: UUID) -> QuerySet[PaymentSettings]:
    """One row, or none while nothing was chosen."""
    return PaymentSettings.objects.for_restaurant(restaurant_id)


def settings_document(restaurant_id: UUID) -> tuple[int, str] | None:
    """The version and the document; None while nothing was chosen."""
    rows = PAYMENT_SETTINGS.annotated(settings_rows(restaurant_id))
    found: tuple[int, str] | None = rows.values_list("version", "document").first()
    return found


def lock_settings(restaurant_id: UUID) -> PaymentSettings:
    """The row, locked to the end of the transaction; it has to exist."""
    return settings_rows(restaurant_id).select_for_update(no_key=True).get()


def lock_every_settings() -> list[PaymentSettings]:
    """All restaurants' rows, locked in the order of their keys."""
    return list(PaymentSettings.objects.select_for_update(no_key=True).order_by("pk"))


def restaurant_account(restaurant_id: UUID) -> RestaurantAccount:
    """What the adapters of this restaurant are made with. Holds secrets in the clear.

    One without a merchant account of its own uses the deployment's.
    """
    currency = restaurant_profile(restaurant_id).currency
    return account_below(payment_settings(restaurant_id), currency=currency)


def account_below(row: PaymentSettings, *, currency: str) -> RestaurantAccount:
    """As `restaurant_account`, from the restaurant's row."""
    own = {field.name: getattr(row, field.name) for field in FIELDS}
    if not row.truelayer_merchant_account:
        shared: dict[str, str] = settings.TRUELAYER_MERCHANT_ACCOUNTS
        own["truelayer_merchant_account"] = shared.get(currency, "")
    return RestaurantAccount(**own)


def own_stripe(restaurant_id: UUID) -> RestaurantAccount:
    """The restaurant's own keys at Stripe, empty for one without; it need not exist."""
    row = payment_settings(restaurant_id)
    return RestaurantAccount(
        stripe_secret_key=row.stripe_secret_key, stripe_webhook_secret=row.stripe_webhook_secret
    )


def fee_schedules(*, country: str, currency: str, on: date) -> dict[str, FeeSchedule]:
    """The row in force for each way to pay; one without a row is missing.

    The row that names the country wins over one that names the currency, that over one that names
    neither, and of equals the latest.
    """
    rows = FeeSchedule.objects.filter(
        country__in=("", country), currency__in=("", currency), valid_from__lte=on
    )
    # An empty text sorts before any other, so the last row of each method is the one in force.
    ordered = rows.order_by("method", "country", "currency", "valid_from")
    return {row.method: row for row in ordered}


def surcharge_rules(country: str) -> dict[str, Surcharge]:
    """By way to pay; one without a rule may be charged at cost."""
    rows = SurchargeRule.objects.filter(country__in=("", country))
    return {row.method: Surcharge(row.rule) for row in rows.order_by("method", "country")}
