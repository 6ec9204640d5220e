"""Windows of weekdays and times: happy hours, and when something is sold at all.

They are read on the restaurant's wall clock, so on the night the clocks change an hour that
comes twice is in its window twice, and one that is skipped is not there to be in it.
"""

from collections.abc import Sequence
from datetime import datetime, time
from typing import Any, TypedDict
from uuid import UUID
from zoneinfo import ZoneInfo

from fynlo.db import new_id
from fynlo.errors import UnknownReference
from pos.models import AvailabilityWindow, Category, Product

_LEVELS = ("availability_windows", "category_windows", "parent_windows")


class WindowFields(TypedDict, total=False):
    """`weekdays` are ISO, Monday 1; the times are local."""

    id: UUID
    weekdays: list[int]
    starts_at: time
    ends_at: time


def is_running(window: dict[str, Any], local: datetime) -> bool:
    """Whether the wall clock stands inside; over midnight it belongs to the day it starts on."""
    clock, today = local.time(), local.isoweekday()
    yesterday = (today - 2) % 7 + 1
    starts_at = time.fromisoformat(window["starts_at"])
    ends_at = time.fromisoformat(window["ends_at"])
    if starts_at < ends_at:
        return today in window["weekdays"] and starts_at <= clock < ends_at
    began_today = today in window["weekdays"] and clock >= starts_at
    return began_today or (yesterday in window["weekdays"] and clock < ends_at)


def is_on_sale(product: dict[str, Any], *, at: datetime, zone: str) -> bool:
    """`product` is a PRODUCT_FOR_SALE document. Its own windows, those of its category and those
    of the category above must each let it pass; where there are none, they do."""
    asked = [product[level] for level in _LEVELS if product[level]]
    if not asked:
        return True
    local = at.astimezone(ZoneInfo(zone))
    return all(any(is_running(window, local) for window in level) for level in asked)


def replace_windows(
    model: type[Product] | type[Category], owner_id: UUID, windows: Sequence[WindowFields]
) -> None:
    """Leave it with exactly these. Call while holding the menu's lock.

    Raises UnknownReference for the id of a window of anything else.
    """
    owner = "product_id" if model is Product else "category_id"
    places = {row["id"]: place for place, row in enumerate(windows) if "id" in row}
    others = AvailabilityWindow.objects.filter(pk__in=places).exclude(**{owner: owner_id})
    for pk in others.values_list("pk", flat=True):
        raise UnknownReference(field=f"availability_windows.{places[pk]}.id")
    AvailabilityWindow.objects.filter(**{owner: owner_id}).delete()
    AvailabilityWindow.objects.bulk_create(
        AvailabilityWindow(
            pk=row.get("id") or new_id(),
            **{owner: owner_id},
            weekdays=row["weekdays"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        )
        for row in windows
    )
