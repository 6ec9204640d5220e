"""The event log: append in the transaction of the change, read by number.

Numbers come from the restaurant's cursor row, which is locked here and held to the end of the
transaction: commit order equals number order, numbers have no gaps, and a reader that has seen
`seq` can never be surprised by a smaller one. Call last, when all other locks are held.
"""

from collections.abc import Sequence
from contextvars import ContextVar
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from django.db import connection, transaction

from fynlo.batches import held
from fynlo.documents import Document
from fynlo.events.envelopes import Written, envelope_text
from fynlo.events.gathering import current
from fynlo.events.nudge import publish
from fynlo.rendering import rendered

current_request_id: ContextVar[str] = ContextVar("current_request_id", default="")


class Author(Protocol):
    """Who writes: an `fynlo.accounts` actor, or a task on a restaurant's behalf."""

    @property
    def restaurant_id(self) -> UUID: ...
    @property
    def membership_id(self) -> UUID | None: ...
    @property
    def device_id(self) -> UUID | None: ...


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

_READ = """
SELECT 0, id, version, {expression} FROM {table}
WHERE {owner} = %(restaurant)s AND id = ANY(%(ids)s) ORDER BY id
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
    gathering = current()
    rows = None if deleted else _in_hand(document, by.restaurant_id, entity_ids)
    if not (gathering and rows):
        statement = (_READ if gathering else _APPEND).format(
            expression=expression, table=table, owner=_owner(document)
        )
        with connection.cursor() as cursor:
            cursor.execute(statement, parameters)
            rows = cursor.fetchall()
    if len(rows) != len(entity_ids):
        raise RuntimeError(f"{kind}: not all entities belong to restaurant {by.restaurant_id}")
    written = [_written(row, parameters) for row in rows]
    if gathering:
        for _, entity_id, version, payload in rows:
            gathering.add(parameters, (entity_id, version, payload))
        return written
    transaction.on_commit(lambda: publish(written), robust=True)
    return written


def _in_hand(
    document: Document, restaurant_id: UUID, entity_ids: Sequence[UUID]
) -> list[tuple[Any, ...]] | None:
    """As `_READ`, when a batch holds all of them."""
    rows = []
    for pk in sorted(entity_ids):
        known = held(document.model, pk)
        if known is None:
            return None
        row, parts = known
        if row.restaurant_id == restaurant_id:  # type: ignore[attr-defined]
            rows.append((0, pk, row.version, rendered(document, row, parts)))  # type: ignore[attr-defined]
    return rows


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
