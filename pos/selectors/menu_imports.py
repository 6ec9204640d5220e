"""Reads and locks of large menu imports."""

from datetime import datetime
from uuid import UUID

from fynlo.db import OwnedQuerySet
from fynlo.errors import NotFound
from pos.choices import UNFINISHED
from pos.documents import IMPORT
from pos.models import MenuImport


def menu_imports(restaurant_id: UUID) -> OwnedQuerySet[MenuImport]:
    return MenuImport.objects.for_restaurant(restaurant_id)


def import_document(restaurant_id: UUID, pk: UUID) -> str:
    """Raises NotFound."""
    found = IMPORT.read(menu_imports(restaurant_id).filter(pk=pk))
    if not found:
        raise NotFound
    return found[0]


def lock_import(import_id: UUID, *, skip_locked: bool = False) -> MenuImport | None:
    """Held by whoever works on it. None when there is none, or it is held and `skip_locked`.
    Its `source`, which is large, is read when it is asked for."""
    rows = MenuImport.objects.select_for_update(skip_locked=skip_locked, no_key=True)
    return rows.defer("source").filter(pk=import_id).first()


def imports_left_alone(*, since: datetime) -> list[UUID]:
    """Unfinished ones that nobody has touched since then, the oldest first."""
    rows = MenuImport.objects.filter(state__in=UNFINISHED, touched_at__lte=since)
    return list(rows.order_by("requested_at", "pk").values_list("pk", flat=True))
