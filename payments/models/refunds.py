from django.db import models
from django.db.models import F, Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import RefundStatus
from payments.models.payments import Payment


class Refund(RestaurantOwned):
    """Money that goes back to the guest, in minor units of `currency`.

    `amount = bill_amount + tip_amount + fee_amount`: what it takes from the bill, the tip and the
    guest's fee. `lines` say what it was for: `[{"line", "quantity", "amount"}]`. `is_late` when
    the money had come after its attempt was given up: the order never had it.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="refunds")
    attempt = models.ForeignKey("payments.PaymentAttempt", models.PROTECT, related_name="refunds")
    status = models.CharField(
        max_length=12, choices=RefundStatus.choices, default=RefundStatus.CREATED
    )
    provider_id = models.CharField(max_length=80, blank=True)
    failure = models.CharField(max_length=80, blank=True)
    currency = models.CharField(max_length=3)
    amount = models.BigIntegerField()
    bill_amount = models.BigIntegerField(default=0)
    tip_amount = models.BigIntegerField(default=0)
    fee_amount = models.BigIntegerField(default=0)
    platform_fee = models.BigIntegerField(default=0)
    reason = models.CharField(max_length=200)
    lines = models.JSONField(default=list)
    is_late = models.BooleanField(default=False)
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    is_watched = models.BooleanField(default=False)
    poll_at = models.DateTimeField(null=True)
    polls = models.PositiveIntegerField(default=0)

    objects = OwnedQuerySet["Refund"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    amount__gt=0,
                    bill_amount__gte=0,
                    tip_amount__gte=0,
                    fee_amount__gte=0,
                    amount=F("bill_amount") + F("tip_amount") + F("fee_amount"),
                ),
                name="refund_adds_up",
            ),
            models.UniqueConstraint(
                fields=["attempt"], condition=Q(is_late=True), name="refund_late_money_once"
            ),
            models.UniqueConstraint(
                fields=["attempt", "provider_id"],
                condition=~Q(provider_id=""),
                name="refund_known_to_provider_once",
            ),
        ]
        indexes = [
            models.Index(fields=["poll_at"], condition=Q(is_watched=True), name="refund_watched"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}: {self.reason}"
