"""Lines of an open order. Adding commutes: two tills that add at once both succeed."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import check_version, transaction_required
from fynlo.errors import IdConflict
from fynlo.events.log import append
from pos.choices import UNSENT, LineState
from pos.documents import ORDER
from pos.errors import LineAlreadySent, LineVoided, TooManyLines
from pos.models import OrderLine
from pos.selectors.orders import order_document
from pos.selectors.sale import Wanted, products_for_sale
from pos.services import stock
from pos.services.basket import fill
from pos.services.bill import OpenBill, open_bill, save
from pos.services.discounts import check_cap_of_less

MAX_LINES = 200


class LineChanges(TypedDict, total=False):
    """`quantity` and `note` only before the kitchen has the line."""

    quantity: Decimal
    note: str
    seat: int
    course: int


@transaction_required
def add_lines(*, by: Actor, now: datetime, pk: UUID, lines: Sequence[Wanted]) -> str:
    """Lines whose client-made id the order already has are not added again.

    Locks the order, then limited products in the order of their keys.
    Raises NotFound, OrderNotOpen, TooManyLines, IdConflict, ProductSoldOut, and as `fill`.
    """
    bill = open_bill(by.restaurant_id, pk)
    missing = _not_there_yet(bill, lines)
    if not missing:
        return order_document(by.restaurant_id, pk)
    if len(bill.live_lines) + len(missing) > MAX_LINES:
        raise TooManyLines
    profile = restaurant_profile(by.restaurant_id)
    menu = products_for_sale(by.restaurant_id, {line.product for line in missing})
    added = fill(missing, menu=menu, by=by, profile=profile, now=now, at=now)
    taken = stock.take(added, menu=menu, now=now)
    bill.add(added)
    save(bill, profile=profile, now=now)
    stock.announce(taken, by=by, now=now)
    return append(kind="order.lines_added", document=ORDER, entity_id=pk, by=by, now=now)


def _not_there_yet(bill: OpenBill, wanted: Sequence[Wanted]) -> list[Wanted]:
    known = {line.pk: line for line in bill.lines}
    for line in wanted:
        stored = known.get(line.id) if line.id else None
        if stored and not _is_the_same(stored, line):
            raise IdConflict
    return [line for line in wanted if line.id not in known]


def _is_the_same(stored: OrderLine, wanted: Wanted) -> bool:
    """Its quantity tells only while nobody has changed the line."""
    chosen = {str(choice.modifier): choice.quantity for choice in wanted.modifiers}
    return (
        (stored.product_id, stored.variation_id) == (wanted.product, wanted.variation)
        and {row["modifier"]: row["quantity"] for row in stored.modifiers} == chosen
        and (stored.version > 1 or stored.quantity == wanted.quantity)
    )


@transaction_required
def change_line(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    line_id: UUID,
    expected_version: int | None,
    changes: LineChanges,
) -> str:
    """`expected_version` is the line's own.

    Raises NotFound, OrderNotOpen, VersionConflict, LineVoided, LineAlreadySent, ProductSoldOut,
    ApprovalRequired, TotalBelowPaid, AmountTooLarge.
    """
    bill = open_bill(by.restaurant_id, pk)
    line = _line(bill, line_id, expected_version)
    if {"quantity", "note"} & changes.keys() and line.state not in UNSENT:
        raise LineAlreadySent
    before = line.quantity
    moved = _change_quantity(line, changes.get("quantity", before), by=by, now=now)
    line.note = changes.get("note", line.note)
    line.seat = changes.get("seat", line.seat)
    line.course = changes.get("course", line.course)
    bill.touch(line)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if line.quantity < before:
        check_cap_of_less(bill, by=by)
    stock.announce(moved, by=by, now=now)
    return append(kind="order.line_changed", document=ORDER, entity_id=pk, by=by, now=now)


def _change_quantity(line: OrderLine, quantity: Decimal, *, by: Actor, now: datetime) -> set[UUID]:
    if quantity == line.quantity:
        return set()
    line.carried = 0
    menu = products_for_sale(by.restaurant_id, {line.product_id})
    return stock.change_quantity(line, quantity, menu=menu, now=now)


@transaction_required
def remove_line(
    *, by: Actor, now: datetime, pk: UUID, line_id: UUID, expected_version: int | None
) -> str:
    """Only before the kitchen has it; after that `void_line`.

    Raises NotFound, OrderNotOpen, VersionConflict, LineVoided, LineAlreadySent,
    ApprovalRequired, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk)
    line = _line(bill, line_id, expected_version)
    if line.state not in UNSENT:
        raise LineAlreadySent
    moved = stock.give_back([line])
    bill.lines.remove(line)
    bill.discounts = [d for d in bill.discounts if d.line_id != line.pk]
    line.delete()
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    check_cap_of_less(bill, by=by)
    stock.announce(moved, by=by, now=now)
    return append(kind="order.line_removed", document=ORDER, entity_id=pk, by=by, now=now)


def _line(bill: OpenBill, line_id: UUID, expected_version: int | None) -> OrderLine:
    line = bill.line(line_id)
    order = bill.order
    check_version(
        line.version,
        expected_version,
        document=lambda: order_document(order.restaurant_id, order.pk),
    )
    if line.state == LineState.VOIDED:
        raise LineVoided
    return line
