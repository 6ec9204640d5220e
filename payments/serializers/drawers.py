from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Approver, Id, Input, Minor, NoBody, Text
from fynlo.api.pages import PageQuery
from payments.choices import MOVEMENTS, DrawerEventKind, DrawerStatus


class OpenInput(Input):
    id = Id(required=False)
    name = Text(default="Main", max_length=40)
    opening_float = Minor(default=0)


class MovementInput(Input):
    """`amount` is left out for NO_SALE and needed otherwise; what is paid in or out has a
    reason."""

    id = Id(required=False)
    kind = serializers.ChoiceField(choices=[(kind.value, kind.label) for kind in MOVEMENTS])
    amount = Minor(required=False, min_value=1)
    reason = Text(required=False, max_length=200)
    approver = Approver(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        moves = attrs["kind"] != DrawerEventKind.NO_SALE
        wrong = {"amount", "reason"} - attrs.keys() if moves else {"amount"} & attrs.keys()
        if wrong:
            text, code = ("It is needed here.", "required") if moves else ("No money.", "invalid")
            raise serializers.ValidationError(dict.fromkeys(sorted(wrong), text), code=code)
        return attrs


class UndoInput(Input):
    id = Id(required=False)
    movement = Id()
    reason = Text(max_length=200)
    approver = Approver(required=False)


class CountInput(NoBody):
    counted = Minor()


class CloseInput(NoBody):
    note = Text(default="", allow_blank=True, max_length=200)
    approver = Approver(required=False)


class DrawerQuery(PageQuery):
    status = serializers.ChoiceField(choices=DrawerStatus.choices, required=False)
    business_date = serializers.DateField(required=False)
