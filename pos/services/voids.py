"""Taking a line back, or so much of it. Sent lines stay on the bill, struck through, with a
reason."""

from datetime import datetime
from decimal import Decimal
from math import ceil
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import append
from pos.choices import LINE_TRANSITIONS, ON_THE_WAY, UNSENT, LineState
from pos.documents import ORDER
from pos.errors import ApprovalRequired, NotSoMany
from pos.models import OrderLine
from pos.services import stock
from pos.services.bill import OpenBill, open_bill, save
from pos.services.discounts import check_cap_of_less
from pos.services.dividing import copy_of
from pos.services.ticket_printing import (
    announce_tickets,
    never_cooked,
    print_lines,
    stations_that_cook,
)


@transaction_required
def void_line(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    line: UUID,
    reason: str,
    quantity: Decimal | None = None,
    approver: UUID | None = None,
    expected_version: int | None = None,
) -> str:
    """`quantity`: how many pieces of the line; the whole of it when None. A part that is voided
    is a line of its own.

    After sending, somebody who may APPROVE must say yes: the caller, or by PIN `approver`. The
    stations are told, unless they had not begun or it was served. Pieces of a limited product
    return as `never_cooked` says.
    Raises NotFound, VersionConflict, OrderNotOpen, NotSoMany, ApprovalRequired,
    TransitionNotAllowed, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    whole = bill.line(line)
    if whole.state not in UNSENT and approver is None:
        _must_approve(by)
    voided = whole if quantity is None else take_off(bill, whole, quantity)
    cooking = [voided] if voided.state in ON_THE_WAY else []
    stations = stations_that_cook(bill.order, cooking)
    moved = stock.give_back(never_cooked([voided], stations))
    tickets = print_lines(bill.order, cooking, stations, change="cancel", now=now)
    voided.state = move(voided.state, LineState.VOIDED, LINE_TRANSITIONS)
    voided.voided_at, voided.void_reason = now, reason
    voided.approved_by_id = approver or by.membership_id
    bill.touch(voided)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if approver is None:
        check_cap_of_less(bill, by=by)
    stock.announce(moved, by=by, now=now)
    announce_tickets(tickets, by=by, now=now)
    return append(kind="order.line_voided", document=ORDER, entity_id=pk, by=by, now=now)


def _must_approve(by: Actor) -> None:
    if not by.may(Permission.APPROVE):
        raise ApprovalRequired


def take_off(bill: OpenBill, line: OrderLine, quantity: Decimal) -> OrderLine:
    """So much of a line as a line of its own, at the end of the bill; the line itself when it is
    all of it. Discounts stay with the rest. Raises NotSoMany."""
    if quantity > line.quantity:
        raise NotSoMany(field="quantity")
    if quantity == line.quantity:
        return line
    rest = line.quantity - quantity
    counted = max(line.counted - ceil(rest), 0)
    part: OrderLine = copy_of(
        line, part_of=line.part_of or line.pk, quantity=quantity, counted=counted, version=0
    )
    line.quantity, line.carried, part.carried = rest, 0, 0
    line.counted -= counted
    bill.touch(line)
    bill.add([part])
    return part
