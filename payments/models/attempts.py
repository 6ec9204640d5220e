from uuid import UUID, uuid5

from django.db import models
from django.db.models import F, Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned, new_id
from payments.choices import OPEN, PAID, AttemptStatus, Ending, Method, Operation, Provider
from payments.models.payments import Payment
from payments.models.refunds import Refund

_KEYS = UUID("b5ab0d3e-6f0a-5d0c-9f2f-3d1a6d0f5a11")


class PaymentAttempt(RestaurantOwned):
    """One try to be paid by one method. Money is minor units of `currency`.

    `amount` is asked for, `captured` was taken. `platform_fee` and `estimated_fee` (the
    provider's) are what was expected when it was made, `actual_fee` what the provider reports.
    `provider_status` is the provider's own word; `account` its account that the money goes to.
    `token_hash` is the SHA-256 of the token in the QR code. `ending` says what follows when it
    ends without money. `given_up_by` decided to go on although the provider did not say that it
    was cancelled; `is_watched` while the provider is asked what became of it, next at `poll_at`.
    """

    payment = models.ForeignKey(Payment, models.PROTECT, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    method = models.CharField(max_length=16, choices=Method.choices)
    provider = models.CharField(max_length=16, choices=Provider.choices)
    provider_id = models.CharField(max_length=80, blank=True)
    account = models.CharField(max_length=80, blank=True)
    status = models.CharField(
        max_length=20, choices=AttemptStatus.choices, default=AttemptStatus.CREATED
    )
    provider_status = models.CharField(max_length=40, blank=True)
    failure = models.CharField(max_length=80, blank=True)
    ending = models.CharField(max_length=8, choices=Ending.choices, blank=True)
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)
    captured = models.BigIntegerField(default=0)
    platform_fee = models.BigIntegerField(default=0)
    estimated_fee = models.BigIntegerField(default=0)
    actual_fee = models.BigIntegerField(null=True)
    manual_capture = models.BooleanField(default=False)
    method_ref = models.CharField(max_length=80, blank=True)
    fallback_of = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    token_hash = models.CharField(max_length=64, blank=True)
    redirect_url = models.TextField(blank=True)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    scanned_at = models.DateTimeField(null=True)
    ended_at = models.DateTimeField(null=True)
    given_up_at = models.DateTimeField(null=True)
    given_up_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    is_watched = models.BooleanField(default=False)
    poll_at = models.DateTimeField(null=True)
    polls = models.PositiveIntegerField(default=0)

    objects = OwnedQuerySet["PaymentAttempt"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("payment", "number", name="attempt_numbered_once"),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status__in=sorted(OPEN)),
                name="attempt_open_once",
            ),
            models.UniqueConstraint(
                fields=["payment"],
                condition=Q(status__in=sorted(PAID)),
                name="attempt_paid_once",
            ),
            models.UniqueConstraint(
                fields=["provider", "provider_id"],
                condition=~Q(provider_id=""),
                name="attempt_known_to_provider_once",
            ),
            models.UniqueConstraint(
                fields=["token_hash"], condition=~Q(token_hash=""), name="attempt_token_unique"
            ),
            models.CheckConstraint(
                condition=Q(
                    amount__gte=0,
                    captured__gte=0,
                    captured__lte=F("amount"),
                    platform_fee__gte=0,
                    estimated_fee__gte=0,
                ),
                name="attempt_captured_within_amount",
            ),
        ]
        indexes = [
            # What the sweep looks for; all of these stay small.
            models.Index(
                fields=["expires_at"],
                condition=Q(status__in=["UNKNOWN", "AWAITING_CUSTOMER"]),
                name="attempt_expiring",
            ),
            models.Index(fields=["poll_at"], condition=Q(is_watched=True), name="attempt_watched"),
            models.Index(
                fields=["ended_at"],
                condition=Q(actual_fee__gt=F("estimated_fee"))
                | Q(actual_fee__lt=F("estimated_fee")),
                name="attempt_with_another_fee",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.number}: {self.amount} {self.currency} by {self.get_method_display()}"

    @property
    def is_open(self) -> bool:
        return self.status in OPEN


class ProviderCall(models.Model):
    """A call to a provider, written before it is made, and never forgotten: what is not finished
    is made again under the same `key`, not before `try_at`.

    `arguments` are what the key was made for, `response` what an allow-list left of the answer,
    `latency_ms` that of the last try. PostgreSQL refuses to change one that is finished.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    attempt = models.ForeignKey(PaymentAttempt, models.PROTECT, related_name="calls")
    refund = models.ForeignKey(Refund, models.PROTECT, null=True, related_name="calls")
    operation = models.CharField(max_length=12, choices=Operation.choices)
    sequence = models.PositiveSmallIntegerField(default=1)
    key = models.UUIDField(unique=True)
    arguments = models.JSONField(default=dict)
    response = models.JSONField(null=True)
    error = models.CharField(max_length=80, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)
    tries = models.PositiveSmallIntegerField(default=0)
    started_at = models.DateTimeField()
    try_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["ProviderCall"].as_manager()

    class Meta:
        indexes = [
            models.Index(
                fields=["try_at"], condition=Q(finished_at=None), name="provider_call_unfinished"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.operation} {self.key}"


def provider_key(subject: UUID, operation: Operation, sequence: int) -> UUID:
    """The idempotency key of a call: the same for ever for the same attempt or refund, operation
    and number of it."""
    return uuid5(_KEYS, f"{subject}:{operation}:{sequence}")
