"""The three sides of an operation, in words: base, device, server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from fynlo.accounts.selectors import restaurant_profile
from fynlo.money import for_people
from syncing.models import SyncOperation
from syncing.selectors.three_way import Row, three_way

MONEY = frozenset(
    {"price", "unit_price", "cost", "total", "due", "paid", "amount", "tendered", "tip", "subtotal"}
)


@dataclass(frozen=True, slots=True)
class Side:
    """A field in words; `by` as in `syncing.selectors.three_way.Row`."""

    name: str
    base: str
    device: str
    server: str
    by: str


def sides(operation: SyncOperation) -> Mapping[str, Any]:
    """What `admin/syncing/three_way.html` shows."""
    found = three_way(operation)
    currency = restaurant_profile(operation.restaurant_id).currency
    rows = [_side(row, currency) for row in found.rows]
    return {"sides": rows, "has_base": found.has_base, "has_server": found.server is not None}


def _side(row: Row, currency: str) -> Side:
    return Side(
        name=row.name.replace("_", " ").capitalize(),
        base=_shown(row.name, row.base, currency),
        device=_shown(row.name, row.device, currency),
        server=_shown(row.name, row.server, currency),
        by=row.changed_by,
    )


def _shown(name: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    if name in MONEY and type(value) is int and abs(value) < 10**15:
        return for_people(value, currency)
    if isinstance(value, dict | list):
        return orjson.dumps(value, option=orjson.OPT_INDENT_2).decode()
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)


def in_words(row: SyncOperation) -> str:
    """`order`, `action`, `void_line` as `Order: void line`."""
    changes = row.changes if isinstance(row.changes, dict) else {}
    verb = str(changes.get("action", row.type)).replace("_", " ")
    return f"{row.entity.replace('_', ' ').capitalize()}: {verb}"
