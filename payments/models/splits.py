from django.db import models
from django.db.models import F, Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import SplitKind
from payments.models.payments import Payment
from pos.models import Order


class PaymentSplit(RestaurantOwned):
    """One guest's part of an order that several pay: a payment of its own, `number` of `parts`.

    `lines` say what it was for when guests pay what they had: `[{"line", "quantity"}]`.
    """

    order = models.ForeignKey(Order, models.PROTECT, related_name="+")
    payment = models.OneToOneField(Payment, models.PROTECT, related_name="split")
    kind = models.CharField(max_length=8, choices=SplitKind.choices)
    number = models.PositiveSmallIntegerField()
    parts = models.PositiveSmallIntegerField()
    lines = models.JSONField(default=list)
    made_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()

    objects = OwnedQuerySet["PaymentSplit"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(number__gte=1, number__lte=F("parts"), parts__gte=2),
                name="split_number_within_parts",
            ),
        ]
        indexes = [models.Index(fields=["order", "made_at", "number"], name="split_in_order")]

    def __str__(self) -> str:
        return f"{self.number} of {self.parts}"
