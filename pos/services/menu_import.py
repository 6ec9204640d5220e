"""Bring a menu file into a restaurant: what is new is made, what differs is changed, by name or
sku. What the file does not mention stays as it is. All or nothing, in a few dozen statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from fynlo.db import transaction_required
from fynlo.documents import Document
from fynlo.events.log import Author, append_all
from pos.documents import CATEGORY, MODIFIER_GROUP, PRODUCT, STATION, TAX_RATE
from pos.errors import CategoryTooDeep
from pos.models import (
    Category,
    Modifier,
    ModifierGroup,
    Product,
    ProductModifierGroup,
    Station,
    TaxRate,
    Variation,
)
from pos.selectors.menu import lock_menu, menu_changed
from pos.services.menu_file import GroupRows, MenuFile, ProductRow
from pos.services.menu_merge import Merged, merge
from pos.services.nested_rows import replace_rows


@dataclass(frozen=True, slots=True)
class Imported:
    """How many products the file made, changed and left as they were."""

    created: int
    updated: int
    unchanged: int


@transaction_required
def import_menu(*, by: Author, now: datetime, file: MenuFile) -> Imported:
    """Takes the lock of the menu. Raises CategoryTooDeep when the file's categories do not fit
    those that are there."""
    lock_menu(by.restaurant_id)
    taxes = _tax_rates(by, file)
    stations = _stations(by, file)
    parents = _parent_categories(by, file)
    categories = _categories(by, file, parents)
    groups = _groups(by, file, now)
    products = _products(by, file, now, taxes=taxes, stations=stations, categories=categories,
                         groups=groups)  # fmt: skip
    menu_changed(by.restaurant_id)
    changes: list[tuple[Document, Merged[Any]]] = [
        (TAX_RATE, taxes),
        (STATION, stations),
        (CATEGORY, parents),
        (CATEGORY, categories),
        (MODIFIER_GROUP, groups),
        (PRODUCT, products),
    ]
    for document, merged in changes:
        _announce(document, merged, by=by, now=now)
    unchanged = len(file.products) - len(products.created) - len(products.updated)
    return Imported(len(products.created), len(products.updated), unchanged)


def _inside(rows: QuerySet[Any], parent: str, *values: str) -> dict[UUID, list[tuple[Any, ...]]]:
    """These values of the rows, in order, by parent."""
    found: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for parent_id, *nested in rows.order_by("position", "id").values_list(parent, *values):
        found[parent_id].append(tuple(nested))
    return found


def _announce(document: Document, merged: Merged[Any], *, by: Author, now: datetime) -> None:
    for verb, rows in (("created", merged.created), ("updated", merged.updated)):
        kind, ids = f"{document.name}.{verb}", [row.pk for row in rows]
        append_all(kind=kind, document=document, entity_ids=ids, by=by, now=now)


def _tax_rates(by: Author, file: MenuFile) -> Merged[TaxRate]:
    known = {row.name: row for row in TaxRate.objects.live(by.restaurant_id)}
    wanted = {row.tax_rate: {"rate_bps": row.tax_bps} for row in file.products}
    new = {name: {"name": name} for name in wanted}
    return merge(TaxRate, known, wanted, new=new, by=by)


def _stations(by: Author, file: MenuFile) -> Merged[Station]:
    """By name, whether written in capitals or not."""
    known = {row.name.casefold(): row for row in Station.objects.live(by.restaurant_id)}
    names = {row.station.casefold(): row.station for row in file.products if row.station}
    new = {
        key: {"name": name, "position": place}
        for place, (key, name) in enumerate(names.items(), start=len(known) + 1)
    }
    return merge(Station, known, {key: {} for key in names}, new=new, by=by)


def _parent_categories(by: Author, file: MenuFile) -> Merged[Category]:
    names = {row.parent_category: None for row in file.products if row.parent_category}
    return _merge_categories(by, {name: {} for name in names})


def _categories(by: Author, file: MenuFile, parents: Merged[Category]) -> Merged[Category]:
    wanted = {
        row.category: {"parent_id": parents.id_of(row.parent_category)} for row in file.products
    }
    merged = _merge_categories(by, wanted)
    third_level = Category.objects.live(by.restaurant_id).exclude(parent__parent=None)
    if third_level.exists():
        raise CategoryTooDeep
    return merged


def _merge_categories(by: Author, wanted: Mapping[str, Mapping[str, Any]]) -> Merged[Category]:
    known = {row.name: row for row in Category.objects.live(by.restaurant_id)}
    new = {
        name: {"name": name, "position": place}
        for place, name in enumerate(wanted, start=len(known) + 1)
    }
    return merge(Category, known, wanted, new=new, by=by)


def _groups(by: Author, file: MenuFile, now: datetime) -> Merged[ModifierGroup]:
    rows = ModifierGroup.objects.live(by.restaurant_id)
    known = {row.name: row for row in rows}
    wanted = {
        group.name: {
            "min_choices": group.min_choices,
            "max_choices": group.max_choices,
            "allow_quantities": group.allow_quantities,
        }
        for group in file.groups
    }
    new = {
        name: {"name": name, "position": place}
        for place, name in enumerate(wanted, start=len(known) + 1)
    }
    inside = _groups_changed_inside(known, file.groups)
    merged = merge(ModifierGroup, known, wanted, new=new, by=by, changed_inside=inside)
    touched = {row.name: row.pk for row in merged.touched()}
    replace_rows(
        Modifier,
        {
            touched[group.name]: [
                {"name": row.name, "price_delta": row.price_delta} for row in group.modifiers
            ]
            for group in file.groups
            if group.name in touched
        },
        key="name",
        now=now,
    )
    return merged


def _groups_changed_inside(
    known: Mapping[str, ModifierGroup], groups: Collection[GroupRows]
) -> set[str]:
    ids = {row.pk for row in known.values()}
    rows = Modifier.objects.filter(group_id__in=ids, archived_at=None)
    stored = _inside(rows, "group_id", "name", "price_delta")
    return {
        group.name
        for group in groups
        if group.name in known
        and stored.get(known[group.name].pk, [])
        != [(row.name, row.price_delta) for row in group.modifiers]
    }


def _products(
    by: Author,
    file: MenuFile,
    now: datetime,
    *,
    taxes: Merged[TaxRate],
    stations: Merged[Station],
    categories: Merged[Category],
    groups: Merged[ModifierGroup],
) -> Merged[Product]:
    live = Product.objects.live(by.restaurant_id)
    known = {row.sku: row for row in live}
    wanted = {
        row.sku: {
            "name": row.name,
            "description": row.description,
            "price": row.price,
            "tax_rate_id": taxes.id_of(row.tax_rate),
            "category_id": categories.id_of(row.category),
            "station_id": stations.id_of(row.station.casefold()),
            "course": row.course,
            "prep_minutes": row.prep_minutes,
            "image": row.image,
            "allergens": list(row.allergens),
            "dietary": list(row.dietary),
        }
        for row in file.products
    }
    places = range(len(known) + 1, len(known) + len(wanted) + 1)
    new = {sku: {"sku": sku, "position": place} for sku, place in zip(wanted, places, strict=True)}
    inside = _products_changed_inside(known, file.products)
    merged = merge(Product, known, wanted, new=new, by=by, changed_inside=inside)
    touched = {row.sku: row.pk for row in merged.touched()}
    rows = {touched[row.sku]: row for row in file.products if row.sku in touched}
    _replace_inside(rows, groups, now)
    return merged


def _replace_inside(
    rows: Mapping[UUID, ProductRow], groups: Merged[ModifierGroup], now: datetime
) -> None:
    variations = {
        pk: [{"name": name, "price": price} for name, price in row.variations]
        for pk, row in rows.items()
    }
    replace_rows(Variation, variations, key="name", now=now)
    ProductModifierGroup.objects.filter(product_id__in=rows).delete()
    ProductModifierGroup.objects.bulk_create(
        ProductModifierGroup(product_id=pk, group_id=groups.rows[name].pk, position=place)
        for pk, row in rows.items()
        for place, name in enumerate(row.modifier_groups, start=1)
    )


def _products_changed_inside(
    known: Mapping[str, Product], rows: Collection[ProductRow]
) -> set[str]:
    ids = {row.pk for row in known.values()}
    sizes = Variation.objects.filter(product_id__in=ids, archived_at=None)
    variations = _inside(sizes, "product_id", "name", "price")
    asked = ProductModifierGroup.objects.filter(product_id__in=ids)
    links = _inside(asked, "product_id", "group__name")
    return {
        row.sku
        for row in rows
        if row.sku in known
        and (
            variations.get(known[row.sku].pk, []) != list(row.variations)
            or links.get(known[row.sku].pk, []) != [(name,) for name in row.modifier_groups]
        )
    }
