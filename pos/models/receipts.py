import secrets

from django.db import models
from django.db.models import Q

from fynlo.accounts.models import Device, Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned
from pos.models.orders import Order


def new_token() -> str:
    """128 random bits, as they stand in a public address."""
    return secrets.token_urlsafe(16)


class ReceiptChain(models.Model):
    """The end of a restaurant's chain of receipts: the last number and the last hash."""

    restaurant = models.OneToOneField("accounts.Restaurant", models.PROTECT, related_name="+")
    number = models.BigIntegerField(default=0)
    hash = models.CharField(max_length=64)

    def __str__(self) -> str:
        return f"{self.number}: {self.hash}"


class Receipt(RestaurantOwned):
    """What was issued when an order was completed. PostgreSQL refuses to change or delete it.

    `number` is the fiscal one: 1, 2, 3… for each restaurant, without a gap. `content` is the
    receipt as canonical JSON, `hash` the SHA-256 of its UTF-8 bytes; the content names the hash
    of the receipt before (`previous_hash`). An order that was reopened gets another receipt,
    which `corrects` its first one. `token` opens the public page.
    """

    number = models.BigIntegerField()
    order = models.ForeignKey(Order, models.PROTECT, related_name="receipts")
    corrects = models.ForeignKey("self", models.PROTECT, null=True, related_name="corrections")
    content = models.TextField()
    previous_hash = models.CharField(max_length=64)
    hash = models.CharField(max_length=64)
    token = models.CharField(max_length=22, unique=True, default=new_token)
    issued_at = models.DateTimeField()

    objects = OwnedQuerySet["Receipt"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "number", name="receipt_number_unique"),
            models.UniqueConstraint("restaurant", "previous_hash", name="receipt_chain_unforked"),
            models.UniqueConstraint(
                "order", condition=Q(corrects=None), name="one_first_receipt_per_order"
            ),
            models.CheckConstraint(condition=Q(number__gte=1), name="receipt_number_positive"),
        ]

    def __str__(self) -> str:
        return f"Receipt {self.number}"


class ReceiptPrint(RestaurantOwned):
    """One time that a receipt was printed: `copy` 1 is the original, 2 the first reprint."""

    receipt = models.ForeignKey(Receipt, models.PROTECT, related_name="prints")
    copy = models.PositiveIntegerField()
    printed_at = models.DateTimeField()
    printed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    device = models.ForeignKey(Device, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint("receipt", "copy", name="receipt_copy_counted_once"),
            models.CheckConstraint(condition=Q(copy__gte=1), name="receipt_copy_positive"),
        ]

    def __str__(self) -> str:
        return f"copy {self.copy}"
