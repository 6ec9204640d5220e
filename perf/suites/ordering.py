"""Orders that the suites place: two dishes of the demo's menu."""

from typing import Any

from perf.laboratory.context import Context
from perf.laboratory.till import Till


def two_dishes(lab: Context) -> dict[str, Any]:
    """The body of an order. Ask for it by `lab.once(two_dishes)`: it reads the menu."""
    lines = [{"product": dish, "quantity": "2"} for dish in plain_dishes(lab.till())[:2]]
    return {"channel": "takeaway", "lines": lines}


def plain_dishes(till: Till) -> list[str]:
    """What can be ordered without a choice."""
    return [
        product["id"]
        for product in till.get("menu/").json()["products"]
        if not product["modifier_groups"]
        and not product["variations"]
        and product["availability"] == "in_stock"
    ]


def open_order(till: Till, lab: Context) -> dict[str, Any]:
    """The document of a new order."""
    order: dict[str, Any] = till.post("orders/", lab.once(two_dishes)).json()
    return order
