from datetime import datetime

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from fynlo.accounts.models import Device, Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned, new_id
from fynlo.sealing import SealedField
from syncing.choices import (
    STRATEGIES,
    Choice,
    DeliveryStatus,
    OperationType,
    Stopped,
    Strategy,
    Verdict,
)


class SyncOperation(RestaurantOwned):
    """One thing that a till did while it was offline, and what became of it here.

    `op_id` is the till's own; its number `device_seq` counts the till's operations without gaps.
    `changes` and `base` are as the till sent them. `next_try_at` is set while Fynlo goes on
    trying by itself; without it a quarantined operation waits for a person. `flags`: what had
    changed by the time it was told (values of `LateFlag`, or of a time entry's flags).
    `strategies`: by field, who won where both had changed it.
    """

    op_id = models.UUIDField()
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")
    actor = models.ForeignKey(Membership, models.PROTECT, related_name="+")
    device_seq = models.BigIntegerField()
    group = models.CharField(max_length=64, blank=True)
    entity = models.CharField(max_length=32)
    entity_id = models.UUIDField()
    type = models.CharField(max_length=8, choices=OperationType.choices)
    base_version = models.PositiveIntegerField(null=True)
    base = models.JSONField(null=True)
    changes = models.JSONField()
    hash = models.CharField(max_length=64)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    verdict = models.CharField(max_length=16, choices=Verdict.choices)
    code = models.CharField(max_length=64, blank=True)
    detail = models.TextField(blank=True)
    flags = models.JSONField(default=list)
    strategies = models.JSONField(default=dict)
    entity_version = models.PositiveIntegerField(null=True)
    tries = models.PositiveSmallIntegerField(default=1)
    next_try_at = models.DateTimeField(null=True)
    settled_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    settled_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    objects = OwnedQuerySet["SyncOperation"].as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "pushed operation", "pushed operations"
        constraints = [
            models.UniqueConstraint("restaurant", "op_id", name="sync_operation_once"),
            models.CheckConstraint(
                condition=~Q(verdict=Verdict.DUPLICATE), name="sync_operation_keeps_its_verdict"
            ),
        ]
        indexes = [
            models.Index("device", "device_seq", name="sync_operation_of_device"),
            models.Index(
                "next_try_at",
                condition=Q(next_try_at__isnull=False),
                name="sync_operation_to_try",
            ),
            models.Index(
                "restaurant",
                "received_at",
                condition=Q(verdict=Verdict.QUARANTINED),
                name="sync_operation_quarantined",
            ),
            # What was pushed lately is counted for the dashboard; rows come in this order.
            BrinIndex("received_at", name="sync_operation_recent", pages_per_range=16),
            # What two had changed is counted by strategy; it is rare.
            models.Index(
                "restaurant",
                "received_at",
                condition=~Q(strategies={}),
                name="sync_operation_merged",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.entity} {self.op_id}"


class Conflict(RestaurantOwned):
    """Two changed the same, and a person decides. `server` is the document as it was found,
    `base` as the till knew it, `fields` what both had changed."""

    operation = models.OneToOneField(SyncOperation, models.PROTECT, related_name="conflict")
    fields = models.JSONField()
    base = models.JSONField(null=True)
    server = models.JSONField()
    found_at = models.DateTimeField()
    choice = models.CharField(max_length=8, choices=Choice.choices, blank=True, default="")
    resolved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    resolved_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["Conflict"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(choice="", resolved_at=None)
                | (~Q(choice="") & Q(resolved_at__isnull=False)),
                name="conflict_resolved_by_a_choice",
            )
        ]
        indexes = [
            models.Index(
                "restaurant", "found_at", condition=Q(choice=""), name="conflict_unresolved"
            )
        ]

    def __str__(self) -> str:
        return f"{', '.join(self.fields)} of {self.operation_id}"


class FieldStrategy(RestaurantOwned):
    """An owner's own rule for one field; `field` `*` is all the others of the entity."""

    entity = models.CharField(max_length=32, choices=[(name, name) for name in STRATEGIES])
    field = models.CharField(max_length=64, default="*")
    strategy = models.CharField(max_length=16, choices=Strategy.choices)

    objects = OwnedQuerySet["FieldStrategy"].as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "rule of who wins", "rules of who wins"
        constraints = [
            models.UniqueConstraint("restaurant", "entity", "field", name="field_strategy_once")
        ]

    def __str__(self) -> str:
        return f"{self.entity}.{self.field}: {self.get_strategy_display()}"


class DeviceProgress(models.Model):
    """How far a device has come: the highest number that it has told of, and the last event that
    it has pulled."""

    device = models.OneToOneField(Device, models.CASCADE, primary_key=True, related_name="+")
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    told_seq = models.BigIntegerField("highest number told", default=0)
    pushed_at = models.DateTimeField(null=True)
    pulled_seq = models.BigIntegerField(default=0)
    pulled_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["DeviceProgress"].as_manager()

    class Meta:
        verbose_name, verbose_name_plural = "till's progress", "progress of tills"

    def __str__(self) -> str:
        return f"{self.device_id} at {self.told_seq}"


