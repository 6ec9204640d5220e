"""Who did what to an order, when, and from which device."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from fynlo.accounts.models import Device, Membership
from fynlo.events.reading import history
from fynlo.money import for_people
from pos.models import Order


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
    people = _people(order.restaurant_id, {e["actor"] for e in events if e["actor"]})
    devices = _devices(order.restaurant_id, {e["device"] for e in events if e["device"]})
    return [_moment(event, people, devices) for event in events]


def _moment(event: dict[str, Any], people: dict[str, str], devices: dict[str, str]) -> Moment:
    order = event["data"]
    total, currency = order.get("total"), order.get("currency")
    return Moment(
        at=datetime.fromisoformat(event["occurred_at"]),
        what=in_words(event["kind"]),
        who=people.get(event["actor"], "Fynlo"),
        device=devices.get(event["device"], ""),
        total=for_people(total, currency) if currency else "",
        status=order.get("kitchen_status", "").capitalize(),
    )


def in_words(kind: str) -> str:
    """`order.line_added` as `Line added`."""
    return kind.split(".", 1)[-1].replace("_", " ").replace(".", " ").capitalize()


def _people(restaurant_id: UUID, ids: Collection[str]) -> dict[str, str]:
    rows = Membership.objects.for_restaurant(restaurant_id).filter(pk__in=ids)
    return {str(row.pk): str(row.user) for row in rows.select_related("user")}


def _devices(restaurant_id: UUID, ids: Collection[str]) -> dict[str, str]:
    rows = Device.objects.for_restaurant(restaurant_id).filter(pk__in=ids)
    return {str(pk): name for pk, name in rows.values_list("pk", "name")}
