"""How an order ends, and how it comes back."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import append
from pos.choices import ON_THE_WAY, ORDER_TRANSITIONS, UNSENT, LateFlag, LineState, OrderStatus
from pos.documents import ORDER
from pos.errors import (
    BusinessDayOver,
    LinesNotSent,
    NothingSold,
    OrderHasPayments,
    OrderNotCompleted,
    OrderNotOpen,
    OrderNotSettled,
)
from pos.selectors.floor import lock_table
from pos.selectors.orders import order_document
from pos.services import stock
from pos.services.bill import open_bill, save, save_order
from pos.services.facts import Fact
from pos.services.receipts.issuing import issue_receipt
from pos.services.settlement import due
from pos.services.ticket_printing import (
    announce_tickets,
    never_cooked,
    print_lines,
    stations_that_cook,
)


@transaction_required
def complete_order(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None = None,
    fact: Fact | None = None,
) -> str:
    """Everything is paid and nothing waits to be sent. The receipt is issued.

    Of a `fact` that somebody else has recorded before, only that is noted.
    What was given back is to be paid again. Where nothing is left to sell and no money was kept
    there is no sale: that order is cancelled.
    Raises NotFound, VersionConflict, OrderNotOpen, NothingSold, OrderNotSettled, LinesNotSent.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version, status=None)
    order = bill.order
    if fact and order.status == OrderStatus.COMPLETED:
        fact.note(LateFlag.ALREADY_DONE)
        return order_document(by.restaurant_id, pk)
    if order.status != OrderStatus.OPEN:
        raise OrderNotOpen
    if not bill.live_lines and order.paid == order.refunded:
        raise NothingSold
    if due(order) > 0:
        raise OrderNotSettled
    if any(line.state in UNSENT for line in bill.lines):
        raise LinesNotSent
    order.status = move(order.status, OrderStatus.COMPLETED, ORDER_TRANSITIONS)
    order.closed_at, order.closed_by_id = now, by.membership_id
    save_order(bill, now=now)
    issue_receipt(bill=bill, by=by, now=now)
    return append(kind="order.completed", document=ORDER, entity_id=pk, by=by, now=now)


@transaction_required
def cancel_order(
    *, by: Actor, now: datetime, pk: UUID, reason: str, expected_version: int | None = None
) -> str:
    """Nobody pays and the kitchen is told. Once something was sent, CANCEL_ORDER is needed.

    Raises NotFound, VersionConflict, OrderNotOpen, PermissionMissing, OrderHasPayments.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    order = bill.order
    if order.paid > order.refunded:
        raise OrderHasPayments
    if any(line.state not in UNSENT for line in bill.live_lines):
        by.must(Permission.CANCEL_ORDER)
    cooking = [line for line in bill.live_lines if line.state in ON_THE_WAY]
    stations = stations_that_cook(order, cooking)
    unused = never_cooked(bill.live_lines, stations)
    for line in bill.live_lines:
        line.state, line.voided_at, line.void_reason = LineState.VOIDED, now, reason
        bill.touch(line)
    order.status = move(order.status, OrderStatus.CANCELLED, ORDER_TRANSITIONS)
    order.cancel_reason, order.closed_at, order.closed_by_id = reason, now, by.membership_id
    moved = stock.give_back(unused)
    tickets = print_lines(order, cooking, stations, change="cancel", now=now)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    stock.announce(moved, by=by, now=now)
    announce_tickets(tickets, by=by, now=now)
    return append(kind="order.cancelled", document=ORDER, entity_id=pk, by=by, now=now)


@transaction_required
def reopen_order(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None = None) -> str:
    """A completed order of the present business day is open again, at its table if that is there.

    Raises NotFound, VersionConflict, OrderNotCompleted, BusinessDayOver.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version, status=None)
    order = bill.order
    if order.status != OrderStatus.COMPLETED:
        raise OrderNotCompleted
    profile = restaurant_profile(by.restaurant_id)
    today = business_date(at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at)
    if order.business_date != today:
        raise BusinessDayOver
    order.status = move(order.status, OrderStatus.OPEN, ORDER_TRANSITIONS)
    order.closed_at = order.closed_by_id = None
    if order.table_id and lock_table(by.restaurant_id, order.table_id) is None:
        order.table_id = None
    save_order(bill, now=now)
    return append(kind="order.reopened", document=ORDER, entity_id=pk, by=by, now=now)
