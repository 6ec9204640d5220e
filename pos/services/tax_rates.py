"""Tax rates of the menu. Every change empties the menu's cache after commit."""

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import created_before, transaction_required
from pos.documents import TAX_RATE
from pos.errors import TaxRateInUse
from pos.models import TaxRate
from pos.selectors.menu import lock_menu, menu_changed, products, tax_rates
from pos.services.archivable_rows import (
    announce,
    archive_row,
    change_row,
    check_row_version,
    make_row,
    stored_document,
)


class TaxRateFields(TypedDict, total=False):
    name: str
    rate_bps: int
    is_inclusive: bool


@transaction_required
def create_tax_rate(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, **fields: Unpack[TaxRateFields]
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict, NameTaken."""
    if created_before(TaxRate, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return stored_document(TAX_RATE, pk), False
    lock_menu(by.restaurant_id)
    make_row(TAX_RATE, by=by, pk=pk, fingerprint=fingerprint, **fields)
    menu_changed(by.restaurant_id)
    return announce(TAX_RATE, "created", pk, by=by, now=now), True


@transaction_required
def change_tax_rate(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **fields: Unpack[TaxRateFields],
) -> str:
    """Only what is given changes. Lines already sold keep the rate they were sold at.

    Raises NotFound, VersionConflict, NameTaken.
    """
    lock_menu(by.restaurant_id)
    rate = tax_rates(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(TAX_RATE, rate, expected_version)
    change_row(rate, fields)
    menu_changed(by.restaurant_id)
    return announce(TAX_RATE, "updated", pk, by=by, now=now)


@transaction_required
def delete_tax_rate(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """Raises NotFound, VersionConflict, TaxRateInUse."""
    lock_menu(by.restaurant_id)
    rate = tax_rates(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(TAX_RATE, rate, expected_version)
    if products(by.restaurant_id).filter(tax_rate=rate).exists():
        raise TaxRateInUse
    archive_row(TAX_RATE, rate, by=by, now=now)
    menu_changed(by.restaurant_id)
    return ""
