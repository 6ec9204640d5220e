from django.db import models
from django.db.models import Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from payments.choices import CloseState


class DayClose(RestaurantOwned):
    """The end of a business day, and its Z report once that is written.

    `number` counts the restaurant's closed days without a gap. `overridden` are the blockers that
    a manager closed over. `touched_at`: the last sign of life of the worker. PostgreSQL refuses to
    change one that is done.
    """

    business_date = models.DateField()
    number = models.PositiveIntegerField(null=True)
    state = models.CharField(max_length=8, choices=CloseState.choices, default=CloseState.CHECKING)
    progress = models.PositiveSmallIntegerField(default=0)
    overridden = models.JSONField(default=list)
    report = models.JSONField(null=True)
    requested_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    requested_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["DayClose"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "business_date", name="day_closed_once"),
            models.UniqueConstraint("restaurant", "number", name="day_close_numbered_once"),
            models.CheckConstraint(
                condition=~Q(state="DONE")
                | Q(report__isnull=False, closed_at__isnull=False, number__isnull=False),
                name="day_done_has_a_report",
            ),
        ]

    def __str__(self) -> str:
        return str(self.business_date)
