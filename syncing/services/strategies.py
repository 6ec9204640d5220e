"""Who wins: the house's defaults, and what an owner has said instead."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import transaction_required
from fynlo.events.log import append
from syncing.choices import MONEY, STRATEGIES, Strategy
from syncing.documents import FIELD_STRATEGY
from syncing.errors import StrategyRefused
from syncing.models import FieldStrategy
from syncing.selectors.strategies import field_strategies, fields_of


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
    rows = field_strategies(restaurant_id)
    return Rules(
        {
            (entity, field): Strategy(strategy)
            for entity, field, strategy in rows.values_list("entity", "field", "strategy")
        }
    )


def check_rule(entity: str, field: str, strategy: str) -> None:
    """Raises StrategyRefused."""
    if field != "*" and field not in fields_of(entity):
        raise StrategyRefused(f"{entity} has no such field.", field="field")
    if field in MONEY and strategy != Strategy.MANUAL:
        raise StrategyRefused("Money never merges by itself: a person decides.", field="strategy")
    if strategy == Strategy.ADD and field != "quantity":
        raise StrategyRefused("Only a quantity can be added up.", field="strategy")


@transaction_required
def set_strategy(*, by: Actor, now: datetime, entity: str, field: str, strategy: Strategy) -> str:
    """The restaurant's own rule for a field, or for all others (`*`); in place of the one it had.

    The rule's document. Raises StrategyRefused.
    """
    check_rule(entity, field, strategy)
    row, is_new = FieldStrategy.objects.select_for_update().get_or_create(
        restaurant_id=by.restaurant_id,
        entity=entity,
        field=field,
        defaults={"strategy": strategy},
    )
    if not is_new:
        row.strategy, row.version = strategy, row.version + 1
        row.save()
    kind = f"field_strategy.{'created' if is_new else 'updated'}"
    return append(kind=kind, document=FIELD_STRATEGY, entity_id=row.pk, by=by, now=now)
