"""Tax rates of the menu. Every change empties the menu's cache after commit."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import check_version, created_before, transaction_required
from fynlo.events.log import append
from pos.documents import TAX_RATE
from pos.models import TaxRate
from pos.selectors.menu import lock_tax_rate, menu_changed, tax_rates


@transaction_required
def create_tax_rate(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    name: str,
    rate_bps: int,
    is_inclusive: bool,
) -> tuple[str, bool]:
    """The document, and whether it is new. Raises IdConflict."""
    if created_before(TaxRate, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return TAX_RATE.read(tax_rates(by.restaurant_id).filter(pk=pk))[0], False
    TaxRate.objects.create(
        pk=pk,
        restaurant_id=by.restaurant_id,
        fingerprint=fingerprint,
        name=name,
        rate_bps=rate_bps,
        is_inclusive=is_inclusive,
    )
    menu_changed(by.restaurant_id)
    return append(kind="tax_rate.created", document=TAX_RATE, entity_id=pk, by=by, now=now), True


@transaction_required
def change_tax_rate(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    name: str | None = None,
    rate_bps: int | None = None,
    is_inclusive: bool | None = None,
) -> str:
    """Only what is given changes. Lines already sold keep the rate they were sold at.

    Raises NotFound, VersionConflict.
    """
    rate = lock_tax_rate(by.restaurant_id, pk)
    check_version(
        rate.version,
        expected_version,
        document=lambda: TAX_RATE.read(tax_rates(by.restaurant_id).filter(pk=pk))[0],
    )
    rate.name = rate.name if name is None else name
    rate.rate_bps = rate.rate_bps if rate_bps is None else rate_bps
    rate.is_inclusive = rate.is_inclusive if is_inclusive is None else is_inclusive
    rate.version += 1
    rate.save()
    menu_changed(by.restaurant_id)
    return append(kind="tax_rate.updated", document=TAX_RATE, entity_id=pk, by=by, now=now)
