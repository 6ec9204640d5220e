"""Input serializers that take what they declare and nothing else."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

MAX_MINOR_UNITS = 10**11


class Input(serializers.Serializer[Any]):
    """Validates, never writes. Unknown fields are refused."""

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

    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class Quantity(serializers.DecimalField):
    """A decimal string, more than 0 and at most 9999.999."""

    def __init__(self, **options: Any) -> None:
        super().__init__(max_digits=7, decimal_places=3, min_value=Decimal("0.001"), **options)

    def to_internal_value(self, data: Any) -> Decimal:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


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
