from collections.abc import Sequence
from typing import Any

from django.core.validators import RegexValidator
from rest_framework import serializers

from fynlo.api.inputs import MAX_MINOR_UNITS, Bps, Flag, Input, Minor, Text, Whole
from fynlo.api.pages import PageQuery
from pos.choices import Allergen, Availability, Diet

VERSION_MAX = 2**31 - 1
POSITION_MAX = 10_000
COLOUR = RegexValidator(r"\A#[0-9a-fA-F]{6}\Z", "Write a colour as #rrggbb.", code="invalid")


def distinct(values: Sequence[Any]) -> None:
    """Raises ValidationError when one is there twice."""
    if any(value in values[:place] for place, value in enumerate(values)):
        raise serializers.ValidationError("Something is named twice.", code="not_unique")


def distinct_ids(rows: Sequence[dict[str, Any]]) -> None:
    """Raises ValidationError when two rows have one id."""
    distinct([row["id"] for row in rows if "id" in row])


class Change(Input):
    version = Whole(required=False, min_value=1, max_value=VERSION_MAX)


class Rows(serializers.ListSerializer[Any]):
    """A list of nested inputs; an id is in it once at most."""

    def __init__(self, **options: Any) -> None:
        super().__init__(validators=[distinct_ids], **options)


class Position(Whole):
    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=POSITION_MAX, required=False, **options)


class TaxRateInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=40)
    rate_bps = Bps()
    is_inclusive = Flag(default=True)


class TaxRateChange(Change):
    name = Text(max_length=40, required=False)
    rate_bps = Bps(required=False)
    is_inclusive = Flag(required=False)


class StationChange(Change):
    name = Text(max_length=40, required=False)
    position = Position()
    acknowledge_within_seconds = Whole(required=False, min_value=5, max_value=3600)


class StationInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=40)
    position = Position()
    acknowledge_within_seconds = Whole(required=False, min_value=5, max_value=3600)


class CategoryChange(Change):
    name = Text(max_length=80, required=False)
    parent = serializers.UUIDField(required=False, allow_null=True)  # type: ignore[assignment]
    position = Position()
    colour = Text(required=False, max_length=7, validators=[COLOUR])


class CategoryInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=80)
    parent = serializers.UUIDField(required=False, allow_null=True)  # type: ignore[assignment]
    position = Position()
    colour = Text(required=False, max_length=7, validators=[COLOUR])


class ModifierInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=80)
    price_delta = Minor(default=0, min_value=-MAX_MINOR_UNITS)


class ModifierGroupChange(Change):
    name = Text(max_length=80, required=False)
    min_choices = Whole(required=False, min_value=0, max_value=99)
    max_choices = Whole(required=False, min_value=1, max_value=99)
    allow_quantities = Flag(required=False)
    position = Position()
    modifiers = Rows(child=ModifierInput(), required=False, max_length=200)


class ModifierGroupInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=80)
    min_choices = Whole(required=False, min_value=0, max_value=99)
    max_choices = Whole(required=False, min_value=1, max_value=99)
    allow_quantities = Flag(required=False)
    position = Position()
    modifiers = Rows(child=ModifierInput(), default=list, max_length=200)


class VariationInput(Input):
    id = serializers.UUIDField(required=False)
    name = Text(max_length=60)
    price = Minor()


class TimedPriceInput(Input):
    id = serializers.UUIDField(required=False)
    variation = serializers.UUIDField(required=False, allow_null=True)
    price = Minor()
    weekdays = serializers.ListField(
        child=Whole(min_value=1, max_value=7), min_length=1, max_length=7, validators=[distinct]
    )
    starts_at = serializers.TimeField(input_formats=["%H:%M"])
    ends_at = serializers.TimeField(input_formats=["%H:%M"])


class ProductParts(Input):
    """What may be given and need not be. A list replaces the one there is."""

    description = Text(required=False, allow_blank=True, max_length=500)
    station = serializers.UUIDField(required=False, allow_null=True)
    position = Position()
    course = Whole(required=False, min_value=0, max_value=9)
    prep_minutes = Whole(required=False, min_value=0, max_value=999)
    image = Text(required=False, allow_blank=True, max_length=300)
    allergens = serializers.ListField(
        child=serializers.ChoiceField(Allergen.choices), required=False, max_length=14,
        validators=[distinct],
    )  # fmt: skip
    dietary = serializers.ListField(
        child=serializers.ChoiceField(Diet.choices), required=False, max_length=5,
        validators=[distinct],
    )  # fmt: skip


class ProductInput(ProductParts):
    id = serializers.UUIDField(required=False)
    sku = Text(max_length=40)
    name = Text(max_length=120)
    price = Minor()
    tax_rate = serializers.UUIDField()
    category = serializers.UUIDField()
    variations = Rows(child=VariationInput(), default=list, max_length=50)
    modifier_groups = serializers.ListField(
        child=serializers.UUIDField(), default=list, max_length=50, validators=[distinct]
    )
    timed_prices = Rows(child=TimedPriceInput(), default=list, max_length=50)


class ProductChange(Change, ProductParts):
    sku = Text(required=False, max_length=40)
    name = Text(required=False, max_length=120)
    price = Minor(required=False)
    tax_rate = serializers.UUIDField(required=False)
    category = serializers.UUIDField(required=False)
    variations = Rows(child=VariationInput(), required=False, max_length=50)
    modifier_groups = serializers.ListField(
        child=serializers.UUIDField(), required=False, max_length=50, validators=[distinct]
    )
    timed_prices = Rows(child=TimedPriceInput(), required=False, max_length=50)


class ProductQuery(PageQuery):
    category = serializers.UUIDField(required=False)
    sku = serializers.CharField(required=False, max_length=40)


class AvailabilityInput(Change):
    """`quantity` belongs to `limited`; `until` to whatever is not simply in stock."""

    state = serializers.ChoiceField(choices=Availability.choices)
    quantity = Whole(required=False, min_value=1, max_value=1_000_000)
    until = serializers.DateTimeField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_limited = attrs["state"] == Availability.LIMITED
        if is_limited != ("quantity" in attrs):
            said = "Say how many are left." if is_limited else "Only `limited` has a quantity."
            raise serializers.ValidationError({"quantity": said}, code="quantity")
        if attrs["state"] == Availability.IN_STOCK and "until" in attrs:
            raise serializers.ValidationError({"until": "In stock has no end."}, code="until")
        return attrs
