"""Who did what to an order, when, and from which device: the log, told in sentences."""

from collections.abc import Callable, Collection
from itertools import pairwise
from typing import Any
from uuid import UUID

import orjson

from fynlo.accounts.models import Device, Membership
from fynlo.clock import as_utc_text
from fynlo.errors import NotFound
from fynlo.events.reading import Recorded, history_from
from fynlo.money import for_people, percent_for_people
from pos.models import Order

Document = dict[str, Any]
NOT_NEWS = frozenset({"version", "updated_at"})
"""Fields that every event changes."""


def order_history(
    restaurant_id: UUID, order_id: UUID, *, limit: int, after: int | None
) -> tuple[list[dict[str, Any]], int | None]:
    """At most `limit` rows, oldest first, those after the event numbered `after`; and the number
    to go on from, None at the end. Raises NotFound."""
    if not Order.objects.for_restaurant(restaurant_id).filter(pk=order_id).exists():
        raise NotFound
    known = 0 if after is None else 1
    recorded = history_from(
        restaurant_id=restaurant_id,
        entity_id=order_id,
        seq=after or 0,
        limit=known + limit + 1,
    )
    shown = recorded[known : known + limit]
    documents = [{}, *(orjson.loads(event.payload) for event in recorded[: known + limit])]
    rows = _rows(restaurant_id, shown, documents[known:])
    more = len(recorded) > known + limit
    return rows, shown[-1].seq if more else None


def _rows(
    restaurant_id: UUID, events: list[Recorded], documents: list[Document]
) -> list[dict[str, Any]]:
    """`documents`: what was before the first event, then what each of them made of it."""
    people = people_named(restaurant_id, {event.actor for event in events if event.actor})
    devices = devices_named(restaurant_id, {event.device for event in events if event.device})
    return [
        {
            "seq": event.seq,
            "at": as_utc_text(event.occurred_at),
            "kind": event.kind,
            "sentence": f"{_who(people, event)} {in_words(event.kind, was, now)}.",
            "actor": event.actor,
            "actor_name": people.get(event.actor) if event.actor else None,
            "device": event.device,
            "device_name": devices.get(event.device) if event.device else None,
            "version": event.version,
            "changed": [name for name in now if was.get(name) != now[name] and _is_news(name)],
        }
        for event, (was, now) in zip(events, pairwise(documents), strict=True)
    ]


def _is_news(name: str) -> bool:
    return name not in NOT_NEWS


def _who(people: dict[UUID, str], event: Recorded) -> str:
    return people.get(event.actor, "Somebody") if event.actor else "Fynlo"


