from django.db import models
from django.db.models import F, Q

from payments.choices import Method, Surcharge

HIGHEST_RATE_BPS = 5000


class FeeSchedule(models.Model):
    """What a way to pay costs from a day on, and what amounts it takes.

    Rates are basis points, the rest minor units. An empty country or currency means any; the row
    that names most wins, and of equals the latest. `provider_*` is the provider's share of what
    is charged, `platform_bps` Fynlo's of bill and tip.

    PostgreSQL refuses to change a row that holds already, or will within a day.
    """

    method = models.CharField(max_length=16, choices=Method.choices)
    country = models.CharField(max_length=2, blank=True)
    currency = models.CharField(max_length=3, blank=True)
    valid_from = models.DateField()
    provider_bps = models.PositiveIntegerField()
    provider_fixed = models.PositiveIntegerField(default=0)
    platform_bps = models.PositiveIntegerField()
    minimum = models.PositiveBigIntegerField(default=1)
    maximum = models.PositiveBigIntegerField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "method", "country", "currency", "valid_from", name="fee_schedule_unique"
            ),
            models.CheckConstraint(
                # Above this the guest's charge would be mostly fee.
                condition=Q(provider_bps__lte=HIGHEST_RATE_BPS, platform_bps__lte=HIGHEST_RATE_BPS),
                name="fee_schedule_rates_at_most_half",
            ),
            models.CheckConstraint(
                condition=Q(minimum__gte=1) & (Q(maximum=None) | Q(maximum__gte=F("minimum"))),
                name="fee_schedule_limits_in_order",
            ),
        ]

    def __str__(self) -> str:
        where = " ".join(filter(None, (self.country, self.currency))) or "anywhere"
        return f"{self.get_method_display()}, {where}, from {self.valid_from}"


class SurchargeRule(models.Model):
    """Whether a country lets guests be charged for a way to pay. An empty country means any
    other; a way to pay without a rule may be charged at cost."""

    method = models.CharField(max_length=16, choices=Method.choices)
    country = models.CharField(max_length=2, blank=True)
    rule = models.CharField(max_length=16, choices=Surcharge.choices)

    class Meta:
        constraints = [
            models.UniqueConstraint("method", "country", name="surcharge_rule_unique"),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()}, {self.country or 'elsewhere'}: {self.rule}"
