"""The event log: append in the transaction of the change, read by number.

Numbers come from the restaurant's cursor row, which is locked here and held to the end of the
transaction: commit order equals number order, numbers have no gaps, and a reader that has seen
`seq` can never be surprised by a smaller one. Call last, when all other locks are held.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from fynlo.clock import as_utc_text
from fynlo.documents import Document
from fynlo.events.nudge import publish

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class Author(Protocol):
    """Who writes: an `fynlo.accounts` actor, or a task on a restaurant's behalf."""

    @property
    def restaurant_id(self) -> UUID: ...
    @property
    def membership_id(self) -> UUID | None: ...
    @property
    def device_id(self) -> UUID | None: ...


@dataclass(frozen=True, slots=True)
class Written:
    """One row of the log. `envelope` is what a socket receives, as JSON text."""

    restaurant_id: UUID
    seq: int
    stream: str
    entity_id: UUID
    payload: str
    envelope: str


_APPEND = """
WITH docs AS MATERIALIZED (
    SELECT id, version, {expression} AS payload, row_number() OVER (ORDER BY id) AS place
    FROM {table} WHERE {owner} = %(restaurant)s AND id = ANY(%(ids)s)
), moved AS (
    INSERT INTO events_cursor AS c (restaurant_id, seq) VALUES (%(restaurant)s, %(count)s)
    ON CONFLICT (restaurant_id) DO UPDATE SET seq = c.seq + %(count)s
    RETURNING seq - %(count)s AS base
)
INSERT INTO events_event (restaurant_id, seq, stream, kind, entity, entity_id, version, actor,
    device, request_id, occurred_at, received_at, deleted, payload)
SELECT %(restaurant)s, moved.base + docs.place, %(stream)s, %(kind)s, %(entity)s, docs.id,
    docs.version, %(actor)s, %(device)s, %(request_id)s, %(occurred_at)s, %(now)s, %(deleted)s,
    docs.payload
FROM docs, moved ORDER BY docs.place
RETURNING seq, entity_id, version, payload
"""


def append(
    *,
    kind: str,
    document: Document,
    entity_id: UUID,
    by: Author,
    now: datetime,
    occurred_at: datetime | None = None,
) -> str:
    """Append one event and return the entity's document as it stands in this transaction.

    Raises RuntimeError outside a transaction, or when the entity is not this restaurant's.
    """
    written = append_all(
        kind=kind,
        document=document,
        entity_ids=[entity_id],
        by=by,
        now=now,
        occurred_at=occurred_at,
    )
    return written[0].payload


def append_all(
    *,
    kind: str,
    document: Document,
    entity_ids: Sequence[UUID],
    by: Author,
    now: datetime,
    occurred_at: datetime | None = None,
) -> list[Written]:
    """Append one event for each entity, in the order of their ids, in one statement.

    Raises as `append` does. No entities: no statement, an empty list.
    """
    if not entity_ids:
        return []
    return _append(
        kind=kind,
        document=document,
        expression=document.expression,
        entity_ids=entity_ids,
        by=by,
        now=now,
        occurred_at=occurred_at or now,
    )


def append_deleted(
    *, kind: str, document: Document, entity_id: UUID, by: Author, now: datetime
) -> None:
    """A tombstone. Call before the row is deleted, in the same transaction."""
    _append(
        kind=kind,
        document=document,
        expression="json_build_object('id', id)::text",
        entity_ids=[entity_id],
        by=by,
        now=now,
        occurred_at=now,
        deleted=True,
    )


def _append(
    *,
    kind: str,
    document: Document,
    expression: str,
    entity_ids: Sequence[UUID],
    by: Author,
    now: datetime,
    occurred_at: datetime,
    deleted: bool = False,
) -> list[Written]:
    if not connection.in_atomic_block:
        raise RuntimeError("events are appended inside the transaction of the change")
    table = connection.ops.quote_name(document.model._meta.db_table)
    parameters: dict[str, Any] = {
        "restaurant": by.restaurant_id,
        "ids": list(entity_ids),
        "count": len(entity_ids),
        "stream": document.stream,
        "kind": kind,
        "entity": document.name,
        "actor": by.membership_id,
        "device": by.device_id,
        "request_id": current_request_id.get(),
        "occurred_at": occurred_at,
        "now": now,
        "deleted": deleted,
    }
    with connection.cursor() as cursor:
        statement = _APPEND.format(expression=expression, table=table, owner=_owner(document))
        cursor.execute(statement, parameters)
        rows = cursor.fetchall()
    if len(rows) != len(entity_ids):
        raise RuntimeError(f"{kind}: not all entities belong to restaurant {by.restaurant_id}")
    written = [_written(row, parameters) for row in rows]
    transaction.on_commit(lambda: publish(written), robust=True)
    return written


def _owner(document: Document) -> str:
    """The column that names the tenant; a restaurant is its own."""
    columns = {column.column for column in document.model._meta.concrete_fields}
    return "restaurant_id" if "restaurant_id" in columns else "id"


def _written(row: tuple[Any, ...], common: dict[str, Any]) -> Written:
    seq, entity_id, version, payload = row
    envelope = envelope_text(
        seq=seq,
        kind=common["kind"],
        entity=common["entity"],
        entity_id=entity_id,
        version=version,
        occurred_at=common["occurred_at"],
        actor=common["actor"],
        device=common["device"],
        deleted=common["deleted"],
        payload=payload,
    )
    return Written(common["restaurant"], seq, common["stream"], entity_id, payload, envelope)


def envelope_text(
    *,
    seq: int,
    kind: str,
    entity: str,
    entity_id: UUID,
    version: int,
    occurred_at: datetime,
    actor: UUID | None,
    device: UUID | None,
    deleted: bool,
    payload: str,
) -> str:
    """The WebSocket message of one event; `payload` goes in as it is, unparsed."""
    who = f'"{actor}"' if actor else "null"
    where = f'"{device}"' if device else "null"
    return (
        f'{{"type":"event","seq":{seq},"kind":"{kind}","entity":"{entity}","id":"{entity_id}",'
        f'"version":{version},"occurred_at":"{as_utc_text(occurred_at)}","actor":{who},'
        f'"device":{where},"deleted":{"true" if deleted else "false"},"data":{payload}}}'
    )
