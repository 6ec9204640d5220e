"""What payments may say to an order: so much was taken."""

from dataclasses import asdict, dataclass
from datetime import datetime
from uuid import UUID

from fynlo.db import transaction_required
from fynlo.events.log import Author, append
from pos.documents import ORDER
from pos.models import Order
from pos.services.bill import OpenBill, save_order


@dataclass(frozen=True, slots=True)
class Tender:
    """What a receipt says of one payment besides its amounts. `name` is for people; `tendered`
    and `change` (minor units) only where cash was handed over."""

    payment: UUID
    method: str
    name: str
    tendered: int | None = None
    change: int | None = None


def due(order: Order) -> int:
    """What is still to be paid, in minor units, before cash rounding."""
    return order.total - order.paid + order.refunded


@transaction_required
def record_payment(
    *,
    bill: OpenBill,
    amount: int,
    tender: Tender,
    by: Author,
    now: datetime,
    tip: int = 0,
    rounding: int = 0,
) -> str:
    """Write what payments took: `amount` includes `tip`; `rounding` is what the smallest coin
    added (or took) to settle the rest in cash. The order's document.

    Call while holding the order's lock (`bill` from `open_bill`).
    """
    order = bill.order
    order.tip += tip
    order.rounding += rounding
    order.total += tip + rounding
    order.paid += amount
    order.payments.append(
        {**asdict(tender), "payment": str(tender.payment), "amount": amount, "tip": tip}
    )
    save_order(bill, now=now)
    kind = "order.paid" if due(order) <= 0 else "order.partially_paid"
    return append(kind=kind, document=ORDER, entity_id=order.pk, by=by, now=now)


@transaction_required
def record_refund(*, bill: OpenBill, amount: int, by: Author, now: datetime) -> str:
    """What payments gave back (or, negative, could not give back after all): bill and tip.

    Call while holding the order's lock. The order's document.
    """
    bill.order.refunded += amount
    save_order(bill, now=now)
    kind = "order.refunded" if amount > 0 else "order.refund_failed"
    return append(kind=kind, document=ORDER, entity_id=bill.order.pk, by=by, now=now)


@transaction_required
def take_back_payment(
    *, bill: OpenBill, payment: UUID, amount: int, tip: int, by: Author, now: datetime
) -> str:
    """A bank took back what it had paid: `amount` includes `tip`. It is due again, whether the
    order is still open or not.

    Call while holding the order's lock. The order's document.
    """
    order = bill.order
    order.tip -= tip
    order.total -= tip
    order.paid -= amount
    order.payments = [row for row in order.payments if row["payment"] != str(payment)]
    save_order(bill, now=now)
    kind = "order.payment_reversed"
    return append(kind=kind, document=ORDER, entity_id=order.pk, by=by, now=now)
