from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from employees.choices import EarlyMode
from fynlo.db import OwnedQuerySet, RestaurantOwned


class LabourPolicy(RestaurantOwned):
    """How a restaurant counts hours and guards its clock. Made with its country's rules when it is
    first asked for.

    `rules` as in `employees.choices.RULE_PACKS`. `signals`: `{signal: mode}`, what is not named is
    flagged. The geofence is `radius_m` metres around a point (WGS 84, degrees) or not set;
    `networks` are CIDR blocks. A clock-in up to `early_minutes` before the shift is not early, one
    up to `late_minutes` after its start is not late. `forgotten_minutes`: after the end of the
    shift; without a shift an entry is forgotten after `longest_minutes`.
    """

    rules = models.JSONField()
    week_starts_on = models.PositiveSmallIntegerField(default=1)
    overtime_alert_minutes = models.PositiveIntegerField(default=30)
    early_minutes = models.PositiveIntegerField(default=15)
    early_mode = models.CharField(max_length=8, choices=EarlyMode.choices, default=EarlyMode.FLAG)
    late_minutes = models.PositiveIntegerField(default=10)
    forgotten_minutes = models.PositiveIntegerField(default=4 * 60)
    longest_minutes = models.PositiveIntegerField(default=16 * 60)
    signals = models.JSONField(default=dict)
    latitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    longitude = models.DecimalField(max_digits=9, decimal_places=6, null=True)
    radius_m = models.PositiveIntegerField(default=150)
    networks = ArrayField(models.CharField(max_length=43), default=list)

    objects = OwnedQuerySet["LabourPolicy"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", name="one_labour_policy"),
            models.CheckConstraint(
                condition=Q(week_starts_on__range=(1, 7)), name="week_starts_on_a_day"
            ),
            models.CheckConstraint(
                condition=Q(latitude=None, longitude=None)
                | Q(latitude__range=(-90, 90), longitude__range=(-180, 180)),
                name="geofence_is_a_place",
            ),
        ]

    def __str__(self) -> str:
        return f"Hours of {self.restaurant}"
