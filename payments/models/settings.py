from django.contrib.postgres.fields import ArrayField
from django.db import models

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from fynlo.sealing import SealedField
from payments.choices import AcceptAt, FeePayer, Method


def every_method() -> list[str]:
    return [*Method.values]


def usual_tips() -> list[int]:
    return [500, 1000, 2000]


class PaymentSettings(RestaurantOwned):
    """How a restaurant takes money; without a row the defaults hold.

    `methods`: the ways to pay that are offered, the preferred first. `tip_presets_bps`: of the
    bill before fees. `tip_pool`: what each role gets of every tip, `{role: bps}`; the rest is
    that of whoever serves. `refund_limit`: minor units up to which no manager is asked;
    `drawer_tolerance`: how far a drawer may be off without one; `fee_tolerance`: how far the fee
    that a provider reports for a payment may be from its estimate without an alarm.
    `bank_fee_confirmed_at`: when an owner confirmed that guests may lawfully be charged for
    paying by bank. `stripe_account` is the restaurant's account below Fynlo's at Stripe; one that
    has keys of its own keeps them in the sealed columns.
    """

    methods = ArrayField(
        models.CharField(max_length=16, choices=Method.choices), default=every_method
    )
    fee_payer = models.CharField(
        max_length=16, choices=FeePayer.choices, default=FeePayer.RESTAURANT
    )
    bank_fee_confirmed_at = models.DateTimeField(null=True, blank=True)
    bank_fee_confirmed_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, blank=True, related_name="+"
    )
    takes_tips = models.BooleanField(default=True)
    tip_presets_bps = ArrayField(models.PositiveIntegerField(), default=usual_tips)
    tip_pool = models.JSONField(default=dict, blank=True)
    refund_limit = models.PositiveBigIntegerField(default=5000)
    drawer_tolerance = models.PositiveBigIntegerField(default=500)
    fee_tolerance = models.PositiveBigIntegerField(default=10)
    accept_at = models.CharField(max_length=16, choices=AcceptAt.choices, default=AcceptAt.EXECUTED)
    falls_back_to_card = models.BooleanField(default=True)
    truelayer_merchant_account = models.CharField(max_length=64, blank=True)
    stripe_account = models.CharField(max_length=64, blank=True)
    stripe_publishable_key = models.CharField(max_length=255, blank=True)
    stripe_secret_key = SealedField(blank=True)
    stripe_webhook_secret = SealedField(blank=True)

    objects = OwnedQuerySet["PaymentSettings"].as_manager()

    class Meta:
        verbose_name_plural = "payment settings"
        constraints = [
            models.UniqueConstraint("restaurant", name="one_payment_settings_per_restaurant"),
        ]

    def __str__(self) -> str:
        return f"Payments of {self.restaurant}"
