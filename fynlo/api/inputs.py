"""Input serializers that take what they declare and nothing else."""

import re
from collections.abc import Sequence
from datetime import datetime, time
from decimal import Decimal
from functools import cache
from typing import Any, ClassVar
from uuid import UUID

from rest_framework import serializers

MAX_MINOR_UNITS = 10**11
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", re.ASCII | re.IGNORECASE)
_INSTANT = re.compile(
    r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", re.ASCII | re.IGNORECASE
)
_QUANTITY = r"[0-9]{1,4}(\.[0-9]{1,3})?"
_TIME = r"([01][0-9]|2[0-3]):[0-5][0-9]"
JSONSchema = dict[str, Any]


class Input(serializers.Serializer[Any]):
    """Validates, never writes. Unknown fields are refused.

    `json_schema`, here and at the fields below, says in the API's schema what the class asks for
    beyond what drf-spectacular finds out; a None there takes a keyword away.
    """

    json_schema: ClassVar[JSONSchema] = {}

    def to_internal_value(self, data: Any) -> Any:
        if isinstance(data, dict):
            unknown = sorted(str(name) for name in data.keys() - self.fields.keys())
            if unknown:
                raise serializers.ValidationError(
                    {name[:80]: self._unknown() for name in unknown[:20]}
                )
        return super().to_internal_value(data)

    def _unknown(self) -> list[serializers.ErrorDetail]:
        return [serializers.ErrorDetail("There is no such field.", code="unknown_field")]


@cache
def validator(kind: type[Input]) -> Input:
    """One for all requests: it keeps nothing of what it validates, and to copy its fields for each
    takes longer than to validate."""
    return kind(error_messages={"null": "No data provided"})


class Whole(serializers.IntegerField):
    """A JSON integer: neither a string, nor 1.0, nor true."""

    def to_internal_value(self, data: Any) -> int:
        if not isinstance(data, int) or isinstance(data, bool):
            self.fail("invalid")
        return data


class Minor(Whole):
    """Money in minor units."""

    def __init__(self, *, min_value: int = 0, **options: Any) -> None:
        super().__init__(min_value=min_value, max_value=MAX_MINOR_UNITS, **options)


class Bps(Whole):
    """Basis points, 0 to 10,000."""

    def __init__(self, **options: Any) -> None:
        super().__init__(min_value=0, max_value=10_000, **options)


class Flag(serializers.BooleanField):
    """A JSON true or false, not a word for it."""

    def to_internal_value(self, data: Any) -> bool:
        if not isinstance(data, bool):
            self.fail("invalid", input=data)
        return data


class Text(serializers.CharField):
    """A JSON string, trimmed."""

    @property
    def json_schema(self) -> JSONSchema:
        """Neither NUL nor, where blank is refused, only what trimming takes away."""
        if self.allow_blank:
            return {"pattern": r"^[^\u0000]*$"}
        trimmed = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"
        return {"minLength": 1, "pattern": trimmed if self.trim_whitespace else r"^[^\u0000]*$"}

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Code(Text):
    """Text of one form, given as a regular expression for all of it. Never trimmed."""

    def __init__(self, form: str, **options: Any) -> None:
        super().__init__(trim_whitespace=False, **options)
        self.form = form

    @property
    def json_schema(self) -> JSONSchema:
        return {"pattern": f"^{self.form}$"}

    def to_internal_value(self, data: Any) -> str:
        text = super().to_internal_value(data)
        if not re.fullmatch(self.form, text, re.ASCII):
            self.fail("invalid")
        return text


class Id(serializers.UUIDField):
    """A UUID as RFC 9562 writes it, and in no other way."""

    def to_internal_value(self, data: Any) -> UUID:
        if not (isinstance(data, str) and _ID.fullmatch(data)):
            self.fail("invalid", value=data)
        return super().to_internal_value(data)


class Instant(serializers.DateTimeField):
    """RFC 3339 with its offset: a time without one is a different moment in every zone."""

    def to_internal_value(self, value: Any) -> datetime:
        if not (isinstance(value, str) and _INSTANT.fullmatch(value)):
            self.fail("invalid", format="YYYY-MM-DDThh:mm:ssZ")
        return super().to_internal_value(value)


class TimeOfDay(serializers.TimeField):
    """`17:30`, in the restaurant's own zone."""

    json_schema: ClassVar[JSONSchema] = {"format": None, "pattern": f"^{_TIME}$"}

    def to_internal_value(self, value: Any) -> time:
        if not (isinstance(value, str) and re.fullmatch(_TIME, value)):
            self.fail("invalid", format="hh:mm")
        return super().to_internal_value(value)


class Quantity(serializers.DecimalField):
    """A decimal string, more than 0 and at most 9999.999."""

    json_schema: ClassVar[JSONSchema] = {"pattern": rf"^(?!0+(\.0+)?$){_QUANTITY}$"}

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=7, decimal_places=3, min_value=Decimal("0.001"), **options)

    def to_internal_value(self, data: Any) -> Decimal:
        if not (isinstance(data, str) and re.fullmatch(_QUANTITY, data)):
            self.fail("invalid")
        return super().to_internal_value(data)


def distinct(values: Sequence[Any]) -> None:
    """A validator of lists. Raises ValidationError when something is there twice."""
    if any(value in values[:place] for place, value in enumerate(values)):
        raise serializers.ValidationError("Something is named twice.", code="not_unique")


def rows_of(
    child: Input, *, min_length: int = 0, max_length: int, required: bool = True
) -> serializers.ListSerializer[Any]:
    """A list of objects, of bounded length."""
    return serializers.ListSerializer(
        child=child, min_length=min_length, max_length=max_length, required=required
    )


class Approver(Input):
    """Somebody with the power to say yes, by employee code and PIN, on the same device."""

    employee_code = Text(max_length=12)
    pin = Text(max_length=8)


class NoBody(Input):
    """An action that needs no more than its address; `version` guards it when given."""

    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
