from django.db import models
from django.db.models import Q

from fynlo.db import OwnedQuerySet, RestaurantOwned


class LedgerAlarm(RestaurantOwned):
    """Two sums that must agree did not, until `ended_at`. Minor units of `currency`.

    `check`: which, as in `payments.selectors.ledger_checks`; `books` is what the ledger has,
    `counted` what the rows come to.
    """

    check_name = models.CharField(max_length=40)
    currency = models.CharField(max_length=3)
    books = models.BigIntegerField()
    counted = models.BigIntegerField()
    raised_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)

    objects = OwnedQuerySet["LedgerAlarm"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "check_name"],
                condition=Q(ended_at=None),
                name="ledger_alarm_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.check_name}: {self.books} is not {self.counted}"
