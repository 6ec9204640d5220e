"""What a receipt says, as JSON: everything that prints or shows one reads this and nothing else.

Notes and the names of staff are left out: what a guest told the kitchen may be about their
health, and the page of a receipt is public.
"""

from collections.abc import Sequence
from typing import Any

import orjson

from fynlo.accounts.selectors import Letterhead
from fynlo.clock import as_utc_text
from pos.choices import LineState
from pos.models import Order, OrderDiscount, OrderLine, Receipt

_AMOUNTS = (
    "gross",
    "discount",
    "subtotal",
    "service_charge_bps",
    "service_charge",
    "tax",
    "tax_added",
    "tip",
    "rounding",
    "total",
    "paid",
    "refunded",
)


def content_of(
    order: Order,
    lines: Sequence[OrderLine],
    discounts: Sequence[OrderDiscount],
    *,
    issuer: Letterhead,
) -> dict[str, Any]:
    """The bill as it stands, in minor units of `currency`. Voided lines are not on it."""
    return {
        "restaurant": {
            "id": str(order.restaurant_id),
            "name": issuer.name,
            "address": issuer.address.splitlines(),
            "vat_number": issuer.vat_number,
            "time_zone": issuer.time_zone,
        },
        "order": _order(order),
        "currency": order.currency,
        "lines": [_line(row, discounts) for row in lines if row.state != LineState.VOIDED],
        "discounts": [_discount(row) for row in discounts if row.line_id is None],
        **{name: getattr(order, name) for name in _AMOUNTS},
        "due": order.total - order.paid + order.refunded,
        "taxes": order.taxes,
        "payments": order.payments,
    }


def _order(order: Order) -> dict[str, Any]:
    return {
        "id": str(order.pk),
        "number": order.number,
        "business_date": order.business_date.isoformat(),
        "opened_at": as_utc_text(order.opened_at),
        "channel": order.get_channel_display(),
        "table": order.table.number if order.table else None,
        "guests": order.guests,
    }


def _line(line: OrderLine, discounts: Sequence[OrderDiscount]) -> dict[str, Any]:
    names = ("name", "quantity", "price_delta")
    return {
        "name": line.name,
        "variation": line.variation_name,
        "modifiers": [{name: row[name] for name in names} for row in line.modifiers],
        "quantity": f"{line.quantity.normalize():f}",
        "unit_price": line.unit_price + line.modifiers_price,
        "gross": line.gross,
        "discounts": [_discount(row) for row in discounts if row.line_id == line.pk],
        "total": line.total,
        "tax_name": line.tax_name,
        "tax_rate_bps": line.tax_rate_bps,
    }


def _discount(discount: OrderDiscount) -> dict[str, Any]:
    return {"reason": discount.reason, "amount": discount.amount}


def identity_of(receipt: Receipt, *, first: Receipt | None) -> dict[str, Any]:
    """The part of a receipt's content that its place in the chain is checked against."""
    return {
        "id": str(receipt.pk),
        "number": receipt.number,
        "issued_at": as_utc_text(receipt.issued_at),
        "corrects": first and {"id": str(first.pk), "number": first.number},
        "previous_hash": receipt.previous_hash,
    }


def canonical(content: dict[str, Any]) -> str:
    """JSON with sorted keys and no spaces: equal content is equal text."""
    return orjson.dumps(content, option=orjson.OPT_SORT_KEYS).decode()
