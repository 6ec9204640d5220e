"""Products of which only so many are left: counted down in the transaction of the order."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from math import ceil
from typing import Any
from uuid import UUID

from django.db.models import Case, F, Value, When

from fynlo.events.log import Author, append_all
from pos.choices import Availability, LateFlag
from pos.documents import PRODUCT
from pos.errors import ProductSoldOut
from pos.models import OrderLine, Product
from pos.selectors.menu import menu_changed
from pos.services.facts import Fact

Menu = Mapping[UUID, dict[str, Any]]


def take(
    lines: Iterable[OrderLine], *, menu: Menu, now: datetime, fact: Fact | None = None
) -> set[UUID]:
    """Count these lines' pieces off what is left; a part of a piece takes a whole one. Where it
    is a `fact` they were sold, though there are fewer: what is left is taken.

    A line keeps in `counted` what it took, to give back just that.
    The products' rows are locked in the order of their keys, after the order's own row: twenty
    tills that sell the last ten sell exactly ten. Returns what to `announce` last of all.
    Raises ProductSoldOut; the transaction must then be rolled back.
    """
    scarce = [line for line in lines if _is_scarce(menu, line, now)]
    for line in scarce:
        line.counted = ceil(line.quantity)
    return _count_down(scarce, [line.counted for line in scarce], fact)


def give_back(lines: Iterable[OrderLine]) -> set[UUID]:
    """What these lines took returns, unless their product is no longer counted.

    They were never cooked. A product that sold out by counting can be sold again; one that
    somebody marked sold out stays so. Locks as `take` does. Returns what to `announce`.
    """
    returned: dict[UUID, int] = defaultdict(int)
    for line in lines:
        returned[line.product_id] += line.counted
        line.counted = 0
    return _count_up(returned)


def change_quantity(
    line: OrderLine, quantity: Decimal, *, menu: Menu, now: datetime, fact: Fact | None = None
) -> set[UUID]:
    """Only the difference is taken or given back. Locks, returns and raises as `take` does."""
    more = ceil(quantity) - ceil(line.quantity)
    line.quantity = quantity
    if more > 0 and _is_scarce(menu, line, now):
        line.counted += more
        return _count_down([line], [more], fact)
    returned = min(line.counted, max(-more, 0))
    line.counted -= returned
    return _count_up({line.product_id: returned})


def announce(product_ids: set[UUID], *, by: Author, now: datetime) -> None:
    """One event for each product whose stock moved; call when all locks are held."""
    if product_ids:
        menu_changed(by.restaurant_id)
        append_all(
            kind="product.updated", document=PRODUCT, entity_ids=sorted(product_ids), by=by, now=now
        )


def _is_scarce(menu: Menu, line: OrderLine, now: datetime) -> bool:
    product = menu.get(line.product_id)
    if product is None or product["availability"] == Availability.IN_STOCK:
        return False
    until = product["available_again_at"]
    return until is None or datetime.fromisoformat(until) > now


def _count_down(lines: Sequence[OrderLine], pieces: Sequence[int], fact: Fact | None) -> set[UUID]:
    """`pieces` of each line, which its `counted` has already."""
    wanted: dict[UUID, list[tuple[OrderLine, int]]] = defaultdict(list)
    for line, count in zip(lines, pieces, strict=True):
        wanted[line.product_id].append((line, count))
    changed = set()
    for product_id in sorted(wanted):
        if _sell(product_id, sum(count for _, count in wanted[product_id])):
            changed.add(product_id)
        elif fact is None:
            raise ProductSoldOut(extra={"product": str(product_id)})
        else:
            fact.note(LateFlag.SOLD_OUT)
            changed |= _take_the_rest(product_id, wanted[product_id])
    return changed


def _take_the_rest(product_id: UUID, wanted: Sequence[tuple[OrderLine, int]]) -> set[UUID]:
    rows = Product.objects.select_for_update(of=("self",), no_key=True).filter(pk=product_id)
    stock = left = rows.values_list("stock", flat=True).get() or 0
    for line, count in wanted:
        given = min(count, left)
        line.counted -= count - given
        left -= given
    return {product_id} if stock and _sell(product_id, stock - left) else set()


def _sell(product_id: UUID, pieces: int) -> bool:
    rows = Product.objects.filter(
        pk=product_id, availability=Availability.LIMITED, stock__gte=pieces
    )
    last = When(stock=pieces, then=Value(Availability.OUT_OF_STOCK))
    return bool(
        rows.update(
            availability=Case(last, default=F("availability")),
            stock=F("stock") - pieces,
            version=F("version") + 1,
        )
    )


def _count_up(pieces: Mapping[UUID, int]) -> set[UUID]:
    changed = set()
    for product_id in sorted(pieces):
        rows = Product.objects.filter(pk=product_id, stock__isnull=False, archived_at=None)
        if pieces[product_id] and rows.update(
            availability=Availability.LIMITED,
            stock=F("stock") + pieces[product_id],
            version=F("version") + 1,
        ):
            changed.add(product_id)
    return changed
