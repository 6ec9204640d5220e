"""A ticket's way through the kitchen; its lines and its order follow."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import F

from fynlo.accounts.actor import Actor
from fynlo.db import check_version, transaction_required
from fynlo.errors import move
from fynlo.events.log import Author, append, append_all
from pos.choices import ON_THE_WAY, TICKET_TRANSITIONS, LineState, TicketState
from pos.documents import ORDER, TICKET
from pos.errors import LinesMoved
from pos.models import OrderLine, Ticket
from pos.selectors.kitchen import (
    late_tickets,
    lines_named,
    lock_ticket,
    orders_with,
    ticket_document,
    ticket_items,
)
from pos.services.bill import OpenBill, save_states
from pos.services.bills_together import open_bills

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
    Locks the orders that have its lines, in the order of their keys, then the ticket.
    Raises NotFound, VersionConflict, TransitionNotAllowed, LinesMoved.
    """
    restaurant_id = by.restaurant_id
    bills = _open_with_lines(restaurant_id, pk)
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
    for bill in bills:
        _move_lines(bill, ticket, now=now, by=by)
    return append(kind=f"ticket.{_PAST[action]}", document=TICKET, entity_id=pk, by=by, now=now)


def announce_header(bill: OpenBill, *, by: Actor, now: datetime) -> None:
    """The order's table, guests or note changed, and its tickets show them. Those with lines of
    this order alone, wherever they were sent from, show its table.

    Call while holding the order's lock, when it is saved.
    """
    announce_headers([bill], by=by, now=now)


def announce_headers(bills: Sequence[OpenBill], *, by: Actor, now: datetime) -> None:
    """As `announce_header`, for several orders; each ticket is told of once."""
    ids = {ticket for bill in bills for ticket in _tickets_concerned(bill)}
    append_all(kind="ticket.updated", document=TICKET, entity_ids=sorted(ids), by=by, now=now)


def _tickets_concerned(bill: OpenBill) -> list[UUID]:
    parameters = {
        "order": bill.order.pk,
        "table": bill.order.table_id,
        "restaurant": bill.order.restaurant_id,
        "lines": [line.pk for line in bill.lines],
    }
    with connection.cursor() as cursor:
        cursor.execute(_ANNOUNCE, parameters)
        return [row[0] for row in cursor.fetchall()]


# The order's own tickets, and live ones that came to it with their lines; each asks an index.
_ANNOUNCE = """
WITH concerned AS (
    SELECT id FROM pos_ticket WHERE order_id = %(order)s
    UNION
    SELECT id FROM pos_ticket
    WHERE restaurant_id = %(restaurant)s AND state <> 'COLLECTED'
        AND table_id IS DISTINCT FROM %(table)s
), locked AS (
    SELECT k.id, its.are_here
    FROM pos_ticket k, LATERAL (
        SELECT bool_and((item ->> 'line')::uuid = ANY(%(lines)s)) AS are_here
        FROM jsonb_array_elements(k.items) AS item
    ) AS its
    WHERE k.id IN (SELECT id FROM concerned) AND (its.are_here OR k.order_id = %(order)s)
    ORDER BY k.id FOR NO KEY UPDATE OF k
)
UPDATE pos_ticket AS t SET version = t.version + 1,
    table_id = CASE WHEN locked.are_here THEN %(table)s ELSE t.table_id END
FROM locked WHERE t.id = locked.id
RETURNING t.id
"""


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


def _open_with_lines(restaurant_id: UUID, pk: UUID) -> list[OpenBill]:
    """Lines may have gone to other orders since they were sent, or go while we wait."""
    line_ids = lines_named(ticket_items(restaurant_id, pk))
    bills = open_bills(restaurant_id, orders_with(line_ids))
    if orders_with(line_ids) != {bill.order.pk for bill in bills}:
        raise LinesMoved
    return bills


def _move_lines(bill: OpenBill, ticket: Ticket, *, now: datetime, by: Actor) -> None:
    state = _LINE_STATES.get(TicketState(ticket.state))
    cooked = lines_named(item for item in ticket.items if item["change"] != "cancel")
    lines = [
        line
        for line in bill.lines
        if _is_on(line, ticket, cooked) and line.state in ON_THE_WAY and line.state != state
    ]
    if state is None or not lines:
        return
    for line in lines:
        _cook(line, state, now)
        bill.touch(line)
    save_states(bill, now=now)
    append(kind="order.cooking", document=ORDER, entity_id=bill.order.pk, by=by, now=now)


def _is_on(line: OrderLine, ticket: Ticket, cooked: set[UUID]) -> bool:
    """The ticket that told the kitchen of it last speaks for a line: a part that was divided off
    before it was sent has one of its own, and so has a line that was sent and then changed."""
    return bool({line.pk, line.part_of} & cooked) and line.sent_at == ticket.created_at


def _cook(line: OrderLine, state: LineState, now: datetime) -> None:
    line.state = state
    if state == LineState.READY:
        line.ready_at = now
    else:
        line.started_at, line.ready_at = line.started_at or now, None
