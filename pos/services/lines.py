"""Lines of an open order. Adding commutes: two tills that add at once both succeed."""

from collections.abc import Sequence
from datetime import datetime
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
from pos.services.facts import Fact

MAX_LINES = 200


@transaction_required
def add_lines(
    *, by: Actor, now: datetime, pk: UUID, lines: Sequence[Wanted], fact: Fact | None = None
) -> str:
    """Lines whose client-made id the order already has are not added again. What was sold at a
    till without a line (`fact`) is recorded although it is sold out or costs something else now.

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
    wanted = {line.product for line in missing}
    menu = products_for_sale(by.restaurant_id, wanted, archived=fact is not None)
    at = fact.happened_at if fact else now
    added = fill(missing, menu=menu, by=by, profile=profile, now=now, at=at, fact=fact)
    taken = stock.take(added, menu=menu, now=now, fact=fact)
    bill.order.flags = fact.beside(bill.order.flags) if fact else bill.order.flags
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
    """Its quantity and modifiers tell only while nobody has changed the line."""
    chosen = {str(choice.modifier): choice.quantity for choice in wanted.modifiers}
    known = {row["modifier"]: row["quantity"] for row in stored.modifiers}
    unchanged = (known, stored.quantity) == (chosen, wanted.quantity)
    return (stored.product_id, stored.variation_id) == (wanted.product, wanted.variation) and (
        stored.version > 1 or unchanged
    )


@transaction_required
def remove_line(
    *, by: Actor, now: datetime, pk: UUID, line_id: UUID, expected_version: int | None
) -> str:
    """Only before the kitchen has it; after that `void_line`.

    Raises NotFound, OrderNotOpen, VersionConflict, LineVoided, LineAlreadySent,
    ApprovalRequired, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk)
    line = line_to_change(bill, line_id, expected_version)
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


def line_to_change(bill: OpenBill, line_id: UUID, expected_version: int | None) -> OrderLine:
    """`expected_version` is the line's own. Raises NotFound, VersionConflict, LineVoided."""
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
