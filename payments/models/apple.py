from django.db import models

from fynlo.db import new_id
from payments.models.payments import Payment


class AppleTransaction(models.Model):
    """An Apple Pay token that was accepted: written before it is used, so that it is used once.

    `transaction` is Apple's own name for it, a SHA-256 in hexadecimal. Nothing else of the token
    is kept.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    payment = models.ForeignKey(Payment, models.PROTECT, related_name="+")
    transaction = models.CharField(max_length=64)
    accepted_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint("transaction", name="apple_token_used_once")]

    def __str__(self) -> str:
        return self.transaction
