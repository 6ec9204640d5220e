"""Who did what to an order, when, and from which device."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from fynlo.events.reading import history
from fynlo.money import for_people
from pos.models import Order
from pos.selectors.order_history import devices_named, people_named


@dataclass(frozen=True, slots=True)
class Moment:
    at: datetime
    what: str
    who: str
    device: str
    total: str
    status: str


def timeline(order: Order) -> list[Moment]:
    """Oldest first; three statements whatever its length."""
    written = history(restaurant_id=order.restaurant_id, entity_id=order.pk)
    events = [orjson.loads(event.envelope) for event in written]
    people = people_named(order.restaurant_id, _named(events, "actor"))
    devices = devices_named(order.restaurant_id, _named(events, "device"))
    return [_moment(event, people, devices) for event in events]


def _named(events: list[dict[str, Any]], name: str) -> set[UUID]:
    return {UUID(event[name]) for event in events if event[name]}


def _moment(event: dict[str, Any], people: dict[UUID, str], devices: dict[UUID, str]) -> Moment:
    order = event["data"]
    total, currency = order.get("total"), order.get("currency")
    return Moment(
        at=datetime.fromisoformat(event["occurred_at"]),
        what=in_words(event["kind"]),
        who=people[UUID(event["actor"])] if event["actor"] else "Fynlo",
        device=devices[UUID(event["device"])] if event["device"] else "",
        total=for_people(total, currency) if currency else "",
        status=order.get("kitchen_status", "").capitalize(),
    )


def in_words(kind: str) -> str:
    """`order.line_added` as `Line added`."""
    return kind.split(".", 1)[-1].replace("_", " ").replace(".", " ").capitalize()
