"""What a till may do offline: each entry is an act of the REST API, by the same service."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson

from employees.choices import Punch
from employees.serializers.clock import Place
from employees.services import clock
from employees.services.evidence import Told
from employees.services.signals import Spot
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.inputs import Flag, Id, Input, NoBody
from payments.serializers.payments import CashInput
from payments.services.cash import take_cash
from pos.selectors.sale import Wanted
from pos.serializers import menu, orders
from pos.serializers.floor import TableChange
from pos.services import (
    availability,
    closing,
    discounts,
    floors,
    line_changes,
    lines,
    merging,
    products,
    sending,
    splitting,
    tickets,
    transfers,
    voids,
)
from pos.services.facts import Fact
from pos.services.orders import change_order, open_order
from syncing.choices import PARTS


@dataclass(frozen=True, slots=True)
class Call:
    """One act: who, when (here and on the device, as a `fact`), on what, with which validated
    input."""

    by: Actor
    now: datetime
    fact: Fact
    entity_id: UUID
    fingerprint: str
    data: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Entry:
    """`do` returns the document. `part` finds in it what was changed, where that is a part.
    `permission` None: everybody's own."""

    permission: Permission | None
    body: type[Input]
    do: Callable[[Call, int | None], str]
    part: str = ""


class LineOfOrder(orders.LineInput):
    order = Id()

    def to_internal_value(self, data: Any) -> Any:
        given = Input.to_internal_value(self, data)
        return {"order": given.pop("order"), "line": Wanted(**given)}


class ChangeOfLine(orders.LineChange):
    order = Id()


class LineGone(Input):
    order = Id()


class Punched(Input):
    """As at the clock, by whoever is signed in: a PIN is not kept for later."""

    place = Place(required=False)


class ClockedOut(Punched):
    waives_break = Flag(default=False)


class BreakBegun(Punched):
    break_type = Id(required=False)


PUNCHES: dict[Punch, type[Input]] = {
    Punch.CLOCK_OUT: ClockedOut,
    Punch.BREAK_START: BreakBegun,
    Punch.BREAK_END: Punched,
}


def _create_order(call: Call, _: int | None) -> str:
    text, _new = open_order(
        by=call.by,
        now=call.now,
        pk=call.entity_id,
        fingerprint=call.fingerprint,
        fact=call.fact,
        **_without(call.data, "id"),
    )
    return text


def _update_order(call: Call, version: int | None) -> str:
    changes: Any = _without(call.data, "version")
    return change_order(
        by=call.by, now=call.now, pk=call.entity_id, expected_version=version, changes=changes
    )


def _add_line(call: Call, _: int | None) -> str:
    line = replace(call.data["line"], id=call.entity_id)
    return lines.add_lines(
        by=call.by, now=call.now, pk=call.data["order"], lines=[line], fact=call.fact
    )


def _change_line(call: Call, version: int | None) -> str:
    changes: Any = _without(call.data, "order", "version")
    return line_changes.change_line(
        by=call.by,
        now=call.now,
        pk=call.data["order"],
        line_id=call.entity_id,
        expected_version=version,
        changes=changes,
        fact=call.fact,
    )


def _remove_line(call: Call, version: int | None) -> str:
    return lines.remove_line(
        by=call.by,
        now=call.now,
        pk=call.data["order"],
        line_id=call.entity_id,
        expected_version=version,
    )


def _take_cash(call: Call, _: int | None) -> str:
    text, _new = take_cash(
        by=call.by,
        now=call.now,
        pk=call.entity_id,
        fingerprint=call.fingerprint,
        fact=call.fact,
        **_without(call.data, "id"),
    )
    return text


def _serve(call: Call, _: int | None) -> str:
    return sending.serve_lines(
        by=call.by,
        now=call.now,
        pk=call.entity_id,
        fact=call.fact,
        **_without(call.data, "version"),
    )


def _complete(call: Call, _: int | None) -> str:
    return closing.complete_order(by=call.by, now=call.now, pk=call.entity_id, fact=call.fact)


def _punch(punch: Punch, service: Callable[..., str]) -> Entry:
    def act(call: Call, _: int | None) -> str:
        text = service(by=call.by, now=call.now, told=_told(call, punch))
        call.fact.flags += orjson.loads(text)["flags"]
        return text

    return Entry(None, PUNCHES[punch], act)


