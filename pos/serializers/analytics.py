from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Input
from pos.choices import SalesGroup


class ReportQuery(Input):
    """Business dates, both included; what is left out is today."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own."""
        day = serializers.DateField
        return {"from": day(required=False), "to": day(required=False), **super().get_fields()}


class SalesQuery(ReportQuery):
    group_by = serializers.ChoiceField(choices=SalesGroup.choices, default=SalesGroup.DAY)
