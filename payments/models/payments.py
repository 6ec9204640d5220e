from django.db import models
from django.db.models import F, Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import FeePayer, Method, PaymentStatus
from pos.models import Order


class Payment(RestaurantOwned):
    """What one guest pays towards one order. Money is minor units of `currency`.

    `bill` is the part of the order it pays for, `rounding` (included in it) what the smallest
    coin added or took. `tendered` is what was handed over in cash, `change_given` what went back.
    `customer_fee` is what the guest pays for the way to pay, `platform_fee` what Fynlo takes,
    `provider_fee_estimate` what the provider is expected to take. `refunding` is on its way back,
    `refunded` has arrived. `method` is how it was paid, or last asked to be.
    `flags`: what had changed when a till told of it afterwards (values of `LateFlag`).
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    method = models.CharField(max_length=16, choices=Method.choices)
    status = models.CharField(
        max_length=24, choices=PaymentStatus.choices, default=PaymentStatus.PENDING
    )
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    bill = models.BigIntegerField()
    rounding = models.BigIntegerField(default=0)
    tip = models.BigIntegerField(default=0)
    customer_fee = models.BigIntegerField(default=0)
    fee_payer = models.CharField(
        max_length=12, choices=FeePayer.choices, default=FeePayer.RESTAURANT
    )
    platform_fee = models.BigIntegerField(default=0)
    provider_fee_estimate = models.BigIntegerField(default=0)
    total = models.BigIntegerField()
    captured = models.BigIntegerField(default=0)
    refunding = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    tendered = models.BigIntegerField(null=True)
    change_given = models.BigIntegerField(null=True)
    taken_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField()
    captured_at = models.DateTimeField(null=True)
    flags = models.JSONField(default=list)

    objects = OwnedQuerySet["Payment"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(total=F("bill") + F("tip") + F("customer_fee")),
                name="payment_total_adds_up",
            ),
            models.CheckConstraint(
                # A bill of less than half a coin is rounded away: `bill` may be 0 or less.
                condition=Q(
                    bill__gt=F("rounding"),
                    tip__gte=0,
                    customer_fee__gte=0,
                    platform_fee__gte=0,
                    provider_fee_estimate__gte=0,
                ),
                name="payment_parts_not_negative",
            ),
            models.CheckConstraint(
                condition=Q(
                    refunded__gte=0,
                    refunding__gte=0,
                    refunded__lte=F("captured") - F("refunding"),
                    captured__lte=F("total"),
                ),
                name="payment_refunded_captured_total",
            ),
            models.CheckConstraint(
                condition=Q(tendered=None, change_given=None)
                | Q(
                    tendered__isnull=False,
                    change_given__isnull=False,
                    change_given=F("tendered") - F("total"),
                    change_given__gte=0,
                ),
                name="payment_change_adds_up",
            ),
            models.CheckConstraint(
                condition=~Q(method=Method.CASH) | Q(tendered__isnull=False),
                name="payment_in_cash_is_tendered",
            ),
        ]
        indexes = [
            models.Index("restaurant", F("taken_at").desc(), F("id").desc(), name="payment_newest"),
            # What is asked for on an order counts against what is due; it stays small.
            models.Index("order", name="payment_pending", condition=Q(status="PENDING")),
        ]

    def __str__(self) -> str:
        return f"{self.total} {self.currency} by {self.get_method_display()}"
