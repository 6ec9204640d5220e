"""Several use cases in one transaction: their events are numbered together, at its end.

The cursor of a restaurant has to be the last lock of a transaction. Where one transaction holds
many use cases (an offline till's batch), each still calls `append`, which then only builds the
document; the rows are appended in one statement when the block ends.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection, transaction

from fynlo.events.envelopes import Written, envelope_text
from fynlo.events.nudge import publish

_COLUMNS = {
    "stream": "text",
    "kind": "text",
    "entity": "text",
    "entity_id": "uuid",
    "version": "int",
    "actor": "uuid",
    "device": "uuid",
    "request_id": "text",
    "occurred_at": "timestamptz",
    "received_at": "timestamptz",
    "deleted": "boolean",
    "payload": "text",
}
_NAMES = ", ".join(_COLUMNS)
_ARRAYS = ", ".join(f"%({name})s::{kind}[]" for name, kind in _COLUMNS.items())
_APPEND = f"""
WITH moved AS (
    INSERT INTO events_cursor AS c (restaurant_id, seq) VALUES (%(restaurant)s, %(count)s)
    ON CONFLICT (restaurant_id) DO UPDATE SET seq = c.seq + %(count)s
    RETURNING seq - %(count)s AS base
)
INSERT INTO events_event (restaurant_id, seq, {_NAMES})
SELECT %(restaurant)s, moved.base + given.place, {_NAMES}
FROM moved, unnest({_ARRAYS}) WITH ORDINALITY AS given({_NAMES}, place)
RETURNING seq
"""  # noqa: S608


@dataclass
class Gathering:
    """What was appended in one block. `occurred_at` is when the use case at hand happened on the
    device that tells of it; None: now."""

    occurred_at: datetime | None = None
    rows: list[dict[str, Any]] = field(default_factory=list)

    def add(self, common: Mapping[str, Any], document: tuple[UUID, int, str]) -> None:
        """`common` is what `fynlo.events.log` says of the event; the document's id, version and
        text."""
        entity_id, version, payload = document
        self.rows.append(
            {
                **common,
                "entity_id": entity_id,
                "version": version,
                "payload": payload,
                "occurred_at": self.occurred_at or common["occurred_at"],
                "received_at": common["now"],
            }
        )

    def forget_after(self, count: int) -> None:
        """Leave out what a use case that failed had appended."""
        del self.rows[count:]


_CURRENT: ContextVar[Gathering | None] = ContextVar("gathering", default=None)


def current() -> Gathering | None:
    return _CURRENT.get()


@contextmanager
def gathered() -> Iterator[Gathering]:
    """Collect the events of one restaurant until the block ends. Call inside a transaction.

    When the block raises nothing is appended, as its transaction must be rolled back.
    """
    gathering = Gathering()
    token = _CURRENT.set(gathering)
    try:
        yield gathering
    finally:
        _CURRENT.reset(token)
    if gathering.rows:
        _append(gathering.rows)


def _append(rows: list[dict[str, Any]]) -> None:
    (restaurant_id,) = {row["restaurant"] for row in rows}
    columns = {name: [row[name] for row in rows] for name in _COLUMNS}
    with connection.cursor() as cursor:
        cursor.execute(_APPEND, {**columns, "restaurant": restaurant_id, "count": len(rows)})
        first = min(seq for (seq,) in cursor.fetchall())
    written = [_written(seq, row) for seq, row in enumerate(rows, first)]
    transaction.on_commit(lambda: publish(written), robust=True)


def _written(seq: int, row: dict[str, Any]) -> Written:
    told = ("kind", "entity", "entity_id", "version", "actor", "device", "deleted", "payload")
    envelope = envelope_text(
        seq=seq, occurred_at=row["occurred_at"], **{name: row[name] for name in told}
    )
    return Written(
        row["restaurant"], seq, row["stream"], row["entity_id"], row["payload"], envelope
    )
