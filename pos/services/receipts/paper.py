"""A receipt or a bill in hand: its content, and what stands on this very copy of it."""

import re
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from django.conf import settings

from fynlo.accounts.selectors import letterhead
from pos.choices import OrderStatus
from pos.errors import ReceiptNotFound
from pos.models import Order, Receipt
from pos.selectors.orders import discounts_of, lines_of, order_to_show
from pos.selectors.receipts import latest_receipt, prints_of, receipt_of_token, replaced_by
from pos.services.receipts.content import content_of

_TOKEN = re.compile(r"[\w-]{22}", re.ASCII)
_MARKS = {OrderStatus.CANCELLED: "Cancelled"}


@dataclass(frozen=True, slots=True)
class Paper:
    """`mark` is printed across the top. `url` and `hash` are empty for a bill, whose `content`
    has no `receipt`."""

    content: dict[str, Any]
    mark: str
    url: str = ""
    hash: str = ""
    prints: int = 0

    def document(self) -> dict[str, Any]:
        """What a client gets; `receipt` is null while none was issued."""
        receipt = self.content.get("receipt")
        extra = {"hash": self.hash, "url": self.url, "prints": self.prints}
        return {**self.content, "mark": self.mark, "receipt": receipt and {**receipt, **extra}}


def receipt_of(restaurant_id: UUID, order_id: UUID) -> Paper:
    """The receipt of a completed order, marked as a copy; before that the bill.

    Nothing is counted. Raises NotFound.
    """
    order = order_to_show(restaurant_id, order_id)
    receipt = latest_receipt(restaurant_id, order_id)
    if receipt is not None and order.status == OrderStatus.COMPLETED:
        return issued(receipt, mark="Copy", prints=prints_of(receipt))
    return _bill(order)


def public_receipt(token: str) -> Paper:
    """What anybody sees who has the address. Raises ReceiptNotFound."""
    receipt = receipt_of_token(token) if _TOKEN.fullmatch(token) else None
    if receipt is None:
        raise ReceiptNotFound
    later = replaced_by(receipt)
    return issued(receipt, mark=f"Replaced by receipt {later}" if later else "")


def issued(receipt: Receipt, *, mark: str, prints: int = 0) -> Paper:
    """Exactly what was issued, however the order, the menu or the restaurant changed since."""
    url = f"{settings.PUBLIC_URL}/r/{receipt.token}/"
    return Paper(orjson.loads(receipt.content), mark, url=url, hash=receipt.hash, prints=prints)


def _bill(order: Order) -> Paper:
    issuer = letterhead(order.restaurant_id)
    content = content_of(order, lines_of(order), discounts_of(order), issuer=issuer)
    return Paper(content, _MARKS.get(OrderStatus(order.status), "Not a receipt"))
