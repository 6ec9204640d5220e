"""The three-way merge: what the device changed, against what it had seen and what is there now."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from syncing.choices import Strategy

Fields = Mapping[str, Any]
_QUANTITY = re.compile(r"\d{1,9}(\.\d{1,3})?")


@dataclass(slots=True)
class Merge:
    """`wanted` is what to write; `contested` are the fields that a person has to decide; `used`
    is the strategy of each field that both had changed."""

    wanted: dict[str, Any] = field(default_factory=dict)
    contested: list[str] = field(default_factory=list)
    used: dict[str, Strategy] = field(default_factory=dict)


def merge(
    *, base: Fields | None, server: Fields, changes: Fields, strategy: Callable[[str], Strategy]
) -> Merge:
    """Fields that only the device changed are written; one that both changed goes by its
    strategy. Without `base`, whatever differs was changed by both.

    A quantity, a decimal string, that both changed is the sum of both changes; less than nothing
    is contested.
    """
    result = Merge()
    for name, ours in changes.items():
        theirs = server.get(name)
        before = (base or {}).get(name)
        if _says_nothing(base, (before, ours, theirs), strategy(name)):
            continue
        if base is not None and before == theirs:
            result.wanted[name] = ours
        else:
            _settle(result, name, (before, ours, theirs), strategy(name))
    return result


def _says_nothing(base: Fields | None, values: tuple[Any, Any, Any], strategy: Strategy) -> bool:
    """The device left it as it was, or both made the same of it: two that added one each have
    added two."""
    before, ours, theirs = values
    if base is not None and before == ours:
        return True
    return bool(ours == theirs and (base is None or strategy is not Strategy.ADD))


def _settle(result: Merge, name: str, values: tuple[Any, Any, Any], strategy: Strategy) -> None:
    """`values`: before, the device's, the server's."""
    result.used[name] = strategy
    added = _sum(*values) if strategy is Strategy.ADD else None
    if added is not None:
        result.wanted[name] = added
    elif strategy is Strategy.CLIENT_WINS:
        result.wanted[name] = values[1]
    elif strategy is not Strategy.SERVER_WINS:
        result.contested.append(name)
        result.used[name] = Strategy.MANUAL


def _sum(*values: Any) -> str | None:
    """None when the three are not quantities, or come to nothing."""
    if not all(isinstance(value, str) and _QUANTITY.fullmatch(value) for value in values):
        return None
    before, ours, theirs = values
    total = Decimal(theirs) + Decimal(ours) - Decimal(before)
    return format(total.normalize(), "f") if total > 0 else None