def _clock_in(call: Call, _: int | None) -> str:
    text, _new = clock.clock_in(
        by=call.by,
        now=call.now,
        pk=call.entity_id,
        fingerprint=call.fingerprint,
        told=_told(call, Punch.CLOCK_IN),
    )
    call.fact.flags += orjson.loads(text)["flags"]
    return text


def _told(call: Call, punch: Punch) -> Told:
    """Where the device was when it happened; its connection is of now and tells nothing."""
    place = call.data.get("place")
    return Told(
        punch=punch,
        occurred_at=call.fact.happened_at,
        spot=Spot(**place) if place else None,
        break_type=call.data.get("break_type"),
        waives_break=call.data.get("waives_break", False),
    )


def _ticket(step: str) -> Entry:
    def advance(call: Call, _: int | None) -> str:
        return tickets.advance(by=call.by, now=call.now, pk=call.entity_id, action=step)

    return Entry(Permission.WORK_KITCHEN, NoBody, advance)


def _on(
    service: Callable[..., str], body: type[Input], permission: Permission = Permission.TAKE_ORDERS
) -> Entry:
    """An act that has `pk`, `expected_version` and the fields of its body."""

    def act(call: Call, version: int | None) -> str:
        return service(
            by=call.by,
            now=call.now,
            pk=call.entity_id,
            expected_version=version,
            **_without(call.data, "version"),
        )

    return Entry(permission, body, act)


def _without(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name not in names}


FAMILIAR = frozenset(
    {("order", verb) for verb in ("create", "update", "send", "hold", "fire", "serve", "complete")}
    | {("order_line", verb) for verb in ("create", "update", "delete")}
    | {("payment", "create")}
)
"""Acts after which the next of a batch may build upon what this one has read and written."""
ENTRIES: dict[tuple[str, str], Entry] = {
    ("order", "create"): Entry(Permission.TAKE_ORDERS, orders.OrderInput, _create_order),
    ("order", "update"): Entry(Permission.TAKE_ORDERS, orders.OrderChange, _update_order),
    ("order", "send"): _on(sending.send_order, orders.SomeLines),
    ("order", "hold"): _on(sending.hold_lines, orders.HoldInput),
    ("order", "fire"): _on(sending.fire_course, orders.FireInput),
    ("order", "serve"): Entry(Permission.TAKE_ORDERS, orders.SomeLines, _serve),
    ("order", "complete"): Entry(Permission.TAKE_ORDERS, NoBody, _complete),
    ("order", "cancel"): _on(closing.cancel_order, orders.ReasonInput),
    ("order", "reopen"): _on(closing.reopen_order, NoBody, Permission.REOPEN_ORDER),
    ("order", "void_line"): _on(voids.void_line, orders.VoidInput),
    ("order", "discount"): _on(
        discounts.give_discount, orders.DiscountInput, Permission.GIVE_DISCOUNT
    ),
    ("order", "transfer"): _on(transfers.transfer_order, orders.TransferInput),
    ("order", "merge"): _on(merging.merge_order, orders.MergeInput),
    ("order", "split"): _on(splitting.split_order, orders.SplitInput),
    ("order_line", "create"): Entry(Permission.TAKE_ORDERS, LineOfOrder, _add_line),
    ("order_line", "update"): Entry(
        Permission.TAKE_ORDERS, ChangeOfLine, _change_line, part=PARTS["order_line"]
    ),
    ("order_line", "delete"): Entry(Permission.TAKE_ORDERS, LineGone, _remove_line),
    ("payment", "create"): Entry(Permission.TAKE_PAYMENT, CashInput, _take_cash),
    ("time_entry", "create"): Entry(None, Punched, _clock_in),
    ("time_entry", "clock_out"): _punch(Punch.CLOCK_OUT, clock.clock_out),
    ("time_entry", "start_break"): _punch(Punch.BREAK_START, clock.start_break),
    ("time_entry", "end_break"): _punch(Punch.BREAK_END, clock.end_break),
    ("product", "update"): _on(products.change_product, menu.ProductChange, Permission.EDIT_MENU),
    ("product", "availability"): _on(
        availability.set_availability, menu.AvailabilityInput, Permission.SET_AVAILABILITY
    ),
    ("table", "update"): _on(floors.change_table, TableChange, Permission.EDIT_FLOOR),
    **{("ticket", step): _ticket(step) for step in ("ack", "start", "ready", "collect", "recall")},
}
