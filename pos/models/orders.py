from django.db import models
from django.db.models import F, Q

from fynlo.accounts.models import Membership
from fynlo.db import OwnedQuerySet, RestaurantOwned, new_id
from pos.choices import Channel, DiscountKind, LineState, OrderStatus, PaymentStatus
from pos.models.floor import Table
from pos.models.menu import Product, Variation


class OrderNumber(models.Model):
    """The last display number of a business day."""

    restaurant = models.ForeignKey("accounts.Restaurant", models.CASCADE, related_name="+")
    business_date = models.DateField()
    last = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint("restaurant", "business_date", name="one_counter_per_day")
        ]

    def __str__(self) -> str:
        return f"{self.business_date}: {self.last}"


class Order(RestaurantOwned):
    """One bill. Money is minor units of `currency`; `taxes` lists the rate buckets.

    `subtotal` is what the lines cost after discounts, as their prices show it: tax included
    where the rate is inclusive. `total = subtotal + service_charge + tax_added + tip + rounding`.
    `paid`, `refunded` and `payments` are written by payments only; `payments` is what a receipt
    says of them: `[{"payment", "method", "name", "amount", "tip", "tendered", "change"}]`.
    `carried` keeps a split or merged order's amounts to the penny:
    `{"service_charge", "service_charge_tax", "taxes": [{"name", "rate_bps", "inclusive", "tax"}]}`,
    each what is added to the amount that the lines alone would come to; empty when nothing is.
    `service_charge_approved_by`: who said yes to another rate than the house's.
    `flags`: what had changed when a till told of it afterwards (values of `LateFlag`).
    """

    number = models.PositiveIntegerField()
    business_date = models.DateField()
    channel = models.CharField(max_length=12, choices=Channel.choices)
    status = models.CharField(max_length=12, choices=OrderStatus.choices, default=OrderStatus.OPEN)
    kitchen_status = models.CharField(
        max_length=12, choices=LineState.choices, default=LineState.NEW
    )
    payment_status = models.CharField(
        max_length=20, choices=PaymentStatus.choices, default=PaymentStatus.UNPAID
    )
    table = models.ForeignKey(Table, models.PROTECT, null=True, blank=True)
    guests = models.PositiveSmallIntegerField(default=1)
    note = models.CharField(max_length=500, blank=True)
    server = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    opened_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    closed_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    opened_at = models.DateTimeField()
    received_at = models.DateTimeField()
    updated_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=200, blank=True)
    split_from = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    merged_into = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    currency = models.CharField(max_length=3)
    gross = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    subtotal = models.BigIntegerField(default=0)
    service_charge_bps = models.PositiveIntegerField(default=0)
    service_charge = models.BigIntegerField(default=0)
    service_charge_approved_by = models.ForeignKey(
        Membership, models.PROTECT, null=True, related_name="+"
    )
    tax = models.BigIntegerField(default=0)
    tax_added = models.BigIntegerField(default=0)
    taxes = models.JSONField(default=list)
    carried = models.JSONField(default=dict)
    tip = models.BigIntegerField(default=0)
    rounding = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    paid = models.BigIntegerField(default=0)
    refunded = models.BigIntegerField(default=0)
    payments = models.JSONField(default=list)
    flags = models.JSONField(default=list)
    due = models.GeneratedField(
        expression=F("total") - F("paid") + F("refunded"),
        output_field=models.BigIntegerField(),
        db_persist=True,
    )

    objects = OwnedQuerySet["Order"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "restaurant", "business_date", "number", name="order_number_unique_per_day"
            ),
            models.CheckConstraint(
                condition=Q(
                    total=F("subtotal")
                    + F("service_charge")
                    + F("tax_added")
                    + F("tip")
                    + F("rounding")
                ),
                name="order_total_adds_up",
            ),
            models.CheckConstraint(
                condition=Q(subtotal=F("gross") - F("discount"), discount__gte=0, subtotal__gte=0),
                name="order_discount_within_gross",
            ),
            models.CheckConstraint(
                condition=Q(refunded__gte=0, refunded__lte=F("paid")),
                name="order_refunded_within_paid",
            ),
        ]
        indexes = [
            models.Index("restaurant", F("opened_at").desc(), F("id").desc(), name="order_newest"),
            # The floor and the till ask for what is open; it stays small.
            models.Index(
                fields=["restaurant", "table"], name="order_open", condition=Q(status="OPEN")
            ),
            models.Index(fields=["restaurant", "updated_at", "id"], name="order_updated"),
        ]

    def __str__(self) -> str:
        return f"#{self.number} of {self.business_date}"


