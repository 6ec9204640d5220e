from django.db import models
from django.db.models import Q

from fynlo.db import OwnedQuerySet, RestaurantOwned
from pos.choices import UNFINISHED, ImportState


class MenuImport(RestaurantOwned):
    """A large menu file on its way into the menu. `source` is what was sent, as JSON text, until
    it is finished; `progress` is percent. `created`, `updated`, `unchanged` count products."""

    state = models.CharField(max_length=8, choices=ImportState.choices, default=ImportState.QUEUED)
    dry_run = models.BooleanField(default=False)
    rows = models.PositiveIntegerField()
    progress = models.PositiveSmallIntegerField(default=0)
    created = models.PositiveIntegerField(default=0)
    updated = models.PositiveIntegerField(default=0)
    unchanged = models.PositiveIntegerField(default=0)
    changes = models.JSONField(default=list)
    problems = models.JSONField(default=list)
    requested_by = models.UUIDField(null=True)
    requested_at = models.DateTimeField()
    touched_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    source = models.TextField(blank=True)

    objects = OwnedQuerySet["MenuImport"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant"],
                name="one_import_at_a_time",
                condition=Q(state__in=sorted(UNFINISHED)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.rows} rows, {self.get_state_display().lower()}"
