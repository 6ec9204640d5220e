"""Reads and locks of the kitchen's tickets."""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F, Max, Q, QuerySet

from fynlo.batches import kept, was_made_here
from fynlo.errors import NotFound
from pos.documents import TICKET
from pos.models import Order, OrderLine, Ticket


def all_tickets(restaurant_id: UUID) -> QuerySet[Ticket]:
    return Ticket.objects.for_restaurant(restaurant_id)


def tickets(
    restaurant_id: UUID,
    *,
    station: UUID | None = None,
    state: str | None = None,
    order: UUID | None = None,
) -> QuerySet[Ticket]:
    """Without a state: everything that is not collected yet."""
    rows = Ticket.objects.for_restaurant(restaurant_id)
    rows = rows.filter(state=state) if state else rows.exclude(state="COLLECTED")
    rows = rows.filter(station_id=station) if station else rows
    return rows.filter(order_id=order) if order else rows


def ticket_document(restaurant_id: UUID, pk: UUID) -> str:
    return TICKET.read(Ticket.objects.for_restaurant(restaurant_id).filter(pk=pk))[0]


def ticket_items(restaurant_id: UUID, pk: UUID) -> list[dict[str, Any]]:
    """What it says, which never changes. Raises NotFound."""
    rows = Ticket.objects.for_restaurant(restaurant_id).filter(pk=pk)
    found = rows.values_list("items", flat=True).first()
    if found is None:
        raise NotFound
    return list(found)


def lines_named(items: Iterable[dict[str, Any]]) -> set[UUID]:
    """The lines that stand on a ticket, and those that they are parts of."""
    return {UUID(item[name]) for item in items for name in ("line", "part_of") if item.get(name)}


def last_revision(order: Order) -> int:
    """Of the order's tickets; 0 before the first. Call while holding the order's lock."""
    return kept(("revision", order.pk), lambda: _last_revision(order))


def _last_revision(order: Order) -> int:
    if was_made_here(order.pk):
        return 0
    found: int | None = Ticket.objects.filter(order=order).aggregate(last=Max("revision"))["last"]
    return found or 0


def lines_told(
    restaurant_id: UUID, moments: Collection[datetime]
) -> dict[tuple[datetime | None, UUID | None], UUID]:
    """The station that was told to cook a line at one of these moments, by moment and line; by
    that which the line is a part of, too. No moments: no statement."""
    if not moments:
        return {}
    rows = Ticket.objects.for_restaurant(restaurant_id).filter(created_at__in=moments)
    return {
        (at, line): station
        for at, station, items in rows.values_list("created_at", "station_id", "items")
        for line in lines_named(item for item in items if item["change"] != "cancel")
    }


def orders_with(line_ids: Collection[UUID]) -> set[UUID]:
    """The orders that hold these lines, or parts of them, at this moment."""
    rows = OrderLine.objects.filter(Q(pk__in=line_ids) | Q(part_of__in=line_ids))
    return set(rows.values_list("order_id", flat=True).distinct())


def lock_ticket(restaurant_id: UUID, pk: UUID) -> Ticket:
    """Call while holding the locks of the orders with its lines. Raises NotFound."""
    return Ticket.objects.lock(restaurant_id, pk)


_SECOND = timedelta(seconds=1)


def _unacknowledged(now: datetime) -> QuerySet[Ticket]:
    limit = F("station__acknowledge_within_seconds") * _SECOND
    rows = Ticket.objects.filter(state="NEW", alarmed_at=None, created_at__lt=now)
    return rows.filter(created_at__lt=now - limit)


def restaurants_with_late_tickets(*, now: datetime) -> list[UUID]:
    """Where somebody should be told that a ticket waits unseen."""
    rows = _unacknowledged(now).order_by("restaurant_id").distinct("restaurant_id")
    return list(rows.values_list("restaurant_id", flat=True))


def late_tickets(restaurant_id: UUID, *, now: datetime) -> list[UUID]:
    """Locked to the end of the transaction; those that are locked already are left out."""
    rows = _unacknowledged(now).filter(restaurant_id=restaurant_id).order_by("pk")
    rows = rows.select_for_update(of=("self",), skip_locked=True, no_key=True)
    return list(rows.values_list("pk", flat=True))


