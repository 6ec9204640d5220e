from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import (
    MAX_MINOR_UNITS,
    Bps,
    Code,
    Flag,
    Id,
    Input,
    Instant,
    Minor,
    Text,
    TimeOfDay,
    Whole,
    distinct,
)
from fynlo.api.pages import PageQuery
from pos.choices import Allergen, Availability, Diet

VERSION_MAX = 2**31 - 1
POSITION_MAX = 10_000
COLOUR = "#[0-9a-fA-F]{6}"


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
    id = Id(required=False)
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
    id = Id(required=False)
    name = Text(max_length=40)
    position = Position()
    acknowledge_within_seconds = Whole(required=False, min_value=5, max_value=3600)


class WindowInput(Input):
    """Local times; one whose end is not after its start runs over midnight."""

    id = Id(required=False)
    weekdays = serializers.ListField(
        child=Whole(min_value=1, max_value=7), min_length=1, max_length=7, validators=[distinct]
    )
    starts_at = TimeOfDay()
    ends_at = TimeOfDay()


class TimedPriceInput(WindowInput):
    variation = Id(required=False, allow_null=True)
    price = Minor()


class CategoryChange(Change):
    name = Text(max_length=80, required=False)
    parent = Id(required=False, allow_null=True)  # type: ignore[assignment]
    position = Position()
    colour = Code(COLOUR, required=False)
    availability_windows = Rows(child=WindowInput(), required=False, max_length=50)


class CategoryInput(Input):
    id = Id(required=False)
    name = Text(max_length=80)
    parent = Id(required=False, allow_null=True)  # type: ignore[assignment]
    position = Position()
    colour = Code(COLOUR, required=False)
    availability_windows = Rows(child=WindowInput(), default=list, max_length=50)


class ModifierInput(Input):
    id = Id(required=False)
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
    id = Id(required=False)
    name = Text(max_length=80)
    min_choices = Whole(required=False, min_value=0, max_value=99)
    max_choices = Whole(required=False, min_value=1, max_value=99)
    allow_quantities = Flag(required=False)
    position = Position()
    modifiers = Rows(child=ModifierInput(), default=list, max_length=200)


class VariationInput(Input):
    id = Id(required=False)
    name = Text(max_length=60)
    price = Minor()
    cost = Minor(required=False, allow_null=True)


class ProductParts(Input):
    """What may be given and need not be. A list replaces the one there is."""

    description = Text(required=False, allow_blank=True, max_length=500)
    cost = Minor(required=False, allow_null=True)
    station = Id(required=False, allow_null=True)
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
    id = Id(required=False)
    sku = Text(max_length=40)
    name = Text(max_length=120)
    price = Minor()
    tax_rate = Id()
    category = Id()
    variations = Rows(child=VariationInput(), default=list, max_length=50)
    modifier_groups = serializers.ListField(
        child=Id(), default=list, max_length=50, validators=[distinct]
    )
    timed_prices = Rows(child=TimedPriceInput(), default=list, max_length=50)
    availability_windows = Rows(child=WindowInput(), default=list, max_length=50)


class ProductChange(Change, ProductParts):
    sku = Text(required=False, max_length=40)
    name = Text(required=False, max_length=120)
    price = Minor(required=False)
    tax_rate = Id(required=False)
    category = Id(required=False)
    variations = Rows(child=VariationInput(), required=False, max_length=50)
    modifier_groups = serializers.ListField(
        child=Id(), required=False, max_length=50, validators=[distinct]
    )
    timed_prices = Rows(child=TimedPriceInput(), required=False, max_length=50)
    availability_windows = Rows(child=WindowInput(), required=False, max_length=50)


class MenuQuery(Input):
    since_version = serializers.IntegerField(required=False, min_value=0, max_value=2**63 - 1)


class ProductQuery(PageQuery):
    category = Id(required=False)
    sku = Text(required=False, max_length=40)


def _is(state: str) -> dict[str, Any]:
    return {"properties": {"state": {"const": state}}}


def _has(name: str) -> dict[str, Any]:
    return {"required": [name]}


class AvailabilityInput(Change):
    """`quantity` belongs to `limited`; `until` to whatever is not simply in stock."""

    json_schema = {
        "allOf": [
            {"if": _is("limited"), "then": _has("quantity"), "else": {"not": _has("quantity")}},
            {"if": _is("in_stock"), "then": {"not": _has("until")}},
        ]
    }
    state = serializers.ChoiceField(choices=Availability.choices)
    quantity = Whole(required=False, min_value=1, max_value=1_000_000)
    until = Instant(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        is_limited = attrs["state"] == Availability.LIMITED
        if is_limited != ("quantity" in attrs):
            said = "Say how many are left." if is_limited else "Only `limited` has a quantity."
            raise serializers.ValidationError({"quantity": said}, code="quantity")
        if attrs["state"] == Availability.IN_STOCK and "until" in attrs:
            raise serializers.ValidationError({"until": "In stock has no end."}, code="until")
        return attrs
