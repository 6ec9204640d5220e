"""A till that is away from its server: it sells, notes what it did, and tells it when it can.

Nothing here is random: whoever plays the till says what happens.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
import uuid_utils.compat

from syncing.management.away.copy import LocalCopy

Row = dict[str, Any]
Ask = Callable[[str, str, Row | None], Row]
"""Method, path below `/api/v1/`, body; what was answered. Raises NoAnswer when nothing was."""
PRICE = 350


class NoAnswer(Exception):
    """The server may have done it, or not."""


@dataclass
class AwayTill:
    """`noted` is every operation it ever made, by id; `queue` those without a verdict. `skew` is
    how far its clock is ahead."""

    ask: Ask
    products: Sequence[Row]
    skew: timedelta = timedelta()
    noted: dict[str, Row] = field(default_factory=dict)
    queue: list[Row] = field(default_factory=list)
    told: dict[str, str] = field(default_factory=dict)
    copy: LocalCopy = field(default_factory=LocalCopy)
    missing: list[Any] = field(default_factory=list)

    # What happens at the counter

    def open_order(self, product: Row, *, quantity: int = 1, group: str = "") -> str:
        """With one line, whose id is noted with it. The order's id."""
        order, line = new_id(), new_id()
        row = {**self._line(product, quantity), "id": line}
        body = {"channel": "takeaway", "lines": [row]}
        self._note("order", order, "create", body, group=group)
        return order

    def add_line(self, order: str, product: Row, *, quantity: int = 1) -> str:
        line = new_id()
        self._note("order_line", line, "create", {"order": order, **self._line(product, quantity)})
        return line

    def add_to_line(self, order: str, line: str, *, seen: int, more: int) -> None:
        """`seen` pieces, and `more` of them now."""
        changes = {"order": order, "quantity": str(seen + more)}
        base = {"quantity": str(seen)}
        self._note("order_line", line, "update", changes, base=base, base_version=1)

    def write_on(self, order: str, note: str, *, version: int) -> None:
        changes = {"note": note}
        self._note("order", order, "update", changes, base_version=version)

    def act(self, order: str, action: str) -> None:
        self._note("order", order, "action", {"action": action})

    def take_cash(self, order: str, amount: int, *, group: str = "") -> str:
        payment = new_id()
        body = {"order": order, "amount": amount, "tendered": amount + 50}
        self._note("payment", payment, "create", body, group=group)
        return payment

    def _line(self, product: Row, quantity: int) -> Row:
        return {"product": product["id"], "quantity": str(quantity), "unit_price": PRICE}

    def _note(self, entity: str, pk: str, kind: str, changes: Row, **more: Any) -> None:
        seq = len(self.noted) + 1
        operation = {
            "op_id": new_id(),
            "device_seq": seq,
            "entity": entity,
            "entity_id": pk,
            "type": kind,
            "changes": changes,
            "occurred_at": (datetime.now(UTC) + self.skew).isoformat(),
            "hash": hash_of(changes),
            **more,
        }
        self.noted[operation["op_id"]] = operation
        self.queue.append(operation)

    # What it tells

    def push(self, operations: Sequence[Row], *, forgets: bool = False) -> None:
        """`forgets`: the till crashes before it has read the answer."""
        if not operations:
            return
        numbers = [operation["device_seq"] for operation in operations]
        body = {
            "device_seq_from": min(numbers),
            "device_seq_to": max(numbers),
            "operations": list(operations),
        }
        answer = self.ask("POST", "sync/push/", body)
        if forgets:
            return
        self.missing = answer["gaps"]
        for row in answer["verdicts"]:
            if row["code"] != "hash_mismatch":
                self.told[row["op_id"]] = row.get("first") or row["verdict"]
        self.queue = [row for row in self.queue if row["op_id"] not in self.told]

    def whole_groups(self, operations: Sequence[Row]) -> list[Row]:
        """These, and what belongs to a group with any of them."""
        groups = {row["group"] for row in operations if row.get("group")}
        chosen = {row["op_id"] for row in operations}
        return [
            row
            for row in self.noted.values()
            if row["op_id"] in chosen or row.get("group") in groups
        ]

    # What it hears

    def pull(self) -> None:
        """All there is. Begins again when the server says so."""
        while True:
            asked = f"?cursor={self.copy.cursor}" if self.copy.cursor else ""
            if not self.copy.take(self.ask("GET", f"sync/pull/{asked}", None)):
                return


def damaged(operation: Row) -> Row:
    """As a bad line might bring it."""
    return {**operation, "changes": {**operation["changes"], "guests": 99}}


def hash_of(changes: Row) -> str:
    text = orjson.dumps(changes, option=orjson.OPT_SORT_KEYS)
    return hashlib.md5(text, usedforsecurity=False).hexdigest()


def new_id() -> str:
    return str(uuid_utils.compat.uuid7())
