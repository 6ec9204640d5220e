"""Categories: a tree of two levels. Every change empties the menu's cache after commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import created_before, transaction_required
from pos.documents import CATEGORY
from pos.errors import CategoryInUse, CategoryTooDeep
from pos.models import Category
from pos.selectors.menu import categories, lock_menu, menu_changed, products, refer
from pos.services.archivable_rows import (
    announce,
    archive_row,
    change_row,
    check_row_version,
    make_row,
    stored_document,
)
from pos.services.windows import WindowFields, replace_windows


class CategoryFields(TypedDict, total=False):
    name: str
    parent: UUID | None
    position: int
    colour: str


@transaction_required
def create_category(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    availability_windows: Sequence[WindowFields],
    **fields: Unpack[CategoryFields],
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, NameTaken,
    UnknownReference, CategoryTooDeep."""
    if created_before(Category, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(CATEGORY, pk), False
    lock_menu(by.restaurant_id)
    _check_parent(by.restaurant_id, pk, fields.get("parent"))
    make_row(CATEGORY, by=by, pk=pk, fingerprint=fingerprint, **fields)
    replace_windows(Category, pk, availability_windows)
    menu_changed(by.restaurant_id)
    return announce(CATEGORY, "created", pk, by=by, now=now), True


@transaction_required
def change_category(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    availability_windows: Sequence[WindowFields] | None = None,
    **fields: Unpack[CategoryFields],
) -> str:
    """Only what is given changes; windows that are given replace those there are.

    Raises NotFound, VersionConflict, NameTaken, UnknownReference, CategoryTooDeep.
    """
    lock_menu(by.restaurant_id)
    category = categories(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(CATEGORY, category, expected_version)
    _check_parent(by.restaurant_id, pk, fields.get("parent"))
    change_row(category, fields)
    if availability_windows is not None:
        replace_windows(Category, pk, availability_windows)
    menu_changed(by.restaurant_id)
    return announce(CATEGORY, "updated", pk, by=by, now=now)


@transaction_required
def delete_category(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """Raises NotFound, VersionConflict, CategoryInUse."""
    lock_menu(by.restaurant_id)
    category = categories(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(CATEGORY, category, expected_version)
    children = categories(by.restaurant_id).filter(parent=category)
    if children.exists() or products(by.restaurant_id).filter(category=category).exists():
        raise CategoryInUse
    archive_row(CATEGORY, category, by=by, now=now)
    menu_changed(by.restaurant_id)
    return ""


def _check_parent(restaurant_id: UUID, pk: UUID, parent_id: UUID | None) -> None:
    if parent_id is None:
        return
    parent = refer(categories(restaurant_id), parent_id, field="parent")
    has_children = categories(restaurant_id).filter(parent=pk).exists()
    if parent.parent_id or parent.pk == pk or has_children:
        raise CategoryTooDeep(field="parent")