class OrderLine(models.Model):
    """What was sold: names, prices and tax are copied from the menu at that moment.

    Minor units: `unit_price` and `modifiers_price` for one piece; `menu_price` what the menu asked
    for it, only where the price was overridden; `gross` for the quantity;
    `discount` is the line's own discounts, `order_discount` its share of the order's;
    `total = gross - discount` is what the guest reads beside the line. `tax` is the line's share
    of its rate bucket. `unit_cost`: what one piece cost the house; null where that was not known.
    `modifiers`: `[{"modifier", "name", "quantity", "price_delta"}]`.
    `counted`: the pieces it took off a limited product.
    A line that a split divides keeps its id for the first part; `part_of` of the others names it.
    `carried`: what dividing left with this part beyond quantity times price.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    position = models.PositiveIntegerField()
    product = models.ForeignKey(Product, models.PROTECT)
    variation = models.ForeignKey(Variation, models.PROTECT, null=True)
    name = models.CharField(max_length=120)
    variation_name = models.CharField(max_length=60, blank=True)
    modifiers = models.JSONField(default=list)
    part_of = models.UUIDField(null=True)
    quantity = models.DecimalField(max_digits=7, decimal_places=3)
    counted = models.PositiveIntegerField(default=0)
    seat = models.PositiveSmallIntegerField(default=0)
    course = models.PositiveSmallIntegerField(default=0)
    note = models.CharField(max_length=200, blank=True)
    unit_price = models.BigIntegerField()
    modifiers_price = models.BigIntegerField(default=0)
    price_overridden = models.BooleanField(default=False)
    unit_cost = models.BigIntegerField(null=True)
    menu_price = models.BigIntegerField(null=True)
    carried = models.BigIntegerField(default=0)
    gross = models.BigIntegerField(default=0)
    discount = models.BigIntegerField(default=0)
    order_discount = models.BigIntegerField(default=0)
    total = models.BigIntegerField(default=0)
    tax_name = models.CharField(max_length=40)
    tax_rate_bps = models.PositiveIntegerField()
    tax_inclusive = models.BooleanField()
    tax = models.BigIntegerField(default=0)
    state = models.CharField(max_length=12, choices=LineState.choices, default=LineState.NEW)
    added_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    started_at = models.DateTimeField(null=True)
    ready_at = models.DateTimeField(null=True)
    served_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=200, blank=True)
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    version = models.PositiveIntegerField(default=1)

    class Meta:
        constraints = [
            models.UniqueConstraint("order", "position", name="line_position_unique"),
            models.CheckConstraint(condition=Q(quantity__gt=0), name="line_quantity_positive"),
            models.CheckConstraint(
                condition=Q(
                    total=F("gross") - F("discount"),
                    discount__gte=0,
                    order_discount__gte=0,
                    total__gte=F("order_discount"),
                ),
                name="line_total_adds_up",
            ),
        ]
        indexes = [
            # A ticket asks where the parts of its lines went; few lines are ever divided.
            models.Index(fields=["part_of"], name="line_parts", condition=Q(part_of__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.quantity} × {self.name}"


class OrderDiscount(models.Model):
    """A discount on the order, or on one line. `value` is bps or minor units; `amount` what it
    came to."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    order = models.ForeignKey(Order, models.CASCADE, related_name="discounts")
    line = models.ForeignKey(OrderLine, models.CASCADE, null=True, related_name="discounts")
    kind = models.CharField(max_length=8, choices=DiscountKind.choices)
    value = models.BigIntegerField()
    reason = models.CharField(max_length=200)
    amount = models.BigIntegerField(default=0)
    given_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    approved_by = models.ForeignKey(Membership, models.PROTECT, null=True, related_name="+")
    given_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(value__gt=0), name="discount_value_positive"),
            models.CheckConstraint(
                condition=~Q(kind=DiscountKind.PERCENT) | Q(value__lte=10_000),
                name="discount_at_most_100_percent",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.reason}: {self.amount}"
