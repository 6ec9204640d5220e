"""Reading the log by number: sockets that resume, sync pull, audit history."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.models import Max, OuterRef, Subquery

from fynlo.events.envelopes import Written, envelope_text
from fynlo.events.models import Cursor, Event


@dataclass(frozen=True, slots=True)
class Recorded:
    """One event as it was recorded; `payload` is the entity's document as JSON text."""

    seq: int
    kind: str
    version: int
    actor: UUID | None
    device: UUID | None
    occurred_at: datetime
    payload: str


def last_seq(restaurant_id: UUID) -> int:
    """The number of the newest event; 0 before the first."""
    found = Cursor.objects.filter(pk=restaurant_id).values_list("seq", flat=True).first()
    return found or 0


def last_seq_of_stream(restaurant_id: UUID, stream: str) -> int:
    """The number of the newest event of one stream; 0 before the first."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, stream=stream).order_by("-seq")
    return rows.values_list("seq", flat=True).first() or 0


@dataclass(frozen=True, slots=True)
class Latest:
    """How an entity stood at its newest event; `payload` is its document as JSON text."""

    seq: int
    entity: str
    entity_id: UUID
    deleted: bool
    payload: str


def latest_of_stream(*, restaurant_id: UUID, stream: str, seq: int) -> list[Latest]:
    """The newest event of each entity that has one in this stream after `seq`, oldest first."""
    events = Event.objects.filter(restaurant_id=restaurant_id, stream=stream, seq__gt=seq)
    newest = events.order_by().values("entity_id").annotate(newest=Max("seq")).values("newest")
    rows = Event.objects.filter(restaurant_id=restaurant_id, seq__in=newest).order_by("seq")
    found = rows.values_list("seq", "entity", "entity_id", "deleted", "payload")
    return [Latest(*row) for row in found]


def bounds(restaurant_id: UUID) -> tuple[int, int]:
    """The numbers of the oldest event that is kept and of the newest, in one statement; zeros
    where there is none."""
    return bounds_of([restaurant_id])[restaurant_id]


def bounds_of(restaurant_ids: Collection[UUID]) -> dict[UUID, tuple[int, int]]:
    """`bounds` of each of these restaurants, in one statement."""
    kept = Event.objects.filter(restaurant_id=OuterRef("pk")).order_by("seq").values("seq")
    rows = Cursor.objects.filter(pk__in=restaurant_ids).annotate(oldest=Subquery(kept[:1]))
    found = rows.values_list("restaurant_id", "oldest", "seq")
    known = {restaurant: (oldest or 0, newest) for restaurant, oldest, newest in found}
    return dict.fromkeys(restaurant_ids, (0, 0)) | known


def after(
    *, restaurant_id: UUID, seq: int, limit: int, streams: Collection[str] | None = None
) -> list[Written]:
    """At most `limit` events with a greater number, oldest first; all streams when None."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, seq__gt=seq).order_by("seq")
    if streams is not None:
        rows = rows.filter(stream__in=streams)
    return [_as_written(event) for event in rows[:limit]]


@dataclass(frozen=True, slots=True)
class Found:
    """An event without what it says."""

    seq: int
    kind: str
    received_at: datetime


def first_after(
    *, restaurant_id: UUID, seq: int, streams: Collection[str], kinds: Collection[str]
) -> Found | None:
    """The oldest event of these streams with a greater number; of all kinds when none is named."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, seq__gt=seq, stream__in=streams)
    rows = rows.filter(kind__in=kinds) if kinds else rows
    found = rows.order_by("seq").values_list("seq", "kind", "received_at").first()
    return Found(*found) if found else None


def at(*, restaurant_id: UUID, seq: int) -> Written | None:
    """The event with this number, if it is still kept."""
    event = Event.objects.filter(restaurant_id=restaurant_id, seq=seq).first()
    return _as_written(event) if event else None


def history(*, restaurant_id: UUID, entity_id: UUID) -> list[Written]:
    """Everything that happened to one entity, oldest first."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, entity_id=entity_id)
    return [_as_written(event) for event in rows.order_by("seq")]


def history_from(*, restaurant_id: UUID, entity_id: UUID, seq: int, limit: int) -> list[Recorded]:
    """At most `limit` events of one entity, oldest first, from the number `seq` on."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, entity_id=entity_id, seq__gte=seq)
    return [
        Recorded(
            seq=event.seq,
            kind=event.kind,
            version=event.version,
            actor=event.actor,
            device=event.device,
            occurred_at=event.occurred_at,
            payload=event.payload,
        )
        for event in rows.order_by("seq")[:limit]
    ]


def _as_written(event: Event) -> Written:
    envelope = envelope_text(
        seq=event.seq,
        kind=event.kind,
        entity=event.entity,
        entity_id=event.entity_id,
        version=event.version,
        occurred_at=event.occurred_at,
        actor=event.actor,
        device=event.device,
        deleted=event.deleted,
        payload=event.payload,
    )
    return Written(
        event.restaurant_id, event.seq, event.stream, event.entity_id, event.payload, envelope
    )
