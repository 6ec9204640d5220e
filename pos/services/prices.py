"""What a product costs at an instant: the menu's price, or that of a happy hour.

Windows are read on the restaurant's wall clock, so on the night the clocks change an hour that
comes twice is in its window twice, and one that is skipped is not there to be in it.
"""

from datetime import datetime, time
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fynlo.errors import UnknownReference


def price_at(*, product: dict[str, Any], variation_id: UUID | None, at: datetime, zone: str) -> int:
    """Minor units for one piece, without modifiers.

    `product` is a PRODUCT_FOR_SALE document (or a PRODUCT one), `at` an aware datetime. A timed
    price of the variation itself beats one for the whole product; of several, the lowest.
    Raises UnknownReference when the product has no such variation.
    """
    wanted = str(variation_id) if variation_id else None
    regular = _regular_price(product, wanted)
    windows = [row for row in product["timed_prices"] if row["variation"] in (wanted, None)]
    if not windows:
        return regular
    local = at.astimezone(ZoneInfo(zone))
    running = [row for row in windows if _is_running(row, local)]
    own = [row["price"] for row in running if row["variation"] == wanted]
    return min(own or [row["price"] for row in running], default=regular)


def _regular_price(product: dict[str, Any], variation: str | None) -> int:
    if variation is None:
        return int(product["price"])
    for row in product["variations"]:
        if row["id"] == variation:
            return int(row["price"])
    raise UnknownReference(field="variation")


def _is_running(window: dict[str, Any], local: datetime) -> bool:
    clock, today = local.time(), local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    starts_at = time.fromisoformat(window["starts_at"])
    ends_at = time.fromisoformat(window["ends_at"])
    if starts_at < ends_at:
        return today in window["weekdays"] and starts_at <= clock < ends_at
    began_today = today in window["weekdays"] and clock >= starts_at
    return began_today or (yesterday in window["weekdays"] and clock < ends_at)
