"""What the stations are told: what to cook, what became different, what to stop."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.batches import hold, insert_rows, keep
from fynlo.db import new_id
from fynlo.events.log import append_all
from pos.choices import ON_THE_WAY, UNSENT
from pos.documents import TICKET
from pos.models import Order, OrderLine, Ticket
from pos.selectors.kitchen import last_revision, lines_told

Item = dict[str, Any]
Slips = Mapping[UUID, Sequence[Item]]
"""The rows for each station."""

COOKED_ANEW = frozenset({"modifiers", "note"})
"""What a cook cannot have known when the line was sent."""


def stations_that_cook(order: Order, lines: Sequence[OrderLine]) -> dict[UUID, UUID]:
    """Line to the station that was told to cook it, wherever it was sent from and wherever its
    product is cooked by now. Lines that nobody cooks, or that were never sent, are missing."""
    told = lines_told(order.restaurant_id, {line.sent_at for line in lines if line.sent_at})
    found = {
        line.pk: told.get((line.sent_at, line.pk)) or told.get((line.sent_at, line.part_of))
        for line in lines
    }
    return {pk: station for pk, station in found.items() if station}


def never_cooked(lines: Iterable[OrderLine], stations: Mapping[UUID, UUID]) -> list[OrderLine]:
    """Lines whose pieces can be sold again: not sent yet, or not served and no station's work.
    What a station was told to cook is taken as used, whether it began or not: a dish is better
    counted too rarely than promised twice."""
    return [
        line
        for line in lines
        if line.state in UNSENT or (line.state in ON_THE_WAY and line.pk not in stations)
    ]


def print_lines(
    order: Order,
    lines: Iterable[OrderLine],
    stations: Mapping[UUID, UUID],
    *,
    change: str,
    now: datetime,
) -> list[Ticket]:
    """One ticket for each station; lines without one are not printed. `change`: add or cancel."""
    slips: dict[UUID, list[Item]] = defaultdict(list)
    for line in lines:
        if line.pk in stations:
            slips[stations[line.pk]].append(ticket_item(line, change))
    return print_slips(order, slips, now=now)


def changed_items(line: OrderLine, before: Item) -> list[Item]:
    """What a station reads of a line that it was told of as `before`: `change` with what `was`,
    and `add` with the pieces that there are more. Nothing when nothing changed."""
    after = ticket_item(line, "change")
    was = {name: before[name] for name in after if after[name] != before[name]}
    more = line.quantity - Decimal(was.pop("quantity", before["quantity"]))
    items = [{**after, "quantity": before["quantity"], "was": was}] if was else []
    return [*items, {**after, "change": "add", "quantity": _plain(more)}] if more else items


def print_slips(order: Order, slips: Slips, *, now: datetime) -> list[Ticket]:
    """Call while holding the order's lock. No rows: no statement."""
    if not slips:
        return []
    last = last_revision(order)
    tickets = [
        Ticket(
            id=new_id(),
            restaurant_id=order.restaurant_id,
            order=order,
            table_id=order.table_id,
            station_id=station,
            revision=last + 1,
            items=list(items),
            created_at=now,
        )
        for station, items in slips.items()
    ]
    keep(("revision", order.pk), last + 1)
    insert_rows(tickets)
    return tickets


def announce_tickets(tickets: Sequence[Ticket], *, by: Actor, now: datetime) -> None:
    """One event for each new ticket; call when all locks are held."""
    for ticket in tickets:
        hold(ticket)
    ids = [ticket.pk for ticket in tickets]
    append_all(kind="ticket.created", document=TICKET, entity_ids=ids, by=by, now=now)


def ticket_item(line: OrderLine, change: str) -> Item:
    """One row of a ticket, as the cook reads it."""
    return {
        "line": str(line.pk),
        "part_of": str(line.part_of) if line.part_of else None,
        "change": change,
        "name": line.name,
        "variation": line.variation_name,
        "quantity": _plain(line.quantity),
        "modifiers": [{"name": row["name"], "quantity": row["quantity"]} for row in line.modifiers],
        "seat": line.seat,
        "course": line.course,
        "note": line.note,
    }


def _plain(quantity: Decimal) -> str:
    return format(quantity.normalize(), "f")
