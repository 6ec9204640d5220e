"""What a till reads to be as the server is: a snapshot in pages, then the log from where it began.

A snapshot's pages are read at different instants. Its cursor therefore keeps the number of the
log at its beginning, and the pull goes on from there: what changed in between comes again, as it
is by then, and in the end the till has what the server has.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models.expressions import RawSQL

from fynlo.api.pages import CursorInvalid, decode_cursor, encode_cursor
from fynlo.events import reading
from fynlo.events.models import Event
from syncing.selectors.snapshot import ENTITIES

BUCKETS = 32
_ID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a till is: `seq` of the log; while it reads the snapshot also the entity at hand and
    the last id it has of it. `entities` are those that it holds."""

    seq: int
    entities: tuple[str, ...]
    at: str = ""
    after: str = ""

    @classmethod
    def of(cls, cursor: str) -> "Place":
        """Raises CursorInvalid."""
        seq, entities, at, after = decode_cursor(cursor, 4)
        good = isinstance(seq, int) and isinstance(entities, list) and isinstance(after, str)
        if not good or not all(name in ENTITIES for name in entities if isinstance(name, str)):
            raise CursorInvalid
        if at not in ["", *entities] or (after and not _ID.fullmatch(after)):
            raise CursorInvalid
        return cls(seq, tuple(map(str, entities)), at, after)

    def cursor(self) -> str:
        return encode_cursor([self.seq, list(self.entities), self.at, self.after])


@dataclass(frozen=True, slots=True)
class Pulled:
    """`changes` are JSON texts, each of one entity as it is now. `place` None: begin again."""

    changes: list[str]
    place: Place | None
    more: bool


def begin(restaurant_id: UUID, entities: Collection[str]) -> Place:
    """The beginning of a snapshot of these."""
    kept = tuple(name for name in ENTITIES if name in entities)
    return Place(reading.last_seq(restaurant_id), kept, kept[0] if kept else "")


def pull(restaurant_id: UUID, place: Place, *, now: datetime, limit: int) -> Pulled:
    """What follows this place: at most `limit` changes. `place` None in the answer: the log does
    not reach back so far."""
    if place.at:
        return _snapshot_page(restaurant_id, place, now=now, limit=limit)
    return _log_page(restaurant_id, place, limit=limit)


def _snapshot_page(restaurant_id: UUID, place: Place, *, now: datetime, limit: int) -> Pulled:
    rows: list[str] = []
    at, after = place.at, place.after
    while at and len(rows) < limit:
        found = _rows(restaurant_id, at, after, now=now, limit=limit - len(rows))
        rows += [_change(at, pk, version, text) for pk, version, text in found]
        after = str(found[-1][0]) if found else after
        if len(rows) < limit:
            at, after = _following(place.entities, at), ""
    reached = Place(place.seq, place.entities, at, after)
    return Pulled(rows, reached, more=True)


def _rows(
    restaurant_id: UUID, name: str, after: str, *, now: datetime, limit: int
) -> list[tuple[UUID, int, str]]:
    entity = ENTITIES[name]
    rows = entity.rows(restaurant_id, now).order_by("pk")
    if after:
        rows = rows.filter(pk__gt=after)
    return list(entity.document.annotated(rows).values_list("pk", "version", "document")[:limit])


def _following(entities: tuple[str, ...], name: str) -> str:
    place = entities.index(name) + 1
    return entities[place] if place < len(entities) else ""


def _log_page(restaurant_id: UUID, place: Place, *, limit: int) -> Pulled:
    """The newest state of each entity in the next `limit` events."""
    oldest, newest = reading.bounds(restaurant_id)
    if not max(oldest - 1, 0) <= place.seq <= newest:
        return Pulled([], None, more=False)
    rows = Event.objects.filter(restaurant_id=restaurant_id, seq__gt=place.seq, seq__lte=newest)
    wanted = rows.filter(entity__in=place.entities).order_by("seq")
    fields = ("seq", "entity", "entity_id", "version", "deleted", "payload")
    found = list(wanted.values_list(*fields)[: limit + 1])
    page = found[:limit]
    reached = page[-1][0] if len(found) > limit else newest
    latest = {(entity, pk): row for row in page for _, entity, pk, *_ in [row]}
    changes = [
        _change(entity, pk, version, text, deleted=deleted)
        for _, entity, pk, version, deleted, text in latest.values()
    ]
    return Pulled(changes, Place(reached, place.entities), more=len(found) > limit)


def bucket_of(restaurant_id: UUID, name: str, bucket: int, *, now: datetime) -> list[str]:
    """All of one entity in one bucket; see `checksums`."""
    entity = ENTITIES[name]
    table = entity.document.model._meta.db_table
    number = RawSQL(f'get_byte(uuid_send("{table}"."id"), 15) %% {BUCKETS}', [])  # noqa: S611
    rows = entity.rows(restaurant_id, now).annotate(bucket=number).filter(bucket=bucket)
    found = entity.document.annotated(rows).order_by("pk").values_list("pk", "version", "document")
    return [_change(name, pk, version, text) for pk, version, text in found]


def _change(entity: str, pk: Any, version: int, text: str, *, deleted: bool = False) -> str:
    gone = "true" if deleted else "false"
    return (
        f'{{"entity":"{entity}","id":"{pk}","version":{version},"deleted":{gone},'
        f'"data":{"null" if deleted else text}}}'
    )
