"""Reads and locks of cash drawers."""

from typing import Any
from uuid import UUID

from django.db.models import BooleanField, Case, Count, Exists, OuterRef, Q, QuerySet, Sum, When

from fynlo.accounts.actor import Actor
from fynlo.batches import kept
from fynlo.errors import NotFound
from payments.choices import DrawerEventKind, DrawerStatus
from payments.documents import DRAWER
from payments.models import DrawerEvent, DrawerSession


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


def drawers_at_hand(by: Actor, drawer: UUID | None = None) -> QuerySet[DrawerSession]:
    """The open drawers that `by` takes money with, the nearest first.

    The one that is named; else that of the device in hand; else one that `by` opened; else the
    only one that is open: money does not end up in a colleague's drawer unnoticed.
    """
    rows = drawers(by.restaurant_id, status=DrawerStatus.OPEN)
    if drawer is not None:
        return rows.filter(pk=drawer)
    rows = rows.filter(is_late=False)
    here = Q(device_id=by.device_id, device_id__isnull=False)
    others = rows.exclude(pk=OuterRef("pk"))
    return rows.filter(here | Q(opened_by_id=by.membership_id) | ~Exists(others)).order_by(
        Case(When(here, then=False), default=True, output_field=BooleanField()),
        "-opened_at",
        "-pk",
    )


def lock_drawer_at_hand(by: Actor, drawer: UUID | None = None) -> DrawerSession | None:
    """The nearest, locked to the end of the transaction; None when there is none."""
    key = ("drawer", by.membership_id, by.device_id, drawer)
    return kept(key, lambda: _lock_at_hand(by, drawer))


def _lock_at_hand(by: Actor, drawer: UUID | None) -> DrawerSession | None:
    rows = drawers_at_hand(by, drawer).select_for_update(of=("self",), no_key=True)
    return rows.first()


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
