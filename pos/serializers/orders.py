from decimal import Decimal
from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import (
    Approver,
    Bps,
    Id,
    Input,
    Instant,
    Minor,
    Quantity,
    Text,
    Whole,
    rows_of,
)
from fynlo.api.pages import PageQuery
from pos.choices import Channel, DiscountKind, LineState, OrderStatus, PaymentStatus
from pos.models import OrderDiscount
from pos.selectors.orders import Piece
from pos.selectors.sale import Choice, Wanted

VERSION_MAX = 2**31 - 1
MAX_PARTS = 20


class Versioned(Input):
    version = Whole(required=False, min_value=1, max_value=VERSION_MAX)


class ChoiceInput(Input):
    modifier = Id()
    quantity = Whole(default=1, min_value=1, max_value=50)

    def to_internal_value(self, data: Any) -> Choice:
        return Choice(**super().to_internal_value(data))


class LineInput(Input):
    """`unit_price` only for those who may override prices."""

    id = Id(required=False)
    product = Id()
    variation = Id(required=False, allow_null=True)
    modifiers = rows_of(ChoiceInput(), required=False, max_length=50)
    quantity = Quantity(default=Decimal(1))
    seat = Whole(default=0, min_value=0, max_value=99)
    course = Whole(required=False, min_value=0, max_value=9)
    note = Text(required=False, allow_blank=True, max_length=200)
    unit_price = Minor(required=False)

    def to_internal_value(self, data: Any) -> Wanted:
        return Wanted(**super().to_internal_value(data))


class OrderInput(Input):
    id = Id(required=False)
    channel = serializers.ChoiceField(choices=Channel.choices)
    table = Id(required=False, allow_null=True)
    guests = Whole(default=1, min_value=1, max_value=500)
    note = Text(required=False, allow_blank=True, max_length=500)
    lines = rows_of(LineInput(), min_length=1, max_length=200)


class DiscountValue(Input):
    """`value`: basis points for a percentage, minor units for an amount."""

    kind = serializers.ChoiceField(choices=DiscountKind.choices)
    value = Whole(min_value=1, max_value=10**11)
    json_schema = {
        "if": {"properties": {"kind": {"const": "percent"}}},
        "then": {"properties": {"value": {"maximum": 10_000}}},
    }

    def validate(self, attrs: Any) -> Any:
        if attrs["kind"] == DiscountKind.PERCENT and attrs["value"] > 10_000:
            raise serializers.ValidationError({"value": "At most 10000 basis points (100 %)."})
        return attrs


class CalculateDiscount(DiscountValue):
    def validate(self, attrs: Any) -> OrderDiscount:
        return OrderDiscount(**super().validate(attrs))


class CalculateInput(Input):
    channel = serializers.ChoiceField(choices=Channel.choices)
    lines = rows_of(LineInput(), min_length=1, max_length=200)
    discounts = rows_of(CalculateDiscount(), required=False, max_length=20)


class OrderChange(Versioned):
    table = Id(required=False, allow_null=True)
    server = Id(required=False)
    guests = Whole(required=False, min_value=1, max_value=500)
    note = Text(required=False, allow_blank=True, max_length=500)
    service_charge_bps = Bps(required=False)
    approver = Approver(required=False)


class LinesInput(Input):
    lines = rows_of(LineInput(), min_length=1, max_length=200)


class LineChange(Versioned):
    """`modifiers`: all of them, as they are to be."""

    quantity = Quantity(required=False)
    seat = Whole(required=False, min_value=0, max_value=99)
    course = Whole(required=False, min_value=0, max_value=9)
    note = Text(required=False, allow_blank=True, max_length=200)
    modifiers = rows_of(ChoiceInput(), required=False, max_length=50)
    approver = Approver(required=False)


class SomeLines(Versioned):
    """All that qualify when none are named."""

    lines = serializers.ListField(child=Id(), required=False, min_length=1, max_length=200)


class HoldInput(SomeLines):
    course = Whole(required=False, min_value=0, max_value=9)


class FireInput(Versioned):
    course = Whole(min_value=0, max_value=9)


class TransferInput(Versioned):
    """`table`, `server`, or both."""

    table = Id(required=False)
    server = Id(required=False)
    json_schema = {"anyOf": [{"required": ["table"]}, {"required": ["server"]}]}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"table", "server"} & attrs.keys():
            raise serializers.ValidationError("Name a table, a server, or both.")
        return attrs


class MergeInput(Versioned):
    into = Id()


class PieceInput(Input):
    """A line, all of it or so much of it; its id alone is all of it."""

    line = Id()
    quantity = Quantity(required=False)

    def to_internal_value(self, data: Any) -> Piece:
        given = {"line": data} if isinstance(data, str) else data
        return Piece(**super().to_internal_value(given))


class SplitInput(Versioned):
    """One of `lines`, `seats` and `equal`."""

    lines = serializers.ListField(
        child=rows_of(PieceInput(), min_length=1, max_length=200),
        required=False,
        min_length=1,
        max_length=MAX_PARTS,
    )
    seats = serializers.ListField(
        child=serializers.ListField(
            child=Whole(min_value=0, max_value=99), min_length=1, max_length=100
        ),
        required=False,
        min_length=1,
        max_length=MAX_PARTS,
    )
    equal = Whole(required=False, min_value=2, max_value=MAX_PARTS)
    approver = Approver(required=False)
    json_schema = {"oneOf": [{"required": [way]} for way in ("lines", "seats", "equal")]}

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len({"lines", "seats", "equal"} & attrs.keys()) != 1:
            raise serializers.ValidationError("Give one of `lines`, `seats` and `equal`.")
        return attrs


class ReasonInput(Versioned):
    reason = Text(max_length=200)


class VoidInput(ReasonInput):
    """`quantity`: so much of the line; all of it when it is left out."""

    line = Id()
    quantity = Quantity(required=False)
    approver = Approver(required=False)


class DiscountInput(ReasonInput, DiscountValue):
    line = Id(required=False)
    approver = Approver(required=False)


class RemoveDiscountInput(Versioned):
    discount = Id()
    approver = Approver(required=False)


class OrderQuery(PageQuery):
    status = serializers.ChoiceField(choices=OrderStatus.choices, required=False)
    kitchen_status = serializers.ChoiceField(choices=LineState.choices, required=False)
    payment_status = serializers.ChoiceField(choices=PaymentStatus.choices, required=False)
    channel = serializers.ChoiceField(choices=Channel.choices, required=False)
    table = Id(required=False)
    business_date = serializers.DateField(required=False)
    updated_since = Instant(required=False)
    q = Text(required=False, max_length=60)
