from django.db import models
from django.db.models import F, Q

from employees.choices import Punch
from employees.models.entries import TimeEntry
from fynlo.accounts.models import Device, Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned


class ClockAttempt(RestaurantOwned):
    """One try at the clock, whether it was accepted or not, and what it was judged by.

    `member` is null when code and PIN were nobody's. `signals`:
    `[{"signal", "weight", "mode", "detail"}]`; `risk` is the sum of the weights, 100 at most.
    Metres and degrees (WGS 84). Where exactly somebody stood is kept for 30 days; then only
    `distance_band` is left of it.
    """

    member = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    entry = models.ForeignKey(TimeEntry, models.PROTECT, null=True, related_name="attempts")
    punch = models.CharField(max_length=12, choices=Punch.choices)
    employee_code = models.CharField(max_length=12, blank=True)
    attempted_at = models.DateTimeField()
    occurred_at = models.DateTimeField()
    refusal = models.CharField(max_length=40, blank=True)
    address = models.GenericIPAddressField(null=True)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    accuracy_m = models.PositiveIntegerField(null=True)
    distance_m = models.PositiveIntegerField(null=True)
    distance_band = models.CharField(max_length=16, blank=True)
    signals = models.JSONField(default=list)
    risk = models.PositiveSmallIntegerField(default=0)

    objects = OwnedQuerySet["ClockAttempt"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(risk__lte=100), name="risk_at_most_100"),
        ]
        indexes = [
            models.Index(
                "restaurant", F("attempted_at").desc(), F("id").desc(), name="attempt_newest"
            ),
            models.Index(fields=["device", "attempted_at"], name="attempt_at_device"),
            models.Index(fields=["member", "attempted_at"], name="attempt_of_member"),
            models.Index(
                fields=["attempted_at"],
                name="attempt_located",
                condition=Q(latitude__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_punch_display()} at {self.attempted_at}"

    @property
    def is_accepted(self) -> bool:
        return not self.refusal
