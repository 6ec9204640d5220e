"""Products of which only so many are left: counted down in the transaction of the order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from datetime import datetime
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Case, F, IntegerField, Value, When
from django.db.models.functions import Cast

from fynlo.events.log import Author, append_all
from pos.choices import Availability
from pos.documents import PRODUCT
from pos.errors import ProductSoldOut
from pos.models import OrderLine, Product
from pos.selectors.menu import menu_changed

Menu = Mapping[UUID, dict[str, Any]]


def take(lines: Iterable[OrderLine], *, menu: Menu, now: datetime) -> set[UUID]:
    """Count these lines' pieces off what is left; a part of a piece takes a whole one.

    The products' rows are locked in the order of their keys, after the order's own row: twenty
    tills that sell the last ten sell exactly ten. Returns what to `announce` last of all.
    Raises ProductSoldOut; the transaction must then be rolled back.
    """
    scarce = {pk for pk, product in menu.items() if _is_scarce(product, now)}
    wanted = _pieces(line for line in lines if line.product_id in scarce)
    for product_id in sorted(wanted):
        if not _count_down(product_id, wanted[product_id]):
            raise ProductSoldOut(extra={"product": str(product_id)})
    return set(wanted)


def give_back(lines: Iterable[OrderLine]) -> set[UUID]:
    """Lines that were never cooked return to a product that is still counted.

    Locks as `take` does. Returns what to `announce`.
    """
    returned = _pieces(lines)
    changed = set()
    for product_id in sorted(returned):
        rows = Product.objects.filter(pk=product_id, availability=Availability.LIMITED)
        if rows.update(stock=F("stock") + returned[product_id], version=F("version") + 1):
            changed.add(product_id)
    return changed


def announce(product_ids: set[UUID], *, by: Author, now: datetime) -> None:
    """One event for each product whose stock moved; call when all locks are held."""
    if product_ids:
        menu_changed(by.restaurant_id)
        append_all(
            kind="product.updated", document=PRODUCT, entity_ids=sorted(product_ids), by=by, now=now
        )


def _is_scarce(product: dict[str, Any], now: datetime) -> bool:
    if product["availability"] == Availability.IN_STOCK:
        return False
    until = product["available_again_at"]
    return until is None or datetime.fromisoformat(until) > now


def _pieces(lines: Iterable[OrderLine]) -> dict[UUID, int]:
    pieces: dict[UUID, int] = defaultdict(int)
    for line in lines:
        pieces[line.product_id] += ceil(line.quantity)
    return pieces


def _count_down(product_id: UUID, pieces: int) -> bool:
    rows = Product.objects.filter(
        pk=product_id, availability=Availability.LIMITED, stock__gte=pieces
    )
    last = When(stock=pieces, then=Value(Availability.OUT_OF_STOCK))
    return bool(
        rows.update(
            availability=Case(last, default=F("availability")),
            stock=Case(
                When(stock=pieces, then=Value(None)),
                default=Cast(F("stock") - pieces, IntegerField()),
                output_field=IntegerField(),
            ),
            version=F("version") + 1,
        )
    )
