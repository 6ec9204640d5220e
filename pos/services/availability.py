"""Sold out, only so many left, back again."""

from datetime import datetime
from uuid import UUID

from django.db.models import F

from fynlo.accounts.actor import Actor
from fynlo.db import transaction_required
from fynlo.events.log import Author, append_all
from pos.choices import Availability
from pos.documents import PRODUCT
from pos.errors import UntilPassed
from pos.models import Product
from pos.selectors.menu import menu_changed, products, products_back
from pos.services.archivable_rows import announce, check_row_version


@transaction_required
def set_availability(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    state: Availability,
    quantity: int | None = None,
    until: datetime | None = None,
) -> str:
    """`quantity` pieces are left when it is limited; at `until` it is in stock again by itself.

    Raises NotFound, VersionConflict, UntilPassed.
    """
    if until is not None and until <= now:
        raise UntilPassed(field="until")
    product = products(by.restaurant_id).lock(by.restaurant_id, pk)
    check_row_version(PRODUCT, product, expected_version)
    product.availability = state
    product.stock = quantity
    product.available_again_at = until
    product.version += 1
    product.save(update_fields=["availability", "stock", "available_again_at", "version"])
    menu_changed(by.restaurant_id)
    return announce(PRODUCT, "updated", pk, by=by, now=now)


@transaction_required
def restore_availability(*, by: Author, now: datetime) -> int:
    """Whatever was to be back by now is in stock again. How many were."""
    back = products_back(by.restaurant_id, now=now)
    if not back:
        return 0
    Product.objects.filter(pk__in=back).update(
        availability=Availability.IN_STOCK,
        stock=None,
        available_again_at=None,
        version=F("version") + 1,
    )
    menu_changed(by.restaurant_id)
    append_all(kind="product.updated", document=PRODUCT, entity_ids=back, by=by, now=now)
    return len(back)
