"""What selling needs to know of the menu, in one statement, fresh from PostgreSQL."""

from collections.abc import Collection
from typing import Any
from uuid import UUID

import orjson

from pos.documents import PRODUCT_FOR_SALE
from pos.models import Product


def products_for_sale(
    restaurant_id: UUID, product_ids: Collection[UUID]
) -> dict[UUID, dict[str, Any]]:
    """PRODUCT_FOR_SALE documents by id; archived and foreign products are missing."""
    rows = Product.objects.for_restaurant(restaurant_id)
    rows = rows.filter(pk__in=product_ids, archived_at=None)
    documents = [orjson.loads(text) for text in PRODUCT_FOR_SALE.read(rows)]
    return {UUID(document["id"]): document for document in documents}
