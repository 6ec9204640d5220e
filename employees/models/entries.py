from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from employees.choices import Flag
from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned, new_id


class BreakType(RestaurantOwned):
    """A kind of break, in minutes. One shorter than `minimum_minutes` is noted."""

    name = models.CharField(max_length=40)
    expected_minutes = models.PositiveIntegerField()
    minimum_minutes = models.PositiveIntegerField(default=0)
    is_paid = models.BooleanField(default=False)
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = OwnedQuerySet["BreakType"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "restaurant", "name", name="break_type_name_unique", condition=Q(archived_at=None)
            ),
            models.CheckConstraint(
                condition=Q(minimum_minutes__lte=F("expected_minutes")),
                name="break_minimum_within_expected",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class TimeEntry(RestaurantOwned):
    """From clock-in to clock-out. Open while `ended_at` is null.

    `clocked_in_at` and `clocked_out_at` are what the clock said and never change; `started_at` and
    `ended_at` are what counts, after approved adjustments. Job, wage (minor units an hour) and
    rules are those of the clock-in. PostgreSQL lets nobody have two open entries, nor two that
    overlap (`time_entry_no_overlap`). One that a manager entered was never at the clock: `reason`
    says why it is there, and `clocked_in_at` is what was entered.
    """

    member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    job_title = models.CharField(max_length=80, blank=True)
    hourly_wage = models.PositiveBigIntegerField(default=0)
    currency = models.CharField(max_length=3)
    rules = models.JSONField()
    clocked_in_at = models.DateTimeField()
    clocked_out_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    reason = models.CharField(max_length=300, blank=True)
    flags = ArrayField(models.CharField(max_length=16, choices=Flag.choices), default=list)
    overtime_warned_at = models.DateTimeField(null=True)
    overtime_began_at = models.DateTimeField(null=True)
    break_warned_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["TimeEntry"].as_manager()

    class Meta:
        verbose_name_plural = "time entries"
        constraints = [
            models.UniqueConstraint(
                "member", name="one_open_time_entry", condition=Q(ended_at=None)
            ),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="time_entry_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(clocked_in_at__lte=F("received_at")), name="no_clock_in_in_the_future"
            ),
        ]
        indexes = [
            models.Index(
                "restaurant", F("started_at").desc(), F("id").desc(), name="time_entry_newest"
            ),
            models.Index(fields=["member", "started_at"], name="time_entry_of_member"),
            models.Index(fields=["restaurant"], name="time_entry_open", condition=Q(ended_at=None)),
        ]

    @property
    def lacks_end(self) -> bool:
        """Open; or closed by Fynlo, and nobody has said since when it ended."""
        flags = {*self.flags}
        return self.ended_at is None or (
            self.clocked_out_at is None
            and Flag.FORGOTTEN.value in flags
            and Flag.ADJUSTED.value not in flags
        )

    def __str__(self) -> str:
        return f"Hours of {timezone.localtime(self.started_at):%d %b %Y}"


class Break(models.Model):
    """What its kind said when it began stays with it.

    One that an adjustment put right stays, too: `replaced_by` names that, and it counts no more.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    entry = models.ForeignKey(TimeEntry, models.PROTECT, related_name="breaks")
    kind = models.ForeignKey(BreakType, models.PROTECT, null=True, related_name="+")
    name = models.CharField(max_length=40)
    is_paid = models.BooleanField(default=False)
    expected_minutes = models.PositiveIntegerField(default=0)
    minimum_minutes = models.PositiveIntegerField(default=0)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    replaced_by = models.ForeignKey(
        "employees.Adjustment", models.PROTECT, null=True, related_name="+"
    )

    class Meta:
        constraints = [
            models.UniqueConstraint("entry", name="one_open_break", condition=Q(ended_at=None)),
            models.CheckConstraint(
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at")),
                name="break_ends_after_it_starts",
            ),
        ]
        indexes = [models.Index(fields=["entry", "started_at"], name="break_of_entry")]

    def __str__(self) -> str:
        return f"{self.name} from {self.started_at}"
