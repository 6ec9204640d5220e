from typing import Any

from rest_framework import serializers

from fynlo.api.inputs import Code, Flag, Input


class Table(serializers.JSONField):
    """CSV text, or a list of rows."""

    json_schema = {
        "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "object"}}],
        "description": "CSV with a header, or rows with the same columns: money in minor units,"
        " lists as lists. The columns are in pos/demo/README.md.",
    }

    def to_internal_value(self, data: Any) -> Any:
        is_rows = isinstance(data, list) and all(isinstance(row, dict) for row in data)
        if not (isinstance(data, str) or is_rows):
            self.fail("invalid")
        return data


class MenuImportInput(Input):
    """A table that is left out has no rows. `currency` guards against prices in another one."""

    products = Table(required=False)
    modifiers = Table(required=False)
    currency = Code("[A-Z]{3}", required=False)
    dry_run = Flag(default=False)


class MenuExportQuery(Input):
    """`file` says which of the two tables a CSV holds; JSON holds both."""

    format = serializers.ChoiceField(choices=["json", "csv"], default="json")
    file = serializers.ChoiceField(choices=["products", "modifiers"], default="products")
