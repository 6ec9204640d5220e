from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Approver, Id, Input, Minor, Quantity, Text, rows_of


class RefundLineInput(Input):
    """All that is left of the line without a `quantity`."""

    line = Id()
    quantity = Quantity(required=False)


class RefundInput(Input):
    """`amount`, or `lines`, or all that is left. `tip` is the part of it that the staff give back:
    without a word the bill goes back first. Above the restaurant's limit it takes an `approver`."""

    id = Id(required=False)
    amount = Minor(required=False, min_value=1)
    tip = Minor(required=False)
    lines = rows_of(RefundLineInput(), required=False, min_length=1, max_length=200)
    reason = Text(max_length=200)
    drawer = Id(required=False)
    approver = Approver(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "lines" in attrs and "amount" in attrs:
            raise serializers.ValidationError(
                {"amount": "The lines say how much it is."}, code="settled"
            )
        lines = [row["line"] for row in attrs.get("lines", ())]
        if len(set(lines)) < len(lines):
            raise serializers.ValidationError(
                {"lines": "A line is named twice."}, code="not_unique"
            )
        if attrs.get("tip", 0) > attrs.get("amount", attrs.get("tip", 0)):
            raise serializers.ValidationError(
                {"tip": "The tip is part of the amount."}, code="max_value"
            )
        return attrs
