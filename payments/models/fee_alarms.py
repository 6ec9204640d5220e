from django.db import models

from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import Method


class FeeAlarm(RestaurantOwned):
    """On this day a provider took other fees than its price list says. Minor units of `currency`.

    `payments`: how many were off by more than the restaurant's `fee_tolerance`; `expected` and
    `actual` are the sums of their fees.
    """

    method = models.CharField(max_length=16, choices=Method.choices)
    business_date = models.DateField()
    currency = models.CharField(max_length=3)
    payments = models.PositiveIntegerField()
    expected = models.BigIntegerField()
    actual = models.BigIntegerField()
    raised_at = models.DateTimeField()

    objects = OwnedQuerySet["FeeAlarm"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "restaurant", "business_date", "method", name="fee_alarm_once_a_day"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.method} on {self.business_date}: {self.actual} is not {self.expected}"
