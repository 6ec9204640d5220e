from django.db import models
from django.db.models import Q

from fynlo.db import OwnedQuerySet, new_id
from payments.choices import Account, Posting


class LedgerAccount(models.Model):
    """Made by the first posting that names it."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    code = models.CharField(max_length=64, choices=Account.choices)

    objects = OwnedQuerySet["LedgerAccount"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "code", name="ledger_account_code_unique")
        ]

    def __str__(self) -> str:
        return self.code


class LedgerTransaction(models.Model):
    """One movement of money, posted once: `source_key` names what caused it.

    PostgreSQL refuses to commit one whose entries do not balance, and to change one afterwards.
    A mistake is put right by another transaction.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    restaurant = models.ForeignKey("accounts.Restaurant", models.PROTECT, related_name="+")
    source_key = models.CharField(max_length=120)
    kind = models.CharField(max_length=32, choices=Posting.choices)
    business_date = models.DateField()
    created_at = models.DateTimeField()

    objects = OwnedQuerySet["LedgerTransaction"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "source_key", name="ledger_source_posted_once")
        ]
        indexes = [models.Index(fields=["restaurant", "business_date"], name="ledger_by_day")]

    def __str__(self) -> str:
        return self.source_key


class LedgerEntry(models.Model):
    """One side of a transaction: `amount` in minor units, a debit positive, a credit negative."""

    transaction = models.ForeignKey(LedgerTransaction, models.PROTECT, related_name="entries")
    account = models.ForeignKey(LedgerAccount, models.PROTECT, related_name="entries")
    amount = models.BigIntegerField()
    currency = models.CharField(max_length=3)

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="ledger_entry_not_zero")]

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"
