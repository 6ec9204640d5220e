"""Reads of who wins, and how often it came to that."""

from collections.abc import Collection
from datetime import datetime, timedelta
from uuid import UUID

from django.db import connection

from fynlo.db import OwnedQuerySet
from pos.documents import ORDER_LINE
from syncing.choices import PARTS, STRATEGIES, Strategy
from syncing.models import FieldStrategy
from syncing.selectors.snapshot import ENTITIES

COUNTED = timedelta(days=30)
_FIGURES = """
SELECT o.entity, decided.field, decided.strategy, count(*)
FROM syncing_syncoperation o, jsonb_each_text(o.strategies) AS decided(field, strategy)
WHERE o.restaurant_id = %s AND o.received_at >= %s AND o.strategies <> '{}'
GROUP BY 1, 2, 3 ORDER BY 4 DESC, 1, 2, 3
"""


def field_strategies(restaurant_id: UUID) -> OwnedQuerySet[FieldStrategy]:
    return FieldStrategy.objects.for_restaurant(restaurant_id)


def fields_of(entity: str) -> Collection[str]:
    """What a document of this entity has; an unknown one has nothing."""
    if entity in PARTS:
        return ORDER_LINE.fields.keys()
    return ENTITIES[entity].document.fields.keys() if entity in ENTITIES else ()


def strategies_in_force(restaurant_id: UUID) -> list[dict[str, object]]:
    """The house's rules and the restaurant's own in their place, by entity and field."""
    own = {(row.entity, row.field): row.strategy for row in field_strategies(restaurant_id)}
    house = {
        (entity, field): strategy.value
        for entity, fields in STRATEGIES.items()
        for field, strategy in {"*": Strategy.MANUAL, **fields}.items()
    }
    return [
        {"entity": entity, "field": field, "strategy": strategy, "is_own": (entity, field) in own}
        for (entity, field), strategy in sorted((house | own).items())
    ]


def strategy_figures(restaurant_id: UUID, *, now: datetime) -> list[dict[str, object]]:
    """How often both had changed a field in the last 30 days, and what decided; most first."""
    with connection.cursor() as cursor:
        cursor.execute(_FIGURES, [restaurant_id, now - COUNTED])
        names = ("entity", "field", "strategy", "count")
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]
