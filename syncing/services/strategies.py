"""Who wins: the house's defaults, and what an owner has said instead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from uuid import UUID

from syncing.choices import STRATEGIES, Strategy
from syncing.models import FieldStrategy


@dataclass(frozen=True, slots=True)
class Rules:
    """`own`: by entity and field."""

    own: Mapping[tuple[str, str], Strategy]

    def of_entity(self, entity: str) -> Callable[[str], Strategy]:
        return lambda field: self._of(entity, field)

    def _of(self, entity: str, field: str) -> Strategy:
        house = STRATEGIES.get(entity, {})
        for name in (field, "*"):
            found = self.own.get((entity, name)) or house.get(name)
            if found:
                return found
        return Strategy.MANUAL


def rules_of(restaurant_id: UUID) -> Rules:
    rows = FieldStrategy.objects.for_restaurant(restaurant_id)
    return Rules(
        {
            (entity, field): Strategy(strategy)
            for entity, field, strategy in rows.values_list("entity", "field", "strategy")
        }
    )
