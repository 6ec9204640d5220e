"""Bring a menu file into a restaurant: what is new is made, what differs is changed, by name or
sku. What the file does not mention stays as it is. All or nothing, in a few dozen statements."""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet

from fynlo.db import transaction_required
from fynlo.documents import Document
from fynlo.events.log import Author, append_all
from pos.documents import CATEGORY, MODIFIER_GROUP, PRODUCT, STATION, TAX_RATE
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
from pos.services.bulk_rows import in_parts, insert_rows, look_up_by_index
from pos.services.menu_cells import Problem, refuse
from pos.services.menu_file import PRODUCTS, GroupRows, MenuFile, ProductRow
from pos.services.menu_merge import Merged, merge
from pos.services.nested_rows import replace_rows
from pos.services.shares_done import Tell, to_nobody, within


@dataclass(frozen=True, slots=True)
class Change:
    """What comes of one row of the products file: `created` or `updated`."""

    line: int
    sku: str
    outcome: str


@dataclass(frozen=True, slots=True)
class Imported:
    """How many products the file made, changed and left as they were."""

    created: int
    updated: int
    unchanged: int
    changes: Sequence[Change] = field(default=(), compare=False)


@transaction_required
def import_menu(*, by: Author, now: datetime, file: MenuFile, tell: Tell = to_nobody) -> Imported:
    """Takes the lock of the menu. Raises MenuFileInvalid when the file does not fit what is
    there: categories of a third level, modifier groups that are gone."""
    lock_menu(by.restaurant_id)
    look_up_by_index()
    taxes = _tax_rates(by, file)
    stations = _stations(by, file)
    parents = _parent_categories(by, file)
    categories = _categories(by, file, parents)
    groups = _groups(by, file, now)
    products = _products(by, file, now, taxes=taxes, stations=stations, categories=categories,
                         groups=groups, tell=within(tell, 0, 0.6))  # fmt: skip
    menu_changed(by.restaurant_id)
    changes: list[tuple[Document, Merged[Any]]] = [
        (TAX_RATE, taxes),
        (STATION, stations),
        (CATEGORY, parents),
        (CATEGORY, categories),
        (MODIFIER_GROUP, groups),
    ]
    for document, merged in changes:
        _announce(document, merged, by=by, now=now)
    _announce(PRODUCT, products, by=by, now=now, tell=within(tell, 0.6, 1))
    return _outcome(file, products)


def _outcome(file: MenuFile, products: Merged[Product]) -> Imported:
    outcomes = dict.fromkeys((row.sku for row in products.created), "created")
    outcomes |= dict.fromkeys((row.sku for row in products.updated), "updated")
    changes = [
        Change(row.line, row.sku, outcomes[row.sku]) for row in file.products if row.sku in outcomes
    ]
    unchanged = len(file.products) - len(changes)
    return Imported(len(products.created), len(products.updated), unchanged, changes)


def _inside(rows: QuerySet[Any], parent: str, *values: str) -> dict[UUID, list[tuple[Any, ...]]]:
    """These values of the rows, in order, by parent."""
    found: dict[UUID, list[tuple[Any, ...]]] = defaultdict(list)
    for parent_id, *nested in rows.order_by("position", "id").values_list(parent, *values):
        found[parent_id].append(tuple(nested))
    return found


def _announce(
    document: Document, merged: Merged[Any], *, by: Author, now: datetime, tell: Tell = to_nobody
) -> None:
    new_part = len(merged.created) / max(len(merged.created) + len(merged.updated), 1)
    steps = (
        ("created", merged.created, within(tell, 0, new_part)),
        ("updated", merged.updated, within(tell, new_part, 1)),
    )
    for verb, rows, tell_part in steps:
        for part in in_parts((row.pk for row in rows), tell_part):
            kind = f"{document.name}.{verb}"
            append_all(kind=kind, document=document, entity_ids=part, by=by, now=now)


def _tax_rates(by: Author, file: MenuFile) -> Merged[TaxRate]:
    known = {row.name: row for row in TaxRate.objects.live(by.restaurant_id)}
    wanted: dict[str, dict[str, Any]] = {
        row.tax_rate: {"rate_bps": row.tax_bps, **_if_said(is_inclusive=row.tax_inclusive)}
        for row in file.products
    }
    new = {name: {"name": name} for name in wanted}
    return merge(TaxRate, known, wanted, new=new, by=by)


def _if_said(**values: Any) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value is not None}


