from django.db import models
from django.db.models import Q

from fynlo.db import new_id
from payments.choices import Provider, WebhookState


class WebhookEvent(models.Model):
    """A provider's verified message: which object to ask it about. Stored once, however often it
    is sent. `restaurant` is that of our attempt; none while it is not known. `addressee` is the
    restaurant whose own keys it was signed by: it can say nothing about any other's money."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey(
        "accounts.Restaurant", models.PROTECT, null=True, related_name="+"
    )
    addressee = models.ForeignKey(
        "accounts.Restaurant", models.PROTECT, null=True, related_name="+"
    )
    provider = models.CharField(max_length=16, choices=Provider.choices)
    event_id = models.CharField(max_length=120)
    kind = models.CharField(max_length=80)
    provider_id = models.CharField(max_length=80)
    refund_id = models.CharField(max_length=80, blank=True)
    occurred_at = models.DateTimeField(null=True)
    received_at = models.DateTimeField()
    state = models.CharField(
        max_length=8, choices=WebhookState.choices, default=WebhookState.RECEIVED
    )
    tries = models.PositiveSmallIntegerField(default=0)
    try_at = models.DateTimeField()
    processed_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "addressee", "event_id"],
                nulls_distinct=False,
                name="webhook_stored_once",
            ),
        ]
        indexes = [
            models.Index(fields=["try_at"], condition=Q(state="RECEIVED"), name="webhook_waiting"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.event_id}"
