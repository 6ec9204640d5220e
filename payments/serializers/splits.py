from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Id, Input, Minor, Quantity, Whole, rows_of
from fynlo.api.pages import PageQuery

AT_MOST = 50


class TakenInput(Input):
    """All that is left of the line when `quantity` is left out."""

    line = Id()
    quantity = Quantity(required=False)


class GuestInput(Input):
    lines = rows_of(TakenInput(), min_length=1, max_length=200)


class PaymentSplitInput(Input):
    """One of the three: `equal` parts, `amounts` of their own, or what each guest had (`items`)."""

    equal = Whole(required=False, min_value=2, max_value=AT_MOST)
    amounts = serializers.ListField(
        child=Minor(min_value=1), required=False, min_length=2, max_length=AT_MOST
    )
    items = rows_of(GuestInput(), min_length=2, max_length=AT_MOST, required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Send one of equal, amounts, items.", code="one_of")
        return attrs


class PartInCashInput(Input):
    """`tip` in place of the one that the payment has."""

    tendered = Minor()
    tip = Minor(required=False)
    drawer = Id(required=False)


class LateTipInput(Input):
    id = Id(required=False)
    payment = Id()
    amount = Minor(min_value=1)
    drawer = Id(required=False)


class TipQuery(PageQuery):
    member = Id(required=False)
    business_date = serializers.DateField(required=False)
