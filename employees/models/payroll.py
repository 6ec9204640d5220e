from django.db import models
from django.db.models import F, Q

from employees.choices import AdjustmentState
from employees.models.entries import TimeEntry
from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned, new_id


class Adjustment(RestaurantOwned):
    """Other times for a time entry, asked for by somebody and decided by somebody else.

    `proposed_breaks` is null where the breaks are right, else `[{"started_at", "ended_at",
    "break_type"}]`. `before` is the time entry's document as it was when it was
    approved; `is_correction` when its payroll period was locked by then. PostgreSQL refuses to
    change what is decided.
    """

    entry = models.ForeignKey(TimeEntry, models.PROTECT, related_name="adjustments")
    proposed_started_at = models.DateTimeField()
    proposed_ended_at = models.DateTimeField()
    proposed_breaks = models.JSONField(null=True)
    reason = models.CharField(max_length=300)
    requested_by = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    requested_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=AdjustmentState.choices, default=AdjustmentState.PENDING
    )
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    note = models.CharField(max_length=300, blank=True)
    before = models.JSONField(null=True)
    is_correction = models.BooleanField(default=False)

    objects = OwnedQuerySet["Adjustment"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(proposed_ended_at__gte=F("proposed_started_at")),
                name="adjustment_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=~Q(decided_by=F("requested_by")), name="nobody_approves_their_own"
            ),
            models.CheckConstraint(
                condition=Q(state="PENDING", decided_by=None, decided_at=None)
                | (~Q(state="PENDING") & Q(decided_by__isnull=False, decided_at__isnull=False)),
                name="adjustment_decided_by_somebody",
            ),
        ]
        indexes = [
            models.Index(
                "restaurant", F("requested_at").desc(), F("id").desc(), name="adjustment_newest"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()}: {self.reason}"


class PayrollPeriod(RestaurantOwned):
    """Business days, both ends included, that are paid together. Periods do not overlap.

    `figures` are what payroll said when it was locked.
    """

    starts_on = models.DateField()
    ends_on = models.DateField()
    locked_at = models.DateTimeField(null=True)
    locked_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    figures = models.JSONField(null=True)

    objects = OwnedQuerySet["PayrollPeriod"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_on__gte=F("starts_on")), name="period_ends_after_it_starts"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.starts_on} to {self.ends_on}"


class TipCredit(models.Model):
    """A tip that is owed to somebody, in minor units; negative when it is taken back.

    Written once for each `source_key`, never changed or deleted (and so kept for the three years
    that the Employment (Allocation of Tips) Act 2023, section 27I, asks for).
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    business_date = models.DateField()
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    source_key = models.CharField(max_length=120)
    created_at = models.DateTimeField()

    objects = OwnedQuerySet["TipCredit"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "source_key", name="tip_credited_once"),
            models.CheckConstraint(condition=~Q(amount=0), name="tip_not_zero"),
        ]
        indexes = [models.Index(fields=["restaurant", "business_date"], name="tip_by_day")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency} on {self.business_date}"
