"""An order in hand while it is locked: its row, lines and discounts, priced and saved together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Self
from uuid import UUID

from fynlo.accounts.selectors import Profile
from fynlo.batches import hold, in_batch, insert_rows, keep, kept, update_rows
from fynlo.db import check_version
from fynlo.errors import NotFound
from fynlo.rows import stored_columns
from pos.choices import LINE_PROGRESS, LineState, OrderStatus, PaymentStatus
from pos.errors import AmountTooLarge, OrderNotOpen, TotalBelowPaid
from pos.models import Order, OrderDiscount, OrderLine
from pos.selectors.orders import discounts_of, lines_of, lock_order, order_document
from pos.services.pricing import Bill, Carried, Item, Reduction, Tax, price

MAX_TOTAL = 10**12
PRICED_FIELDS = ("gross", "discount", "order_discount", "total", "tax")
OPENED_WITH = frozenset(
    {"id", "restaurant_id", "fingerprint", "number", "business_date", "currency"}
    | {"opened_by_id", "opened_at", "received_at"}
)
ORDER_COLUMNS = tuple(name for name in stored_columns(Order) if name not in OPENED_WITH)
# Everything that may change after the sale, but for modifiers: they are long, and change seldom.
LINE_COLUMNS = (
    *PRICED_FIELDS,
    "quantity",
    "counted",
    "carried",
    "seat",
    "course",
    "note",
    "state",
    "sent_at",
    "started_at",
    "ready_at",
    "served_at",
    "voided_at",
    "void_reason",
    "approved_by_id",
    "version",
)


@dataclass
class OpenBill:
    """Everything an order's rules look at. Made by `open_bill`, ended by `save`, `save_states` or
    `save_order`. Lines and discounts are read when they are first asked for: a payment has no
    need of them."""

    order: Order
    touched: set[UUID] = field(default_factory=set)
    added: list[OrderLine] = field(default_factory=list)

    @classmethod
    def of(cls, order: Order, lines: list[OrderLine], discounts: list[OrderDiscount]) -> Self:
        bill = cls(order)
        bill.lines, bill.discounts = lines, discounts
        return bill

    @cached_property
    def lines(self) -> list[OrderLine]:
        return lines_of(self.order)

    @cached_property
    def discounts(self) -> list[OrderDiscount]:
        return discounts_of(self.order)

    @property
    def live_lines(self) -> list[OrderLine]:
        return [line for line in self.lines if line.state != LineState.VOIDED]

    def line(self, line_id: UUID) -> OrderLine:
        """Raises NotFound."""
        for line in self.lines:
            if line.pk == line_id:
                return line
        raise NotFound("This order has no such line.")

    def add(self, lines: list[OrderLine]) -> None:
        """New lines at the end of the bill; they are inserted with the rest."""
        first = 1 + max((line.position for line in self.lines), default=-1)
        for place, line in enumerate(lines, first):
            line.order, line.position = self.order, place
        self.lines += lines
        self.added += lines

    def touch(self, line: OrderLine) -> None:
        """The line changed: it gets a new version and is saved with the rest."""
        line.version += 1
        self.touched.add(line.pk)


def open_bill(
    restaurant_id: UUID,
    order_id: UUID,
    *,
    expected_version: int | None = None,
    status: str | None = OrderStatus.OPEN,
) -> OpenBill:
    """Lock an order. Call inside a transaction.

    Raises NotFound, VersionConflict, and OrderNotOpen when its status is another than `status`.
    """
    key = ("bill", restaurant_id, order_id)
    bill = kept(key, lambda: OpenBill(lock_order(restaurant_id, order_id)))
    check_version(
        bill.order.version,
        expected_version,
        document=lambda: order_document(restaurant_id, order_id),
    )
    if status is not None and bill.order.status != status:
        raise OrderNotOpen
    bill.touched, bill.added = set(), []
    return bill


def keep_bill(bill: OpenBill) -> None:
    """For the next act of a batch, and for its events: as it was saved."""
    if not in_batch():
        return
    order = bill.order
    order.due = order.total - order.paid + order.refunded
    hold(order, lines=bill.lines, discounts=bill.discounts)
    keep(("bill", order.restaurant_id, order.pk), bill)


def save(bill: OpenBill, *, profile: Profile, now: datetime) -> None:
    """Price, derive the statuses, and write what changed. The order's version goes up.

    Raises TotalBelowPaid, AmountTooLarge.
    """
    order = bill.order
    before, total = {line.pk: _amounts(line) for line in bill.lines}, order.total
    calculate(order, bill.lines, bill.discounts, profile=profile)
    if order.total < total:
        check_total(order)
    bill.touched |= {line.pk for line in bill.lines if _amounts(line) != before[line.pk]}
    bill.touched -= {line.pk for line in bill.added}
    save_states(bill, now=now)
    update_rows(bill.discounts, ["amount"])


def save_states(bill: OpenBill, *, now: datetime) -> None:
    """As `save`, where no price changes."""
    bill.order.kitchen_status = kitchen_status(bill.lines)
    save_order(bill, now=now)
    insert_rows(bill.added)
    update_rows([line for line in bill.lines if line.pk in bill.touched], LINE_COLUMNS)


def save_order(bill: OpenBill, *, now: datetime) -> None:
    """As `save_states`, where the lines stay as they are."""
    order = bill.order
    order.payment_status = payment_status(order)
    order.version += 1
    order.updated_at = now
    update_rows([order], ORDER_COLUMNS)
    keep_bill(bill)


def _amounts(line: OrderLine) -> tuple[int, ...]:
    return tuple(getattr(line, name) for name in PRICED_FIELDS)


def calculate(
    order: Order,
    lines: Sequence[OrderLine],
    discounts: Sequence[OrderDiscount],
    *,
    profile: Profile,
) -> None:
    """Price the lines and write the amounts on the instances; nothing is saved.

    Raises AmountTooLarge.
    """
    sold = [line for line in lines if line.state != LineState.VOIDED]
    on_order = [discount for discount in discounts if discount.line_id is None]
    bill = priced(order, sold, discounts, profile=profile)
    _write_order(order, bill)
    if max(order.gross, order.total) > MAX_TOTAL:
        raise AmountTooLarge
    for line in lines:
        line.gross = line.discount = line.order_discount = line.total = line.tax = 0
    for discount in discounts:
        discount.amount = 0
    for line, item in zip(sold, bill.items, strict=True):
        line.gross, line.discount, line.total = item.gross, item.discount, item.total
        line.order_discount, line.tax = item.order_discount, item.tax
        _write_amounts((d for d in discounts if d.line_id == line.pk), item.reduction_amounts)
    _write_amounts(on_order, bill.reduction_amounts)


def priced(
    order: Order,
    sold: Sequence[OrderLine],
    discounts: Sequence[OrderDiscount],
    *,
    profile: Profile,
) -> Bill:
    """What these lines come to in this order, those that were voided left out of them."""
    return price(
        [_item(line, discounts) for line in sold],
        reductions=[_reduction(discount) for discount in discounts if discount.line_id is None],
        service_charge_bps=order.service_charge_bps,
        service_charge_tax_bps=profile.service_charge_tax_bps,
        carried=_carried(order),
    )


def _carried(order: Order) -> Carried:
    stored = order.carried
    taxes = {
        Tax(row["name"], row["rate_bps"], row["inclusive"]): row["tax"]
        for row in stored.get("taxes", [])
    }
    return Carried(stored.get("service_charge", 0), stored.get("service_charge_tax", 0), taxes)


def _item(line: OrderLine, discounts: Sequence[OrderDiscount]) -> Item:
    return Item(
        unit_price=line.unit_price + line.modifiers_price,
        quantity=line.quantity,
        tax=Tax(line.tax_name, line.tax_rate_bps, line.tax_inclusive),
        reductions=tuple(_reduction(d) for d in discounts if d.line_id == line.pk),
        carried=line.carried,
    )


def _reduction(discount: OrderDiscount) -> Reduction:
    return Reduction(discount.kind, discount.value)


def _write_amounts(discounts: Iterable[OrderDiscount], amounts: Sequence[int]) -> None:
    for discount, amount in zip(discounts, amounts, strict=True):
        discount.amount = amount


def _write_order(order: Order, bill: Bill) -> None:
    order.gross, order.discount, order.subtotal = bill.gross, bill.discount, bill.subtotal
    order.service_charge = bill.service_charge
    order.taxes, order.tax, order.tax_added = bill.taxes, bill.tax, bill.tax_added
    order.total = bill.total + order.tip + order.rounding


def check_total(order: Order) -> None:
    """Raises TotalBelowPaid."""
    if order.total < order.paid - order.refunded:
        raise TotalBelowPaid


def kitchen_status(lines: Iterable[OrderLine]) -> str:
    """An order stands where its slowest line stands; voided lines do not count."""
    states = {line.state for line in lines}
    return next((state.value for state in LINE_PROGRESS if state in states), LineState.NEW.value)


def payment_status(order: Order) -> str:
    """From what was paid and refunded against the total. What was on the house is paid once it
    is completed."""
    if order.refunded:
        whole = order.refunded == order.paid
        return PaymentStatus.REFUNDED if whole else PaymentStatus.PARTIALLY_REFUNDED
    if not order.paid and (order.total > 0 or order.status != OrderStatus.COMPLETED):
        return PaymentStatus.UNPAID
    return PaymentStatus.PAID if order.paid >= order.total else PaymentStatus.PARTIALLY_PAID
