"""What a product costs at an instant: the menu's price, or that of a happy hour."""

from datetime import datetime
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from fynlo.errors import UnknownReference
from pos.services.windows import is_running


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
    running = [row for row in windows if is_running(row, local)]
    own = [row["price"] for row in running if row["variation"] == wanted]
    return min(own or [row["price"] for row in running], default=regular)


def _regular_price(product: dict[str, Any], variation: str | None) -> int:
    if variation is None:
        return int(product["price"])
    for row in product["variations"]:
        if row["id"] == variation:
            return int(row["price"])
    raise UnknownReference(field="variation")
