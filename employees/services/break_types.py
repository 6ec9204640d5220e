"""Kinds of breaks. A break that was taken keeps what its kind said then."""

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from employees.documents import BREAK_TYPE
from employees.errors import NameInUse, TimesOutOfOrder
from employees.models import BreakType
from employees.selectors.entries import break_type_document, break_types, lock_break_type
from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import lock_staff
from fynlo.db import check_version, created_before, transaction_required
from fynlo.events.log import append, append_deleted


class BreakTypeFields(TypedDict, total=False):
    name: str
    expected_minutes: int
    minimum_minutes: int
    is_paid: bool


@transaction_required
def create_break_type(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, **fields: Unpack[BreakTypeFields]
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, NameInUse, TimesOutOfOrder."""
    if created_before(BreakType, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return break_type_document(pk), False
    lock_staff(by.restaurant_id)
    kind = BreakType(pk=pk, restaurant_id=by.restaurant_id, fingerprint=fingerprint, **fields)
    _check(kind)
    kind.save(force_insert=True)
    text = append(kind="break_type.created", document=BREAK_TYPE, entity_id=pk, by=by, now=now)
    return text, True


def _check(kind: BreakType) -> None:
    same_name = break_types(kind.restaurant_id).filter(name=kind.name).exclude(pk=kind.pk)
    if same_name.exists():
        raise NameInUse(field="name")
    if kind.minimum_minutes > kind.expected_minutes:
        raise TimesOutOfOrder(
            "A break cannot be expected to be shorter than its minimum.", field="minimum_minutes"
        )


@transaction_required
def change_break_type(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[BreakTypeFields],
) -> str:
    """Only what is given changes. Raises NotFound, VersionConflict, NameInUse, TimesOutOfOrder."""
    kind = _lock(by, pk, expected_version)
    for name, value in fields.items():
        setattr(kind, name, value)
    _check(kind)
    kind.version += 1
    kind.save()
    return append(kind="break_type.updated", document=BREAK_TYPE, entity_id=pk, by=by, now=now)


def _lock(by: Actor, pk: UUID, expected_version: int | None) -> BreakType:
    lock_staff(by.restaurant_id)
    kind = lock_break_type(by.restaurant_id, pk)
    check_version(kind.version, expected_version, document=lambda: break_type_document(pk))
    return kind


@transaction_required
def delete_break_type(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """Breaks of this kind stay. Nothing to show. Raises NotFound, VersionConflict."""
    kind = _lock(by, pk, expected_version)
    kind.archived_at = now
    kind.version += 1
    kind.save(update_fields=["archived_at", "version"])
    append_deleted(kind="break_type.deleted", document=BREAK_TYPE, entity_id=pk, by=by, now=now)
    return ""
