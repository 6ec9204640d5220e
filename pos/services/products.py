"""Products with their variations, modifier groups, timed prices and availability windows.

Every change empties the menu's cache after commit.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import created_before, transaction_required
from pos.documents import PRODUCT
from pos.models import Product
from pos.selectors.menu import (
    categories,
    lock_menu,
    menu_changed,
    products,
    refer,
    stations,
    tax_rates,
)
from pos.services.archivable_rows import (
    announce,
    archive_row,
    change_row,
    check_row_version,
    make_row,
    stored_document,
)
from pos.services.product_parts import (
    TimedPriceFields,
    VariationFields,
    replace_modifier_groups,
    replace_timed_prices,
    replace_variations,
)
from pos.services.windows import WindowFields, replace_windows


class ProductFields(TypedDict, total=False):
    """`price` and `cost` in minor units; relations by id. The cost is in no document: everybody
    who works here reads those. It is in `menu/export/`, and its margin in the reports."""

    sku: str
    name: str
    description: str
    price: int
    cost: int | None
    tax_rate: UUID
    category: UUID
    station: UUID | None
    position: int
    course: int
    prep_minutes: int
    image: str
    allergens: list[str]
    dietary: list[str]


@transaction_required
def create_product(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    variations: Sequence[VariationFields],
    modifier_groups: Sequence[UUID],
    timed_prices: Sequence[TimedPriceFields],
    availability_windows: Sequence[WindowFields],
    **fields: Unpack[ProductFields],
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, SkuTaken, NameTaken,
    UnknownReference."""
    if created_before(Product, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(PRODUCT, pk), False
    lock_menu(by.restaurant_id)
    _check_references(by.restaurant_id, fields)
    make_row(PRODUCT, by=by, pk=pk, fingerprint=fingerprint, **fields)
    replace_variations(pk, variations, now=now)
    replace_modifier_groups(pk, modifier_groups, restaurant_id=by.restaurant_id)
    replace_timed_prices(pk, timed_prices)
    replace_windows(Product, pk, availability_windows)
    menu_changed(by.restaurant_id)
    return announce(PRODUCT, "created", pk, by=by, now=now), True


@transaction_required
def change_product(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    variations: Sequence[VariationFields] | None = None,
    modifier_groups: Sequence[UUID] | None = None,
    timed_prices: Sequence[TimedPriceFields] | None = None,
    availability_windows: Sequence[WindowFields] | None = None,
    **fields: Unpack[ProductFields],
) -> str:
    """Only what is given changes; a list that is given replaces the one there is.

    Raises NotFound, VersionConflict, SkuTaken, NameTaken, UnknownReference.
    """
    lock_menu(by.restaurant_id)
    product = products(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(PRODUCT, product, expected_version)
    _check_references(by.restaurant_id, fields)
    change_row(product, fields)
    if variations is not None:
        replace_variations(pk, variations, now=now)
    if modifier_groups is not None:
        replace_modifier_groups(pk, modifier_groups, restaurant_id=by.restaurant_id)
    if timed_prices is not None:
        replace_timed_prices(pk, timed_prices)
    if availability_windows is not None:
        replace_windows(Product, pk, availability_windows)
    menu_changed(by.restaurant_id)
    return announce(PRODUCT, "updated", pk, by=by, now=now)


@transaction_required
def delete_product(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """It leaves the menu and stays on old orders. Raises NotFound, VersionConflict."""
    lock_menu(by.restaurant_id)
    product = products(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(PRODUCT, product, expected_version)
    archive_row(PRODUCT, product, by=by, now=now)
    menu_changed(by.restaurant_id)
    return ""


def _check_references(restaurant_id: UUID, fields: ProductFields) -> None:
    if "tax_rate" in fields:
        refer(tax_rates(restaurant_id), fields["tax_rate"], field="tax_rate")
    if "category" in fields:
        refer(categories(restaurant_id), fields["category"], field="category")
    station = fields.get("station")
    if station is not None:
        refer(stations(restaurant_id), station, field="station")
