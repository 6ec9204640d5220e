from typing import Any, ClassVar

from rest_framework import serializers

from fynlo.api.inputs import Flag, Id, Input, JSONSchema, Minor, Whole
from fynlo.api.pages import PageQuery
from payments.choices import FeePayer, Method, PaymentStatus


class CashInput(Input):
    """`amount` is the part of what is due that this pays; all of it when left out.
    `drawer` is where the cash goes; the one at hand when left out."""

    id = Id(required=False)
    order = Id()
    amount = Minor(required=False, min_value=1)
    tip = Minor(default=0)
    tendered = Minor()
    drawer = Id(required=False)


class WantedInput(Input):
    """`amount` is the part of what is due that this pays; all of it when left out. `total` is
    what the guest was shown: when it comes to anything else now, nothing is done."""

    id = Id(required=False)
    order = Id()
    amount = Minor(required=False, min_value=1)
    tip = Minor(default=0)
    fee_payer = serializers.ChoiceField(choices=FeePayer.choices, required=False)
    total = Minor(required=False)


class PaymentInput(WantedInput):
    """Cash is taken at once, at its own address."""

    method = serializers.ChoiceField(
        choices=[choice for choice in Method.choices if choice[0] != Method.CASH]
    )


class AskInput(WantedInput):
    """`order` and what is wanted of it, or `payment`, one that is pending, as it is."""

    json_schema: ClassVar[JSONSchema] = {
        "not": {"anyOf": [{"required": ["payment", "amount"]}, {"required": ["payment", "tip"]}]}
    }
    order = Id(required=False)
    tip = Minor(required=False)
    payment = Id(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        settled = sorted({"amount", "tip"} & attrs.keys()) if "payment" in attrs else []
        if settled:
            detail = "A pending payment has its own. Change it first."
            raise serializers.ValidationError(dict.fromkeys(settled, detail), code="settled")
        return attrs


class PaymentChange(Input):
    version = Whole(required=False, min_value=1, max_value=2**31 - 1)
    tip = Minor(required=False)
    fee_payer = serializers.ChoiceField(choices=FeePayer.choices, required=False)


class StopInput(Input):
    """`override`: go on although the provider does not say whether the guest can still pay. It is
    written down who did."""

    override = Flag(default=False)


class PaymentQuery(PageQuery):
    order = Id(required=False)
    method = serializers.ChoiceField(choices=Method.choices, required=False)
    status = serializers.ChoiceField(choices=PaymentStatus.choices, required=False)
    business_date = serializers.DateField(required=False)
