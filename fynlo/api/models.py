from django.db import models


class StoredResponse(models.Model):
    """What an Idempotency-Key was answered with; kept 72 hours."""

    restaurant = models.ForeignKey("accounts.Restaurant", models.CASCADE, related_name="+")
    scope = models.CharField(max_length=64)
    fingerprint = models.CharField(max_length=64)
    status = models.PositiveSmallIntegerField()
    headers = models.JSONField(default=dict)
    body = models.TextField()
    stored_at = models.DateTimeField(db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint("restaurant", "scope", name="one_response_per_key")]

    def __str__(self) -> str:
        return f"{self.status} at {self.stored_at}"