class WebhookEndpoint(RestaurantOwned):
    """An integrator's address, which gets the log, one request at a time.

    `seq`: every event up to it has a delivery, or was not asked for. No `streams`: all of them;
    no `kinds`: all of the streams. `failing_since`: from then on it has taken no event.
    `quiet_until`: nothing is sent before, except by hand. One worker at a time, `lease`, sends to
    it, the delivery `sending` at this moment; a worker that dies is replaced after `leased_until`.
    """

    url = models.URLField(max_length=500)
    description = models.CharField(max_length=120, blank=True)
    streams = ArrayField(models.CharField(max_length=16), default=list, blank=True)
    kinds = ArrayField(models.CharField(max_length=48), default=list, blank=True)
    is_active = models.BooleanField(default=True)
    stopped_because = models.CharField(max_length=8, choices=Stopped.choices, blank=True)
    stopped_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True, blank=True)
    seq = models.BigIntegerField()
    failing_since = models.DateTimeField(null=True, editable=False)
    quiet_until = models.DateTimeField(null=True, editable=False)
    lease = models.UUIDField(null=True, editable=False)
    leased_until = models.DateTimeField(null=True, editable=False)
    sending = models.UUIDField(null=True, editable=False)

    objects = OwnedQuerySet["WebhookEndpoint"].as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(stopped_because="") | Q(is_active=False),
                name="webhook_endpoint_stopped_is_not_active",
            )
        ]

    def __str__(self) -> str:
        return self.url

    def is_leased(self, now: datetime) -> bool:
        return self.leased_until is not None and self.leased_until > now

    def takes_events(self, now: datetime) -> bool:
        return self.is_active and (self.quiet_until is None or self.quiet_until <= now)


class WebhookSecret(models.Model):
    """Signs what an endpoint gets: the newest for good, one that was replaced until `ends_at`."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    endpoint = models.ForeignKey(WebhookEndpoint, models.CASCADE, related_name="secrets")
    secret = SealedField()
    made_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "endpoint", condition=Q(ends_at=None), name="webhook_secret_newest"
            )
        ]

    def __str__(self) -> str:
        return f"secret of {self.made_at:%F}"


class WebhookDelivery(RestaurantOwned):
    """One event on its way to one endpoint, and what came of the last try.

    Without `seq` it is a ping. `is_by_hand`: somebody asked for it, and it is tried once. Each
    waits by itself for its next try, at `try_at`. `response` is the beginning of the answer.
    """

    endpoint = models.ForeignKey(WebhookEndpoint, models.PROTECT, related_name="deliveries")
    seq = models.BigIntegerField(null=True)
    kind = models.CharField(max_length=48)
    status = models.CharField(
        max_length=9, choices=DeliveryStatus.choices, default=DeliveryStatus.PENDING
    )
    is_by_hand = models.BooleanField(default=False)
    tries = models.PositiveSmallIntegerField(default=0)
    created_at = models.DateTimeField()
    first_tried_at = models.DateTimeField(null=True)
    try_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    response_status = models.PositiveSmallIntegerField(null=True)
    response = models.TextField(blank=True)
    error = models.CharField(max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)

    objects = OwnedQuerySet["WebhookDelivery"].as_manager()

    class Meta:
        verbose_name_plural = "webhook deliveries"
        constraints = [
            models.UniqueConstraint(
                "endpoint", "seq", condition=Q(is_by_hand=False), name="webhook_delivery_of_event"
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.PENDING, ended_at=None)
                | (~Q(status=DeliveryStatus.PENDING) & Q(ended_at__isnull=False)),
                name="webhook_delivery_ended",
            ),
        ]
        indexes = [
            models.Index("endpoint", "created_at", name="webhook_delivery_log"),
            models.Index(
                "endpoint",
                "try_at",
                condition=Q(status=DeliveryStatus.PENDING),
                name="webhook_delivery_pending",
            ),
            models.Index("ended_at", name="webhook_delivery_to_forget"),
        ]

    def __str__(self) -> str:
        return self.kind


class WebhookAttempt(models.Model):
    """One try of a delivery, noted before it is sent. Without `latency_ms` it is under way, or
    whoever sent it died before its answer was noted. `response` is the beginning of the answer."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    delivery = models.ForeignKey(WebhookDelivery, models.CASCADE, related_name="attempts")
    number = models.PositiveSmallIntegerField()
    tried_at = models.DateTimeField()
    response_status = models.PositiveSmallIntegerField(null=True)
    response = models.TextField(blank=True)
    error = models.CharField(max_length=200, blank=True)
    latency_ms = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("delivery", "number", name="webhook_attempt_once"),
        ]

    def __str__(self) -> str:
        return f"try {self.number}"
