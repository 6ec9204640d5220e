"""What sockets read from PostgreSQL, for many of them at once. All of it is blocking: call in a
thread."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from uuid import UUID

from fynlo.accounts.selectors import sessions_still_live
from fynlo.clock import utc_now
from fynlo.events import reading
from fynlo.events.envelopes import Written
from fynlo.events.models import Cursor, Event


@dataclass(frozen=True, slots=True)
class Extent:
    """The numbers of a restaurant's newest event and of the oldest still kept; 0: none."""

    last: int
    oldest: int


@dataclass(frozen=True, slots=True)
class Caller:
    """Whose session it is that wants to listen."""

    restaurant_id: UUID
    session_id: UUID


@dataclass(frozen=True, slots=True)
class Place:
    """Where in the log a socket is: it wants at most `limit` events of its streams after `seq`."""

    restaurant_id: UUID
    streams: frozenset[str]
    seq: int
    limit: int


@dataclass(frozen=True, slots=True)
class Page:
    """What comes after a place, and whether there is more than that."""

    events: Sequence[Written]
    is_more: bool


def last_seqs(restaurant_ids: Collection[UUID]) -> dict[UUID, int]:
    """The newest event number of each restaurant, in one statement; 0 before the first."""
    rows = Cursor.objects.filter(pk__in=restaurant_ids).values_list("restaurant_id", "seq")
    return dict.fromkeys(restaurant_ids, 0) | dict(rows)


def admissions(callers: Collection[Caller]) -> dict[Caller, Extent | None]:
    """How far the log of each caller's restaurant goes; None when the session has ended. Two
    statements.

    Asks PostgreSQL and no cache: a socket opened just after its session ended would outlive it,
    because the event that closes sockets has already passed.
    """
    pairs = {(caller.restaurant_id, caller.session_id): caller for caller in callers}
    live = sessions_still_live(pairs, now=utc_now())
    bounds = reading.bounds_of({caller.restaurant_id for caller in callers})
    return {
        caller: _extent(*bounds[caller.restaurant_id]) if pair in live else None
        for pair, caller in pairs.items()
    }


def _extent(oldest: int, last: int) -> Extent:
    return Extent(last=last, oldest=oldest)


def pages(places: Collection[Place]) -> dict[Place, Page]:
    """What comes after each of these places, in one statement for all that are near together."""
    return {place: page for group in _nearby(places) for place, page in _read(group)}


def _nearby(places: Collection[Place]) -> Iterator[list[Place]]:
    """Those of one restaurant and the same streams of which a page reaches the next."""
    group: list[Place] = []
    for place in sorted(places, key=lambda p: (p.restaurant_id, sorted(p.streams), p.seq)):
        if group and not _is_near(group[0], place):
            yield group
            group = []
        group.append(place)
    if group:
        yield group


def _is_near(first: Place, place: Place) -> bool:
    same = (first.restaurant_id, first.streams) == (place.restaurant_id, place.streams)
    return same and place.seq - first.seq < first.limit


def _read(group: Sequence[Place]) -> Iterator[tuple[Place, Page]]:
    first = group[0]
    found = reading.after(
        restaurant_id=first.restaurant_id,
        seq=first.seq,
        limit=first.limit,
        streams=first.streams,
    )
    for place in group:
        events = [written for written in found if written.seq > place.seq]
        yield place, Page(events, is_more=len(found) == first.limit)


def ticket_of_event(restaurant_id: UUID, seq: int) -> UUID | None:
    """The kitchen ticket that an event is about; None when it is about anything else."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, seq=seq, entity="ticket")
    return rows.values_list("entity_id", flat=True).first()
