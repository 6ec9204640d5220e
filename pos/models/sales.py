"""The sums of days that are over, so that a report of a year need not look at every order.

What they count is said in `pos.selectors.sales_facts`; money is minor units.
"""

from django.db import models

from fynlo.db import OwnedQuerySet
from pos.choices import SalesDimension
from pos.models.menu import Product


class SalesDay(models.Model):
    """A business day that was summed up, with hours by the clock of `time_zone`.

    `is_current`: nothing has changed since. PostgreSQL takes it away in the transaction that
    changes an order of that day (trigger `order_changes_its_day`).
    """

    restaurant = models.ForeignKey(
        "accounts.Restaurant", models.CASCADE, related_name="+", db_index=False
    )
    business_date = models.DateField()
    time_zone = models.CharField(max_length=64)
    is_current = models.BooleanField()
    summed_at = models.DateTimeField()

    objects = OwnedQuerySet["SalesDay"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "business_date", name="sales_day_unique")
        ]

    def __str__(self) -> str:
        return str(self.business_date)


class SalesOfDay(models.Model):
    """The orders of a day by one of their properties; those of each dimension are all orders.
    `key`: an hour, a channel, an id; empty where an order has none."""

    day = models.ForeignKey(SalesDay, models.CASCADE, related_name="sales", db_index=False)
    dimension = models.CharField(max_length=8, choices=SalesDimension.choices)
    key = models.CharField(max_length=36, blank=True)
    orders = models.IntegerField()
    covers = models.IntegerField()
    gross = models.BigIntegerField()
    discount = models.BigIntegerField()
    net = models.BigIntegerField()
    tax = models.BigIntegerField()
    service_charge = models.BigIntegerField()
    tip = models.BigIntegerField()
    rounding = models.BigIntegerField()
    total = models.BigIntegerField()
    refunded = models.BigIntegerField()
    voided_lines = models.IntegerField()
    voided = models.BigIntegerField()
    cancelled_orders = models.IntegerField()
    cancelled = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint("day", "dimension", "key", name="sales_of_day_unique")
        ]

    def __str__(self) -> str:
        return f"{self.dimension} {self.key}: {self.net}"


class ProductSalesOfDay(models.Model):
    """`cost` of the pieces whose cost was known when they were sold, and the net of those."""

    day = models.ForeignKey(SalesDay, models.CASCADE, related_name="products", db_index=False)
    product = models.ForeignKey(Product, models.PROTECT, related_name="+", db_index=False)
    quantity = models.DecimalField(max_digits=14, decimal_places=3)
    gross = models.BigIntegerField()
    discount = models.BigIntegerField()
    net = models.BigIntegerField()
    tax = models.BigIntegerField()
    voided_lines = models.IntegerField()
    voided = models.BigIntegerField()
    cost = models.BigIntegerField()
    costed_net = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("day", "product", name="product_of_day_unique")]

    def __str__(self) -> str:
        return f"{self.product_id}: {self.quantity}"


class TendersOfDay(models.Model):
    """What was paid by one method for the orders of a day; `amount` includes `tip`."""

    day = models.ForeignKey(SalesDay, models.CASCADE, related_name="tenders", db_index=False)
    method = models.CharField(max_length=16)
    payments = models.IntegerField()
    amount = models.BigIntegerField()
    tip = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint("day", "method", name="tenders_of_day_unique")]

    def __str__(self) -> str:
        return f"{self.method}: {self.amount}"
