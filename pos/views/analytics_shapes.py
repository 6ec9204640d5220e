"""What the reports look like, for the API's schema."""

from collections.abc import Iterable
from typing import Any

from pos.selectors.kitchen_times import NAMES
from pos.selectors.sales_facts import LINE_MEASURES, ORDER_MEASURES, TENDER_MEASURES

AVERAGES = ("average_check", "average_cover")
COUNTS = frozenset({"orders", "covers", "quantity", "voided_lines", "cancelled_orders"})
LINE_COLUMNS = LINE_MEASURES[:-2]
_NUMBER = {"type": "integer"}
_TEXT = {"type": "string"}
_QUANTITY = {"type": "string", "pattern": r"^\d+(\.\d+)?$"}
_DAY = {"type": "string", "format": "date"}


def maybe(shape: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [shape, {"type": "null"}]}


def shaped(properties: dict[str, Any]) -> dict[str, Any]:
    """An object with all of these."""
    return {"type": "object", "properties": properties, "required": list(properties)}


def listed(properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "array", "items": shaped(properties)}


def numbers(names: Iterable[str]) -> dict[str, Any]:
    return {name: _QUANTITY if name == "quantity" else _NUMBER for name in names}


_AVERAGES = {name: maybe(_NUMBER) for name in AVERAGES}
_OF_ORDERS = {**numbers(ORDER_MEASURES), **_AVERAGES}
_KEY = {"key": maybe(_TEXT), "name": _TEXT}
HEAD = {"from": _DAY, "to": _DAY, "currency": _TEXT}
SALES = shaped(
    {
        **HEAD,
        "group_by": _TEXT,
        "results": {
            "type": "array",
            "items": {
                "anyOf": [
                    shaped({**_KEY, **_OF_ORDERS}),
                    shaped({**_KEY, **numbers(LINE_COLUMNS)}),
                ]
            },
        },
        "totals": shaped(_OF_ORDERS),
        "payments": listed({"method": _TEXT, **numbers(TENDER_MEASURES)}),
        "open": shaped(numbers(("orders", "total"))),
    }
)

_ID = {"type": "string", "format": "uuid"}
_BPS = maybe({"type": "integer", "description": "Basis points"})
PRODUCT_ROW = {
    "product": _ID,
    "sku": _TEXT,
    "name": _TEXT,
    "category": _ID,
    "category_name": _TEXT,
    **numbers(LINE_COLUMNS),
    "cost": maybe(_NUMBER),
    "margin": maybe(_NUMBER),
    "margin_bps": _BPS,
}
PRODUCTS = shaped(
    {**HEAD, "sort": _TEXT, "best": listed(PRODUCT_ROW), "worst": listed(PRODUCT_ROW)}
)
STATION_ROW = {
    "station": _ID,
    "name": _TEXT,
    "tickets": _NUMBER,
    "alarms": _NUMBER,
    **{name: maybe(_NUMBER) for name in NAMES},
}
KITCHEN = shaped({"from": _DAY, "to": _DAY, "results": listed(STATION_ROW)})
SERVER_ROW = {
    "server": maybe(_ID),
    "name": _TEXT,
    **_OF_ORDERS,
    "discount_bps": _BPS,
    "tip_bps": _BPS,
}
SERVERS = shaped(
    {
        **HEAD,
        "results": listed(SERVER_ROW),
        "totals": shaped({name: SERVER_ROW[name] for name in list(SERVER_ROW)[2:]}),
    }
)
