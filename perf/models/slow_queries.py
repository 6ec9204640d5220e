from django.db import models


class SlowQuery(models.Model):
    """One pattern of statements in one hour: those that were slow, were repeated, or took most
    time in all. Milliseconds; never a value. `callers` is `[[call at line, times], …]`, `repeats`
    `[[call at line, most in one call], …]`, `plan` the lines of the plan, when it was asked for.
    """

    hour = models.DateTimeField()
    fingerprint = models.CharField(max_length=16)
    text = models.TextField()
    verb = models.CharField(max_length=16)
    count = models.PositiveBigIntegerField()
    total_ms = models.FloatField()
    mean_ms = models.FloatField()
    least_ms = models.FloatField()
    most_ms = models.FloatField()
    p95_ms = models.FloatField()
    rows = models.PositiveBigIntegerField()
    slow = models.PositiveBigIntegerField()
    callers = models.JSONField(default=list)
    repeats = models.JSONField(default=list)
    cost = models.FloatField(null=True)
    plan = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["fingerprint", "hour"], name="slow_query_once_for_each_hour"
            )
        ]
        indexes = [models.Index(fields=["hour"], name="slow_query_hour")]

    def __str__(self) -> str:
        return f"{self.fingerprint} at {self.hour:%Y-%m-%d %H:00}"
