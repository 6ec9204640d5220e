from django.db import models
from django.db.models import F, Q
from django.utils import timezone

from employees.choices import SwapState
from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned


class Shift(RestaurantOwned):
    """A planned piece of work, as draft and as published. What staff see is published; what is
    published again takes the draft over. `member` is null for a shift that nobody has yet.

    A cancelled shift is gone once that was published, too.
    """

    member = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    job_title = models.CharField(max_length=80, blank=True)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    note = models.CharField(max_length=200, blank=True)
    is_cancelled = models.BooleanField(default=False)
    published_member = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    published_starts_at = models.DateTimeField(null=True)
    published_ends_at = models.DateTimeField(null=True)
    published_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["Shift"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(ends_at__gt=F("starts_at")), name="shift_ends_after_it_starts"
            ),
            models.CheckConstraint(
                condition=Q(published_starts_at=None, published_ends_at=None)
                | Q(published_ends_at__gt=F("published_starts_at")),
                name="published_shift_ends_after_it_starts",
            ),
        ]
        indexes = [
            models.Index(fields=["restaurant", "starts_at", "id"], name="shift_by_time"),
            models.Index(
                fields=["published_member", "published_starts_at"], name="shift_of_member"
            ),
            models.Index(
                fields=["restaurant", "published_starts_at", "id"],
                name="shift_published",
                condition=Q(published_starts_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.job_title or 'Shift'} on {timezone.localtime(self.starts_at):%d %b %Y}"

    @property
    def is_published_as_it_is(self) -> bool:
        if self.is_cancelled:
            return self.published_starts_at is None
        draft = (self.member_id, self.starts_at, self.ends_at)
        return draft == (
            self.published_member_id,
            self.published_starts_at,
            self.published_ends_at,
        )


class Swap(RestaurantOwned):
    """Somebody asks a colleague to take a shift: the colleague accepts, then a manager approves."""

    shift = models.ForeignKey(Shift, models.PROTECT, related_name="swaps")
    from_member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    to_member = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    state = models.CharField(max_length=9, choices=SwapState.choices, default=SwapState.ASKED)
    asked_at = models.DateTimeField()
    decided_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")

    objects = OwnedQuerySet["Swap"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "shift", name="one_swap_at_a_time", condition=Q(state__in=["ASKED", "ACCEPTED"])
            ),
            models.CheckConstraint(
                condition=~Q(from_member=F("to_member")), name="swap_with_somebody_else"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_state_display()} since {self.asked_at}"
