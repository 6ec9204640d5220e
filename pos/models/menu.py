from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from fynlo.db import new_id
from pos.choices import Allergen, Availability, Diet
from pos.models.archive import Archivable, ArchivableQuerySet


class Station(Archivable):
    """Where the kitchen cooks: grill, bar, pass."""

    name = models.CharField(max_length=40)
    position = models.PositiveSmallIntegerField(default=0)
    acknowledge_within_seconds = models.PositiveIntegerField(default=120)

    objects = ArchivableQuerySet["Station"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "name"],
                name="station_name_unique",
                condition=Q(archived_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name


class TaxRate(Archivable):
    """`rate_bps` basis points; inside the price when `is_inclusive`, else added to it."""

    name = models.CharField(max_length=40)
    rate_bps = models.PositiveIntegerField()
    is_inclusive = models.BooleanField(default=True)

    objects = ArchivableQuerySet["TaxRate"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "name"],
                name="tax_rate_name_unique",
                condition=Q(archived_at=None),
            ),
            models.CheckConstraint(condition=Q(rate_bps__lte=10_000), name="tax_at_most_100"),
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.rate_bps / 100:g} %"


class Category(Archivable):
    """A tree of two levels: a parent has no parent."""

    name = models.CharField(max_length=80)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    colour = models.CharField(max_length=7, default="#64748b")

    objects = ArchivableQuerySet["Category"].as_manager()

    class Meta:
        verbose_name_plural = "categories"
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "name"],
                name="category_name_unique",
                condition=Q(archived_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name


class Product(Archivable):
    """Something on the menu. Prices are minor units of the restaurant's currency.

    `stock` counts down while `availability` is limited: sold out at 0, and limited again when
    pieces return. Without a stock it is sold out because somebody said so. At
    `available_again_at` a product that was limited or sold out is in stock again. Archived
    products stay on old orders only and their sku is free again.
    """

    sku = models.CharField(max_length=40)
    name = models.CharField(max_length=120)
    description = models.CharField(max_length=500, blank=True)
    price = models.BigIntegerField()
    cost = models.BigIntegerField(null=True, blank=True)
    tax_rate = models.ForeignKey(TaxRate, models.PROTECT)
    category = models.ForeignKey(Category, models.PROTECT)
    station = models.ForeignKey(Station, models.PROTECT, null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    course = models.PositiveSmallIntegerField(default=0)
    prep_minutes = models.PositiveSmallIntegerField(default=0)
    image = models.CharField(max_length=300, blank=True)
    allergens = ArrayField(
        models.CharField(max_length=16, choices=Allergen.choices), default=list, blank=True
    )
    dietary = ArrayField(
        models.CharField(max_length=16, choices=Diet.choices), default=list, blank=True
    )
    availability = models.CharField(
        max_length=16, choices=Availability.choices, default=Availability.IN_STOCK
    )
    stock = models.PositiveIntegerField(null=True, blank=True)
    available_again_at = models.DateTimeField(null=True, blank=True)
    modifier_groups: "models.ManyToManyField[ModifierGroup, ProductModifierGroup]" = (
        models.ManyToManyField("ModifierGroup", through="ProductModifierGroup", blank=True)
    )

    objects = ArchivableQuerySet["Product"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "sku"], name="sku_unique", condition=Q(archived_at=None)
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="price_not_negative"),
            models.CheckConstraint(
                condition=Q(availability=Availability.LIMITED, stock__isnull=False)
                | Q(availability=Availability.OUT_OF_STOCK, stock=0)
                | (~Q(availability=Availability.LIMITED) & Q(stock__isnull=True)),
                name="stock_only_while_counted",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class Variation(models.Model):
    """A size with its own price and, where it is known, its own cost."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="variations")
    name = models.CharField(max_length=60)
    price = models.BigIntegerField()
    cost = models.BigIntegerField(null=True, blank=True)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "product", "name", name="variation_name_unique", condition=Q(archived_at=None)
            ),
            models.CheckConstraint(condition=Q(price__gte=0), name="variation_price_not_negative"),
        ]

    def __str__(self) -> str:
        return self.name


class ModifierGroup(Archivable):
    """A question at the till: how many of its modifiers may be chosen."""

    name = models.CharField(max_length=80)
    min_choices = models.PositiveSmallIntegerField(default=0)
    max_choices = models.PositiveSmallIntegerField(default=1)
    allow_quantities = models.BooleanField(default=False)
    position = models.PositiveIntegerField(default=0)

    objects = ArchivableQuerySet["ModifierGroup"].as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["restaurant", "name"],
                name="modifier_group_name_unique",
                condition=Q(archived_at=None),
            ),
            models.CheckConstraint(
                condition=Q(min_choices__lte=models.F("max_choices"), max_choices__gte=1),
                name="modifier_choices_possible",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class ProductModifierGroup(models.Model):
    product = models.ForeignKey(Product, models.CASCADE, related_name="group_links")
    group = models.ForeignKey(ModifierGroup, models.CASCADE, related_name="product_links")
    position = models.PositiveIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint("product", "group", name="group_once_per_product")]

    def __str__(self) -> str:
        return f"{self.product_id} {self.group_id}"


class Modifier(models.Model):
    """A choice, and what it adds to the price in minor units (may be negative)."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    group = models.ForeignKey(ModifierGroup, models.CASCADE, related_name="modifiers")
    name = models.CharField(max_length=80)
    price_delta = models.BigIntegerField(default=0)
    position = models.PositiveIntegerField(default=0)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                "group", "name", name="modifier_name_unique", condition=Q(archived_at=None)
            )
        ]

    def __str__(self) -> str:
        return self.name


class AvailabilityWindow(models.Model):
    """When a product, or all of a category, is sold: on some weekdays (ISO, Monday 1) between two
    local times, over midnight as in TimedPrice. Without any it is sold at all times."""

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(
        Product, models.CASCADE, null=True, blank=True, related_name="availability_windows"
    )
    category = models.ForeignKey(
        Category, models.CASCADE, null=True, blank=True, related_name="availability_windows"
    )
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(product=None, category__isnull=False)
                | Q(product__isnull=False, category=None),
                name="window_of_one_thing",
            )
        ]

    def __str__(self) -> str:
        return f"{self.starts_at}–{self.ends_at}"


class TimedPrice(models.Model):
    """Happy hour: another price on some weekdays (ISO, Monday 1) between two local times.

    A window whose end is not after its start runs over midnight and belongs to the day it
    starts on. Without a variation it is for the whole product: its own price, and that of every
    variation with no running window of its own.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    product = models.ForeignKey(Product, models.CASCADE, related_name="timed_prices")
    variation = models.ForeignKey(Variation, models.CASCADE, null=True, blank=True)
    price = models.BigIntegerField()
    weekdays = ArrayField(models.PositiveSmallIntegerField())
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price__gte=0), name="timed_price_not_negative")
        ]

    def __str__(self) -> str:
        return f"{self.starts_at}–{self.ends_at}: {self.price}"