MEASURED_OVER = timedelta(days=28)

_LOAD = """
WITH told AS (
    SELECT t.id, t.station_id, t.created_at, sum((i->>'quantity')::numeric) AS pieces,
        COALESCE(i->>'part_of', i->>'line')::uuid AS root
    FROM pos_ticket t CROSS JOIN jsonb_array_elements(t.items) i
    WHERE t.restaurant_id = %(restaurant)s AND t.state IN ('NEW', 'ACKED', 'STARTED')
        AND i->>'change' = 'add'
    GROUP BY t.id, root
), to_make AS (
    SELECT told.id, station_id, root, pieces - parts.voided AS pieces, parts.alive, parts.minutes
    FROM told CROSS JOIN LATERAL (
        SELECT max(p.prep_minutes) AS minutes,
            COALESCE(sum(l.quantity) FILTER (WHERE l.state <> 'VOIDED'), 0) AS alive,
            COALESCE(sum(l.quantity) FILTER (
                WHERE l.state = 'VOIDED' AND l.sent_at = told.created_at), 0) AS voided
        FROM pos_orderline l JOIN pos_product p ON p.id = l.product_id
        WHERE l.id = root OR l.part_of = root
    ) AS parts
    WHERE pieces > parts.voided AND parts.alive > 0
), dishes AS (
    SELECT station_id, least(sum(pieces), max(alive)) * max(minutes) AS minutes
    FROM to_make GROUP BY station_id, root
), open AS (
    SELECT station_id, sum(minutes) AS minutes,
        (SELECT count(DISTINCT id) FROM to_make WHERE station_id = dishes.station_id) AS tickets
    FROM dishes GROUP BY station_id
), took AS (
    SELECT station_id, count(*) AS tickets,
        percentile_cont(ARRAY[0.5, 0.8]) WITHIN GROUP (
            ORDER BY extract(epoch FROM ready_at - created_at)) AS seconds
    FROM pos_ticket
    WHERE restaurant_id = %(restaurant)s AND ready_at > %(since)s GROUP BY station_id
), load AS (
    SELECT s.id, s.name, s.position, COALESCE(open.tickets, 0) AS open_tickets,
        COALESCE(ceil(open.minutes), 0)::int AS work_minutes,
        COALESCE(took.tickets, 0) AS measured_tickets,
        round(took.seconds[1])::int AS p50_seconds, round(took.seconds[2])::int AS p80_seconds,
        greatest(COALESCE(round(took.seconds[2]), 0), COALESCE(open.minutes, 0) * 60)::int
            AS promised_seconds
    FROM pos_station s LEFT JOIN open ON open.station_id = s.id
    LEFT JOIN took ON took.station_id = s.id
    WHERE s.restaurant_id = %(restaurant)s AND s.archived_at IS NULL
)
SELECT JSON_OBJECT(
    'stations' VALUE COALESCE(json_agg(JSON_OBJECT('station' VALUE id, 'name' VALUE name,
        'open_tickets' VALUE open_tickets, 'work_minutes' VALUE work_minutes,
        'measured_tickets' VALUE measured_tickets, 'p50_seconds' VALUE p50_seconds,
        'p80_seconds' VALUE p80_seconds, 'promised_seconds' VALUE promised_seconds)
        ORDER BY position, id), '[]'),
    'promised_at' VALUE to_char(
        (%(now)s + COALESCE(max(promised_seconds), 0) * interval '1 second') AT TIME ZONE 'UTC',
        'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')
)::text FROM load
"""


def kitchen_load(restaurant_id: UUID, *, now: datetime) -> str:
    """Each station's work as JSON text, and when an order that needs all of them would be ready.

    `work_minutes`: what the tickets in hand take; pieces that were voided since, at most those
    that a ticket told of, are not made. `p50_seconds`, `p80_seconds`: how long tickets
    of the last four weeks took from the printer to ready; null before the first. A station
    promises its p80, or its work in hand when that is more.
    """
    since = now - MEASURED_OVER
    with connection.cursor() as cursor:
        cursor.execute(_LOAD, {"restaurant": restaurant_id, "now": now, "since": since})
        text: str = cursor.fetchone()[0]
        return text
