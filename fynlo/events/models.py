from django.db import models


class Cursor(models.Model):
    """The last event number of a restaurant. Locked last in every writing transaction."""

    restaurant = models.OneToOneField(
        "accounts.Restaurant", models.PROTECT, primary_key=True, related_name="+"
    )
    seq = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.restaurant_id} at {self.seq}"


class Event(models.Model):
    """One change that a client could care about. Written once, never changed.

    `payload` is the entity's document as JSON text, or `{"id": …}` when `deleted`.
    """

    pk = models.CompositePrimaryKey("restaurant_id", "seq")
    restaurant = models.ForeignKey(
        "accounts.Restaurant", models.PROTECT, related_name="+", db_index=False
    )
    seq = models.BigIntegerField()
    stream = models.CharField(max_length=16)
    kind = models.CharField(max_length=48)
    entity = models.CharField(max_length=32)
    entity_id = models.UUIDField()
    version = models.PositiveIntegerField()
    actor = models.UUIDField(null=True)
    device = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64, blank=True)
    occurred_at = models.DateTimeField()
    received_at = models.DateTimeField()
    deleted = models.BooleanField(default=False)
    payload = models.TextField()

    class Meta:
        indexes = [
            models.Index(fields=["restaurant", "entity_id", "seq"], name="event_history"),
            models.Index(fields=["restaurant", "stream", "seq"], name="event_stream"),
        ]

    def __str__(self) -> str:
        return f"{self.seq} {self.kind}"
