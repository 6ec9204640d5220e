"""What a till asks for, and what the menu has to sell."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

import orjson

from fynlo.batches import kept
from pos.documents import PRODUCT_FOR_SALE


@dataclass(frozen=True, slots=True)
class Choice:
    """A chosen modifier."""

    modifier: UUID
    quantity: int = 1


@dataclass(frozen=True, slots=True)
class Wanted:
    """One line as asked for. `unit_price` (minor units) is for those who may override prices."""

    product: UUID
    quantity: Decimal
    id: UUID | None = None
    variation: UUID | None = None
    modifiers: Sequence[Choice] = ()
    seat: int = 0
    course: int | None = None
    note: str = ""
    unit_price: int | None = None


def products_for_sale(
    restaurant_id: UUID, product_ids: Collection[UUID], *, archived: bool = False
) -> dict[UUID, dict[str, Any]]:
    """PRODUCT_FOR_SALE documents by id, in one statement, never from the cache.

    Foreign products are missing, and archived ones unless they are asked for, too. Once for each
    product of a batch.
    """
    known: dict[UUID, dict[str, Any]] = kept(("for_sale", restaurant_id, archived), dict)
    wanted = set(product_ids) - known.keys()
    if wanted:
        known |= _for_sale(restaurant_id, wanted, archived=archived)
    return {pk: known[pk] for pk in set(product_ids) & known.keys()}


def _for_sale(
    restaurant_id: UUID, product_ids: Collection[UUID], *, archived: bool
) -> dict[UUID, dict[str, Any]]:
    texts = PRODUCT_FOR_SALE.by_id(restaurant_id, product_ids)
    found = [orjson.loads(text) for text in texts]
    return {UUID(row["id"]): row for row in found if archived or not row["archived_at"]}