def _stations(by: Author, file: MenuFile) -> Merged[Station]:
    """By the name as it is written; else by one that differs in capitals only."""
    live = list(Station.objects.live(by.restaurant_id))
    known = {row.name.casefold(): row for row in live} | {row.name: row for row in live}
    names = dict.fromkeys(row.station for row in file.products if row.station)
    alike = {name: known[name.casefold()] for name in names if name.casefold() in known}
    first = {name.casefold(): name for name in reversed(names)}
    missing = [name for name in names if name not in alike and first[name.casefold()] == name]
    new = {
        name: {"name": name, "position": place}
        for place, name in enumerate(missing, start=len(live) + 1)
    }
    merged = merge(Station, alike | known, {name: {} for name in missing}, new=new, by=by)
    written = {name: merged.rows.get(name) or merged.rows[first[name.casefold()]] for name in names}
    return Merged({**merged.rows, **written}, merged.created, merged.updated)


def _parent_categories(by: Author, file: MenuFile) -> Merged[Category]:
    names = {row.parent_category: None for row in file.products if row.parent_category}
    return _merge_categories(by, {name: {} for name in names})


def _categories(by: Author, file: MenuFile, parents: Merged[Category]) -> Merged[Category]:
    wanted = {
        row.category: {"parent_id": parents.id_of(row.parent_category)} for row in file.products
    }
    merged = _merge_categories(by, wanted)
    third_level = Category.objects.live(by.restaurant_id).exclude(parent__parent=None)
    names = set(third_level.values_list("name", "parent__name"))
    _refuse_third_level(file, {name for pair in names for name in pair})
    return merged


def _refuse_third_level(file: MenuFile, names: Collection[str]) -> None:
    detail = "Categories have two levels; with what is on the menu this makes three."
    refuse(
        [
            Problem(PRODUCTS, row.line, "parent_category", detail)
            for row in file.products
            if {row.category, row.parent_category} & set(names)
        ]
    )


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
    refill = inside.union(row.name for row in merged.created)
    replace_rows(
        Modifier,
        {
            merged.rows[group.name].pk: [
                {"name": row.name, "price_delta": row.price_delta} for row in group.modifiers
            ]
            for group in file.groups
            if group.name in refill
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
    tell: Tell,
) -> Merged[Product]:
    _refuse_unknown_groups(file, groups)
    known = {row.sku: row for row in Product.objects.live(by.restaurant_id)}
    wanted = {
        row.sku: {
            "name": row.name,
            "description": row.description,
            "price": row.price,
            "tax_rate_id": taxes.id_of(row.tax_rate),
            "category_id": categories.id_of(row.category),
            "station_id": stations.id_of(row.station),
            "course": row.course,
            "prep_minutes": row.prep_minutes,
            "image": row.image,
            "allergens": list(row.allergens),
            "dietary": list(row.dietary),
            **_if_said(cost=row.cost),
        }
        for row in file.products
    }
    places = range(len(known) + 1, len(known) + len(wanted) + 1)
    new = {sku: {"sku": sku, "position": place} for sku, place in zip(wanted, places, strict=True)}
    inside = _products_changed_inside(known, file.products)
    merged = merge(
        Product, known, wanted, new=new, by=by, changed_inside=inside, tell=within(tell, 0, 0.5)
    )
    refill = inside.union(row.sku for row in merged.created)
    rows = {merged.rows[row.sku].pk: row for row in file.products if row.sku in refill}
    for part in in_parts(rows, within(tell, 0.5, 1)):
        _replace_inside({pk: rows[pk] for pk in part}, groups, now)
    return merged


def _refuse_unknown_groups(file: MenuFile, groups: Merged[ModifierGroup]) -> None:
    refuse(
        [
            Problem(PRODUCTS, row.line, "modifier_groups", f"{name[:40]!r} is gone from the menu.")
            for row in file.products
            for name in row.modifier_groups
            if name not in groups.rows
        ]
    )


def _replace_inside(
    rows: Mapping[UUID, ProductRow], groups: Merged[ModifierGroup], now: datetime
) -> None:
    variations = {
        pk: [{"name": name, "price": price} for name, price in row.variations]
        for pk, row in rows.items()
    }
    replace_rows(Variation, variations, key="name", now=now)
    ProductModifierGroup.objects.filter(product_id__in=rows).delete()
    insert_rows(
        ProductModifierGroup,
        (
            ProductModifierGroup(product_id=pk, group_id=groups.rows[name].pk, position=place)
            for pk, row in rows.items()
            for place, name in enumerate(row.modifier_groups, start=1)
        ),
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
