"""What hangs on one product: its variations, modifier groups and timed prices, each replaced as
a whole. Call while holding the product's lock."""

from collections.abc import Sequence
from datetime import datetime, time
from typing import TypedDict
from uuid import UUID

from fynlo.db import new_id
from fynlo.errors import UnknownReference
from pos.models import ProductModifierGroup, TimedPrice, Variation
from pos.selectors import menu
from pos.services.archivable_rows import naming_what_is_taken
from pos.services.nested_rows import refuse_foreign_ids, replace_rows


class VariationFields(TypedDict, total=False):
    """`price` and `cost` in minor units. Without an id it is a new one."""

    id: UUID
    name: str
    price: int
    cost: int | None


class TimedPriceFields(TypedDict, total=False):
    """`weekdays` are ISO, Monday 1; the times are local; without a variation it is for all."""

    id: UUID
    variation: UUID | None
    price: int
    weekdays: list[int]
    starts_at: time
    ends_at: time


def replace_variations(
    product_id: UUID, variations: Sequence[VariationFields], *, now: datetime
) -> None:
    """Matched by id; the absent ones are archived and lose their timed prices.

    Raises UnknownReference, NameTaken.
    """
    refuse_foreign_ids(Variation, variations, parent_id=product_id, field="variations")
    with naming_what_is_taken():
        replace_rows(Variation, {product_id: variations}, key="id", now=now)
    gone = TimedPrice.objects.filter(product_id=product_id, variation__archived_at__isnull=False)
    gone.delete()


def replace_modifier_groups(
    product_id: UUID, groups: Sequence[UUID], *, restaurant_id: UUID
) -> None:
    """In this order. Raises UnknownReference."""
    menu.refer_all(menu.modifier_groups(restaurant_id), groups, field="modifier_groups")
    ProductModifierGroup.objects.filter(product_id=product_id).delete()
    ProductModifierGroup.objects.bulk_create(
        ProductModifierGroup(product_id=product_id, group_id=group, position=position)
        for position, group in enumerate(groups, start=1)
    )


def replace_timed_prices(product_id: UUID, timed_prices: Sequence[TimedPriceFields]) -> None:
    """Raises UnknownReference for an id of another product, or a variation that is not here."""
    _check_timed_prices(product_id, timed_prices)
    TimedPrice.objects.filter(product_id=product_id).delete()
    TimedPrice.objects.bulk_create(
        TimedPrice(
            pk=row.get("id") or new_id(),
            product_id=product_id,
            variation_id=row.get("variation"),
            price=row["price"],
            weekdays=row["weekdays"],
            starts_at=row["starts_at"],
            ends_at=row["ends_at"],
        )
        for row in timed_prices
    )


def _check_timed_prices(product_id: UUID, timed_prices: Sequence[TimedPriceFields]) -> None:
    ids = [row["id"] for row in timed_prices if "id" in row]
    others = TimedPrice.objects.filter(pk__in=ids).exclude(product_id=product_id)
    foreign = set(others.values_list("pk", flat=True))
    live = Variation.objects.filter(product_id=product_id, archived_at=None)
    known = {None, *live.values_list("pk", flat=True)} if timed_prices else {None}
    for place, row in enumerate(timed_prices):
        if row.get("id") in foreign:
            raise UnknownReference(field=f"timed_prices.{place}.id")
        if row.get("variation") not in known:
            raise UnknownReference(field=f"timed_prices.{place}.variation")
