from django.db import models

from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import Finding, Provider


class Reconciliation(RestaurantOwned):
    """A day of a provider's books held against ours. Sums in minor units; run again, it is
    another row: the newest counts."""

    provider = models.CharField(max_length=16, choices=Provider.choices)
    day = models.DateField()
    theirs = models.BigIntegerField()
    ours = models.BigIntegerField()
    fees = models.BigIntegerField()
    matched = models.PositiveIntegerField()
    made_at = models.DateTimeField()

    objects = OwnedQuerySet["Reconciliation"].as_manager()

    class Meta:
        indexes = [models.Index(fields=["restaurant", "day"], name="reconciliation_by_day")]

    def __str__(self) -> str:
        return f"{self.provider} on {self.day}"


class ReconciliationLine(models.Model):
    """What did not match: theirs and ours in minor units, null where one side has nothing."""

    reconciliation = models.ForeignKey(Reconciliation, models.CASCADE, related_name="lines")
    finding = models.CharField(max_length=16, choices=Finding.choices)
    provider_id = models.CharField(max_length=80)
    kind = models.CharField(max_length=16)
    theirs = models.BigIntegerField(null=True)
    ours = models.BigIntegerField(null=True)

    objects = models.Manager()

    def __str__(self) -> str:
        return f"{self.finding}: {self.provider_id}"
