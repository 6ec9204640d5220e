"""Everything that a till holds, as it stands now, by entity."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db.models import Q, QuerySet

from fynlo.accounts.choices import STREAM_PERMISSIONS, Permission
from fynlo.documents import Document
from payments.documents import PAYMENT
from payments.selectors.payments import payments
from pos.choices import OrderStatus
from pos.documents import (
    CATEGORY,
    FLOOR,
    MODIFIER_GROUP,
    ORDER,
    PRODUCT,
    STATION,
    TABLE,
    TAX_RATE,
    TICKET,
)
from pos.selectors import floor, kitchen, menu, orders

RECENT = timedelta(days=2)
Rows = Callable[[UUID, datetime], QuerySet[Any]]


@dataclass(frozen=True, slots=True)
class Entity:
    """`rows` are those of a restaurant that a till needs at an instant."""

    document: Document
    rows: Rows

    @property
    def permission(self) -> Permission:
        return STREAM_PERMISSIONS[self.document.stream]


def _orders(restaurant_id: UUID, now: datetime) -> QuerySet[Any]:
    lately = Q(status=OrderStatus.OPEN) | Q(updated_at__gte=now - RECENT)
    return orders.orders(restaurant_id).filter(lately)


def _payments(restaurant_id: UUID, now: datetime) -> QuerySet[Any]:
    return payments(restaurant_id).filter(taken_at__gte=now - RECENT)


_ALL = [
    Entity(TAX_RATE, lambda restaurant, _: menu.tax_rates(restaurant)),
    Entity(STATION, lambda restaurant, _: menu.stations(restaurant)),
    Entity(CATEGORY, lambda restaurant, _: menu.categories(restaurant)),
    Entity(MODIFIER_GROUP, lambda restaurant, _: menu.modifier_groups(restaurant)),
    Entity(PRODUCT, lambda restaurant, _: menu.products(restaurant)),
    Entity(FLOOR, lambda restaurant, _: floor.floors(restaurant)),
    Entity(TABLE, lambda restaurant, _: floor.tables(restaurant)),
    Entity(ORDER, _orders),
    Entity(TICKET, lambda restaurant, _: kitchen.tickets(restaurant)),
    Entity(PAYMENT, _payments),
]
ENTITIES: dict[str, Entity] = {entity.document.name: entity for entity in _ALL}
"""In the order in which a till reads them: what is referred to comes first."""
