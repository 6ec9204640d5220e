"""Modifier groups with their modifiers. Every change empties the menu's cache after commit."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import created_before, transaction_required
from pos.documents import MODIFIER_GROUP
from pos.errors import ChoicesImpossible, ModifierGroupInUse
from pos.models import Modifier, ModifierGroup
from pos.selectors.menu import lock_menu, menu_changed, modifier_groups, products
from pos.services.archivable_rows import (
    announce,
    archive_row,
    change_row,
    check_row_version,
    make_row,
    naming_what_is_taken,
    stored_document,
)
from pos.services.nested_rows import refuse_foreign_ids, replace_rows


class ModifierFields(TypedDict, total=False):
    """`price_delta` in minor units. Without an id it is a new one."""

    id: UUID
    name: str
    price_delta: int


class ModifierGroupFields(TypedDict, total=False):
    name: str
    min_choices: int
    max_choices: int
    allow_quantities: bool
    position: int


@transaction_required
def create_modifier_group(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    modifiers: Sequence[ModifierFields],
    **fields: Unpack[ModifierGroupFields],
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, NameTaken,
    UnknownReference, ChoicesImpossible."""
    if created_before(ModifierGroup, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(MODIFIER_GROUP, pk), False
    lock_menu(by.restaurant_id)
    _check_choices(ModifierGroup(**fields), len(modifiers))
    make_row(MODIFIER_GROUP, by=by, pk=pk, fingerprint=fingerprint, **fields)
    _replace_modifiers(pk, modifiers, now)
    menu_changed(by.restaurant_id)
    return announce(MODIFIER_GROUP, "created", pk, by=by, now=now), True


@transaction_required
def change_modifier_group(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    modifiers: Sequence[ModifierFields] | None = None,
    **fields: Unpack[ModifierGroupFields],
) -> str:
    """Only what is given changes; `modifiers` replace those there are, matched by id.

    Raises NotFound, VersionConflict, NameTaken, UnknownReference, ChoicesImpossible.
    """
    lock_menu(by.restaurant_id)
    group = modifier_groups(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(MODIFIER_GROUP, group, expected_version)
    if modifiers is not None:
        _replace_modifiers(pk, modifiers, now)
    choices = group.modifiers.filter(archived_at=None).count()
    _check_choices(ModifierGroup(**{**_limits(group), **fields}), choices)
    change_row(group, fields)
    menu_changed(by.restaurant_id)
    return announce(MODIFIER_GROUP, "updated", pk, by=by, now=now)


@transaction_required
def delete_modifier_group(
    *, by: Actor, now: datetime, pk: UUID, expected_version: int | None
) -> str:
    """Raises NotFound, VersionConflict, ModifierGroupInUse."""
    lock_menu(by.restaurant_id)
    group = modifier_groups(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(MODIFIER_GROUP, group, expected_version)
    if products(by.restaurant_id).filter(modifier_groups=group).exists():
        raise ModifierGroupInUse
    archive_row(MODIFIER_GROUP, group, by=by, now=now)
    menu_changed(by.restaurant_id)
    return ""


def _limits(group: ModifierGroup) -> ModifierGroupFields:
    return {
        "min_choices": group.min_choices,
        "max_choices": group.max_choices,
        "allow_quantities": group.allow_quantities,
    }


def _check_choices(group: ModifierGroup, choices: int) -> None:
    reachable = group.max_choices if group.allow_quantities and choices else choices
    if group.min_choices > min(group.max_choices, reachable):
        raise ChoicesImpossible(field="min_choices")


def _replace_modifiers(pk: UUID, modifiers: Sequence[ModifierFields], now: datetime) -> None:
    refuse_foreign_ids(Modifier, modifiers, parent_id=pk, field="modifiers")
    with naming_what_is_taken():
        replace_rows(Modifier, {pk: modifiers}, key="id", now=now)
