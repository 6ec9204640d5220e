from django.db import models
from django.db.models import Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.models.payments import Payment


class LateTip(RestaurantOwned):
    """A tip in cash that a guest left after having paid. Minor units of `currency`.

    It is the staff's from that moment; the order and its receipt stay as they are.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="late_tips")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    business_date = models.DateField()
    taken_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    taken_at = models.DateTimeField()

    objects = OwnedQuerySet["LateTip"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="late_tip_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
