"""Reads and locks of cash drawers."""

from typing import Any
from uuid import UUID

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from fynlo import rows as tables
from fynlo.accounts.actor import Actor
from fynlo.batches import kept
from fynlo.errors import NotFound
from payments.choices import DrawerEventKind, DrawerStatus
from payments.documents import DRAWER
from payments.models import DrawerEvent, DrawerSession

_NAMED = "WHERE restaurant_id = %s AND id = %s AND status = 'OPEN'"
_AT_HAND = """
WHERE restaurant_id = %s AND status = 'OPEN' AND NOT is_late
    AND (device_id = %s OR opened_by_id = %s OR NOT EXISTS (
        SELECT FROM payments_drawersession other
        WHERE other.restaurant_id = payments_drawersession.restaurant_id
            AND other.status = 'OPEN' AND NOT other.is_late
            AND other.id <> payments_drawersession.id
    ))
ORDER BY COALESCE(device_id = %s, false) DESC, opened_at DESC, id DESC
LIMIT 1
"""


def drawers(restaurant_id: UUID, **exact: Any) -> QuerySet[DrawerSession]:
    """`exact`: equalities on fields of DrawerSession."""
    return DrawerSession.objects.for_restaurant(restaurant_id).filter(**exact)


def drawer_document(restaurant_id: UUID, pk: UUID) -> str:
    """The drawer as it stands; it has to exist."""
    return DRAWER.read(drawers(restaurant_id, pk=pk))[0]


def one_drawer(restaurant_id: UUID, pk: UUID) -> DrawerSession:
    """Raises NotFound."""
    return DrawerSession.objects.one(restaurant_id, pk)


def open_drawer_like(drawer: DrawerSession) -> DrawerSession | None:
    """The open drawer of the same name, or on the same device."""
    rows = drawers(drawer.restaurant_id, status=DrawerStatus.OPEN)
    same = Q(name=drawer.name) | Q(device_id=drawer.device_id, device_id__isnull=False)
    return rows.select_related("opened_by__user").filter(same).order_by("opened_at", "pk").first()


def lock_drawer(restaurant_id: UUID, pk: UUID) -> DrawerSession:
    """Locked to the end of the transaction, whatever its state. Raises NotFound."""
    return DrawerSession.objects.lock(restaurant_id, pk)


def nearest_drawer(by: Actor) -> DrawerSession | None:
    """The open drawer that `by` takes money with, to read only.

    That of the device in hand; else one that `by` opened; else the only one that is open: money
    does not end up in a colleague's drawer unnoticed.
    """
    return _first(_AT_HAND, by.restaurant_id, by.device_id, by.membership_id, by.device_id)


def lock_drawer_at_hand(by: Actor, drawer: UUID | None = None) -> DrawerSession | None:
    """The open one that is named, or the one at hand, locked to the end of the transaction; None
    when there is none."""
    key = ("drawer", by.membership_id, by.device_id, drawer)
    return kept(key, lambda: _lock_at_hand(by, drawer))


def _lock_at_hand(by: Actor, drawer: UUID | None) -> DrawerSession | None:
    if drawer:
        return _first(f"{_NAMED} FOR NO KEY UPDATE", by.restaurant_id, drawer)
    clauses = f"{_AT_HAND} FOR NO KEY UPDATE"
    return _first(clauses, by.restaurant_id, by.device_id, by.membership_id, by.device_id)


def _first(clauses: str, *values: Any) -> DrawerSession | None:
    found = tables.read(DrawerSession, clauses, *values)
    return found[0] if found else None


def lock_late_drawer(restaurant_id: UUID) -> DrawerSession | None:
    """The open one for cash that was told of late, locked; None when there is none."""
    rows = drawers(restaurant_id, status=DrawerStatus.OPEN, is_late=True)
    return rows.select_for_update(of=("self",), no_key=True).first()


def drawer_events(restaurant_id: UUID, drawer: UUID) -> QuerySet[DrawerEvent]:
    """Raises NotFound for a drawer that is not this restaurant's."""
    if not drawers(restaurant_id, pk=drawer).exists():
        raise NotFound
    return DrawerEvent.objects.for_restaurant(restaurant_id).filter(session_id=drawer)


def movement(drawer: DrawerSession, pk: UUID) -> tuple[DrawerEvent, bool]:
    """An event of this drawer, and whether it was taken back. Raises NotFound."""
    undone = DrawerEvent.objects.filter(undoes_id=OuterRef("pk"))
    rows = DrawerEvent.objects.filter(session=drawer, pk=pk).annotate(is_undone=Exists(undone))
    found = rows.first()
    if found is None:
        raise NotFound("There is no such movement in this drawer.")
    return found, found.is_undone


def drawer_sums(drawer: DrawerSession) -> dict[str, tuple[int, int]]:
    """How often each kind of event happened, and what it added in all, in minor units."""
    rows = DrawerEvent.objects.filter(session=drawer).values_list("kind")
    sums = rows.annotate(Count("pk"), Sum("amount")).order_by("kind")
    known = {kind: (count, amount) for kind, count, amount in sums}
    return {kind: known.get(kind, (0, 0)) for kind in DrawerEventKind.values}


def content(drawer: DrawerSession) -> int:
    """What has to be in the drawer, in minor units. Call while holding its lock to rely on it."""
    rows = DrawerEvent.objects.filter(session=drawer)
    total: int = rows.aggregate(total=Sum("amount", default=0))["total"]
    return total


def tips_in(drawer: DrawerSession) -> int:
    """The tips among what guests paid into it, in minor units."""
    rows = DrawerEvent.objects.filter(session=drawer, kind=DrawerEventKind.SALE)
    total: int = rows.aggregate(total=Sum("payment__tip", default=0))["total"]
    return total
