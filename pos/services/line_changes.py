"""Changing one line of an open order, before or after the kitchen has it."""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import TypedDict
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import append
from pos.choices import LINE_TRANSITIONS, ON_THE_WAY, UNSENT, LineState
from pos.documents import ORDER
from pos.errors import ApprovalRequired, LineAlreadySent, ProductUnavailable
from pos.models import OrderLine, Ticket
from pos.selectors.sale import Choice, products_for_sale
from pos.services import stock
from pos.services.basket import choose_modifiers, price_of_modifiers
from pos.services.bill import OpenBill, open_bill, save
from pos.services.discounts import check_cap_of_less
from pos.services.facts import Fact
from pos.services.lines import line_to_change
from pos.services.ticket_printing import (
    COOKED_ANEW,
    announce_tickets,
    changed_items,
    print_slips,
    stations_that_cook,
    ticket_item,
)


class LineChanges(TypedDict, total=False):
    """What is not given stays. `modifiers`: all of them, as they are to be."""

    quantity: Decimal
    note: str
    seat: int
    course: int
    modifiers: Sequence[Choice]


COOKED = frozenset({"quantity", "note", "modifiers"})


@transaction_required
def change_line(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    line_id: UUID,
    expected_version: int | None,
    changes: LineChanges,
    approver: UUID | None = None,
    fact: Fact | None = None,
) -> str:
    """`expected_version` is the line's own. A `fact` is recorded although it is sold out by now.

    Once the line is sent, its stations are told by a ticket of their own what became different:
    more pieces are to be cooked, fewer are voided instead, and what makes it cheaper needs
    somebody who may APPROVE: the caller, or by PIN `approver`. Once it is served, only its seat
    and course change.
    Raises NotFound, OrderNotOpen, VersionConflict, LineVoided, LineAlreadySent, ProductSoldOut,
    ProductUnavailable, ModifiersInvalid, ApprovalRequired, TotalBelowPaid, AmountTooLarge.
    """
    bill = open_bill(by.restaurant_id, pk)
    line = line_to_change(bill, line_id, expected_version)
    _check_state(line, changes)
    before, pieces, extras = ticket_item(line, "change"), line.quantity, line.modifiers_price
    moved = _change_cooked(line, changes, by=by, now=now, fact=fact)
    bill.order.flags = fact.beside(bill.order.flags) if fact else bill.order.flags
    is_approved = approver is not None or by.may(Permission.APPROVE)
    if line.modifiers_price < extras and line.state not in UNSENT and not is_approved:
        raise ApprovalRequired
    line.note = changes.get("note", line.note)
    line.seat = changes.get("seat", line.seat)
    line.course = changes.get("course", line.course)
    bill.touch(line)
    tickets = _tell_station(bill, line, before, now=now)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if approver is None and (line.quantity < pieces or line.modifiers_price < extras):
        check_cap_of_less(bill, by=by)
    stock.announce(moved, by=by, now=now)
    announce_tickets(tickets, by=by, now=now)
    return append(kind="order.line_changed", document=ORDER, entity_id=pk, by=by, now=now)


def _check_state(line: OrderLine, changes: LineChanges) -> None:
    if line.state in UNSENT:
        return
    if line.state == LineState.SERVED and COOKED & changes.keys():
        raise LineAlreadySent("This line was served. Add another one instead.")
    if changes.get("quantity", line.quantity) < line.quantity:
        raise LineAlreadySent


def _change_cooked(
    line: OrderLine, changes: LineChanges, *, by: Actor, now: datetime, fact: Fact | None
) -> set[UUID]:
    """Quantity and modifiers, by today's menu. Returns products whose stock moved."""
    quantity = changes.get("quantity", line.quantity)
    if quantity == line.quantity and "modifiers" not in changes:
        return set()
    line.carried = 0
    menu = products_for_sale(by.restaurant_id, {line.product_id})
    if "modifiers" in changes:
        _choose(line, changes["modifiers"], menu)
    return stock.change_quantity(line, quantity, menu=menu, now=now, fact=fact)


def _choose(line: OrderLine, choices: Sequence[Choice], menu: stock.Menu) -> None:
    if line.product_id not in menu:
        raise ProductUnavailable(field="modifiers")
    line.modifiers = choose_modifiers(choices, menu[line.product_id], field="modifiers")
    line.modifiers_price = price_of_modifiers(line.modifiers, unit_price=line.unit_price)
    line.save(update_fields=["modifiers", "modifiers_price"])


def _tell_station(
    bill: OpenBill, line: OrderLine, before: dict[str, object], *, now: datetime
) -> list[Ticket]:
    """What there is more or other to cook brings the line back to SENT, on its newest ticket."""
    items = changed_items(line, before) if line.state in ON_THE_WAY else []
    stations = stations_that_cook(bill.order, [line]) if items else {}
    if not stations:
        return []
    if any(item["change"] == "add" or COOKED_ANEW & item["was"].keys() for item in items):
        _cook_again(line, now)
    return print_slips(bill.order, {stations[line.pk]: items}, now=now)


def _cook_again(line: OrderLine, now: datetime) -> None:
    if line.state != LineState.SENT:
        line.state = move(line.state, LineState.SENT, LINE_TRANSITIONS)
    line.sent_at, line.started_at, line.ready_at = now, None, None
