"""A ticket's way through the kitchen; its lines and its order follow."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import check_version, transaction_required
from fynlo.errors import move
from fynlo.events.log import Author, append, append_all
from pos.choices import ON_THE_WAY, TICKET_TRANSITIONS, LineState, TicketState
from pos.documents import ORDER, TICKET
from pos.models import Order, OrderLine, Ticket
from pos.selectors.kitchen import late_tickets, lock_ticket, ticket_document, ticket_order_id
from pos.services.bill import OpenBill, open_bill, save

ACTIONS = {
    "ack": TicketState.ACKED,
    "start": TicketState.STARTED,
    "ready": TicketState.READY,
    "collect": TicketState.COLLECTED,
}
_BACK = {TicketState.COLLECTED: TicketState.READY, TicketState.READY: TicketState.STARTED}
_LINE_STATES = {TicketState.STARTED: LineState.PREPARING, TicketState.READY: LineState.READY}


@transaction_required
def advance(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    action: str,
    expected_version: int | None = None,
) -> str:
    """`action`: ack, start, ready, collect, or recall (one step back). The ticket's document.

    An `ack` of a ticket that was acknowledged before changes nothing, whoever sends it.
    Locks the order, then the ticket.
    Raises NotFound, VersionConflict, TransitionNotAllowed.
    """
    restaurant_id = by.restaurant_id
    bill = open_bill(restaurant_id, ticket_order_id(restaurant_id, pk), status=None)
    ticket = lock_ticket(restaurant_id, pk)
    check_version(
        ticket.version, expected_version, document=lambda: ticket_document(restaurant_id, pk)
    )
    if action == "ack" and ticket.state != TicketState.NEW:
        return ticket_document(restaurant_id, pk)
    target = _target(ticket, action)
    ticket.state = move(ticket.state, target, TICKET_TRANSITIONS)
    _stamp(ticket, target, now)
    ticket.version += 1
    ticket.save()
    _move_lines(bill, ticket, now=now, by=by)
    return append(kind=f"ticket.{_PAST[action]}", document=TICKET, entity_id=pk, by=by, now=now)


def announce_header(order: Order, *, by: Actor, now: datetime) -> None:
    """The order's table, guests or note changed, and its tickets show them.

    Call while holding the order's lock, when it is saved.
    """
    tickets = Ticket.objects.filter(order=order)
    if tickets.update(version=F("version") + 1):
        ids = list(tickets.values_list("pk", flat=True))
        append_all(kind="ticket.updated", document=TICKET, entity_ids=ids, by=by, now=now)


@transaction_required
def raise_alarms(*, by: Author, now: datetime) -> int:
    """Tickets that nobody acknowledged within their station's limit are told of, once each.

    Locks the tickets, skipping those that are being worked on. How many there were.
    """
    late = late_tickets(by.restaurant_id, now=now)
    Ticket.objects.filter(pk__in=late).update(alarmed_at=now, version=F("version") + 1)
    append_all(
        kind="kitchen.ticket_unacknowledged", document=TICKET, entity_ids=late, by=by, now=now
    )
    return len(late)


_PAST = {
    "ack": "acknowledged",
    "start": "started",
    "ready": "ready",
    "collect": "collected",
    "recall": "recalled",
}


def _target(ticket: Ticket, action: str) -> TicketState:
    if action == "recall":
        return _BACK.get(TicketState(ticket.state), TicketState.NEW)
    return ACTIONS[action]


def _stamp(ticket: Ticket, target: TicketState, now: datetime) -> None:
    """A later step taken early counts for the earlier ones too."""
    if target == TicketState.COLLECTED:
        ticket.collected_at = now
    elif target == TicketState.READY:
        ticket.ready_at, ticket.collected_at = ticket.ready_at or now, None
    elif target == TicketState.STARTED:
        ticket.started_at, ticket.ready_at = ticket.started_at or now, None
    ticket.acknowledged_at = ticket.acknowledged_at or now


def _move_lines(bill: OpenBill, ticket: Ticket, *, now: datetime, by: Actor) -> None:
    state = _LINE_STATES.get(TicketState(ticket.state))
    cooked = {UUID(item["line"]) for item in ticket.items if item["change"] == "add"}
    lines = [
        line
        for line in bill.lines
        if line.pk in cooked and line.state in ON_THE_WAY and line.state != state
    ]
    if state is None or not lines:
        return
    for line in lines:
        _cook(line, state, now)
        bill.touch(line)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now, reprice=False)
    append(kind="order.cooking", document=ORDER, entity_id=bill.order.pk, by=by, now=now)


def _cook(line: OrderLine, state: LineState, now: datetime) -> None:
    line.state = state
    if state == LineState.READY:
        line.ready_at = now
    else:
        line.started_at, line.ready_at = line.started_at or now, None
