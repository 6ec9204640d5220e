from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Input
from pos.choices import ProductSort, SalesGroup


class ReportQuery(Input):
    """Business dates, both included; what is left out is today."""

    def get_fields(self) -> dict[str, Any]:
        """`from` is a word of Python's own."""
        day = serializers.DateField
        return {"from": day(required=False), "to": day(required=False), **super().get_fields()}


class SalesQuery(ReportQuery):
    group_by = serializers.ChoiceField(choices=SalesGroup.choices, default=SalesGroup.DAY)


class ProductSalesQuery(ReportQuery):
    sort = serializers.ChoiceField(choices=ProductSort.choices, default=ProductSort.NET)
    limit = serializers.IntegerField(default=10, min_value=1, max_value=200)
