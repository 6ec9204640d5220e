"""Reads and locks of the kitchen's tickets."""

from uuid import UUID

from django.db.models import QuerySet

from fynlo.errors import NotFound
from pos.documents import TICKET
from pos.models import Ticket


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


def ticket_order_id(restaurant_id: UUID, pk: UUID) -> UUID:
    """Raises NotFound."""
    rows = Ticket.objects.for_restaurant(restaurant_id).filter(pk=pk)
    found = rows.values_list("order_id", flat=True).first()
    if found is None:
        raise NotFound
    return found


def lock_ticket(restaurant_id: UUID, pk: UUID) -> Ticket:
    """Call while holding the order's lock. Raises NotFound."""
    return Ticket.objects.lock(restaurant_id, pk)
