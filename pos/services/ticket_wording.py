"""What became different of a dish, in a cook's words."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Difference:
    """`now` and `was` are words for people: `no onions`, `no note`."""

    now: str
    was: str


def differences(item: Mapping[str, Any]) -> list[Difference]:
    """Of a ticket's item, see `Ticket.items`; only a `change` has any."""
    return [
        Difference(say(item[name]), say(item["was"][name]))
        for name, say in _WORDS.items()
        if name in item.get("was", {})
    ]


def _modifiers(rows: list[dict[str, Any]]) -> str:
    names = [
        row["name"] if row["quantity"] == 1 else f"{row['quantity']} × {row['name']}"
        for row in rows
    ]
    return ", ".join(names) or "nothing added"


_WORDS: dict[str, Callable[[Any], str]] = {
    "modifiers": _modifiers,
    "note": lambda note: note or "no note",
    "seat": lambda seat: f"seat {seat}" if seat else "no seat",
    "course": lambda course: f"course {course}" if course else "no course",
}