def people_named(restaurant_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    """Names of members by membership, those who left included."""
    rows = Membership.objects.for_restaurant(restaurant_id).filter(pk__in=ids)
    return {row.pk: str(row.user) for row in rows.select_related("user")}


def devices_named(restaurant_id: UUID, ids: Collection[UUID]) -> dict[UUID, str]:
    rows = Device.objects.for_restaurant(restaurant_id).filter(pk__in=ids)
    return dict(rows.values_list("pk", "name"))


def in_words(kind: str, was: Document, now: Document) -> str:
    """What happened, to follow a name: `added 2 × Burger`."""
    verb = kind.removeprefix("order.")
    told = _TOLD.get(verb)
    return told(was, now) if told else verb.replace("_", " ")


def _listed(lines: list[Document]) -> str:
    return ", ".join(f"{line['quantity']} × {line['name']}" for line in lines) or "nothing"


def _lines_without(these: Document, those: Document) -> list[Document]:
    known = {line["id"] for line in those.get("lines", [])}
    return [line for line in these.get("lines", []) if line["id"] not in known]


def _became(was: Document, now: Document, *states: str) -> list[Document]:
    before = {line["id"]: line["state"] for line in was.get("lines", [])}
    return [
        line
        for line in now["lines"]
        if line["state"] in states and before.get(line["id"]) != line["state"]
    ]


def _money(now: Document, amount: int) -> str:
    return for_people(amount, now["currency"])


def _voided(was: Document, now: Document) -> str:
    lines = _became(was, now, "VOIDED")
    return f"voided {_listed(lines)}: {lines[0]['void_reason'] if lines else ''}"


def _discounted(was: Document, now: Document) -> str:
    known = {row["id"] for row in was.get("discounts", [])}
    given = [row for row in now["discounts"] if row["id"] not in known]
    told = ", ".join(f"{_money(now, row['amount'])} ({row['reason']})" for row in given)
    return f"took off {told}"


def _transferred(was: Document, now: Document) -> str:
    if was.get("table") != now["table"]:
        return f"moved it to table {now['table_number']}"
    return "gave it to another server"


def _discount_removed(was: Document, now: Document) -> str:
    known = {row["id"] for row in now["discounts"]}
    gone = [row for row in was.get("discounts", []) if row["id"] not in known]
    told = ", ".join(f"{_money(now, row['amount'])} ({row['reason']})" for row in gone)
    return f"took back a discount of {told}"


def _sold(now: Document, lines: list[Document]) -> str:
    """With the menu's price beside one that somebody set."""
    told = [f"{line['quantity']} × {line['name']}{_own_price(now, line)}" for line in lines]
    return ", ".join(told) or "nothing"


def _own_price(now: Document, line: Document) -> str:
    if line.get("menu_price") is None:
        return ""
    own, menu = _money(now, line["unit_price"]), _money(now, line["menu_price"])
    return f" at {own} instead of {menu}"


def _paid(was: Document, now: Document) -> str:
    return f"took {_money(now, now['paid'] - was.get('paid', 0))}"


def _updated(was: Document, now: Document) -> str:
    told = ("table", "server", "guests", "note", "service_charge_bps")
    changed = [name for name in told if was.get(name) != now[name]]
    names = [_charge(was, now) if "_bps" in name else name for name in changed]
    return f"changed {', '.join(names) or 'nothing'}"


def _charge(was: Document, now: Document) -> str:
    before, after = (
        percent_for_people(document.get("service_charge_bps", 0)) for document in (was, now)
    )
    return f"service charge from {before} to {after}"


_TOLD: dict[str, Callable[[Document, Document], str]] = {
    "created": lambda was, now: f"opened it with {_sold(now, now['lines'])}",
    "updated": _updated,
    "lines_added": lambda was, now: f"added {_sold(now, _lines_without(now, was))}",
    "line_changed": lambda was, now: "changed a line",
    "line_removed": lambda was, now: f"removed {_listed(_lines_without(was, now))}",
    "line_voided": _voided,
    "discounted": _discounted,
    "discount_removed": _discount_removed,
    "sent": lambda was, now: f"sent {_listed(_became(was, now, 'SENT', 'READY'))}",
    "course_fired": lambda was, now: f"fired {_listed(_became(was, now, 'SENT', 'READY'))}",
    "held": lambda was, now: f"held {_listed(_became(was, now, 'HELD'))}",
    "cooking": lambda was, now: f"moved {_listed(_became(was, now, 'PREPARING', 'READY'))} along",
    "served": lambda was, now: f"served {_listed(_became(was, now, 'SERVED'))}",
    "transferred": _transferred,
    "split": lambda was, now: f"split off {_listed(_lines_without(was, now))}",
    "split_off": lambda was, now: f"split it off with {_listed(now['lines'])}",
    "merged": lambda was, now: f"merged {_listed(_lines_without(now, was))} into it",
    "merged_away": lambda was, now: str(now["cancel_reason"]).replace("merged", "merged it"),
    "partially_paid": _paid,
    "paid": _paid,
    "completed": lambda was, now: f"completed it at {_money(now, now['total'])}",
    "cancelled": lambda was, now: f"cancelled it: {now['cancel_reason']}",
    "reopened": lambda was, now: "reopened it",
}
