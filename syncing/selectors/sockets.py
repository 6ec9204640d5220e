"""What sockets read from PostgreSQL. All of it is blocking: call in a thread."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.errors import SessionEnded
from fynlo.accounts.selectors import sessions_of
from fynlo.events import reading
from fynlo.events.models import Cursor, Event


@dataclass(frozen=True, slots=True)
class Extent:
    """The numbers of a restaurant's newest event and of the oldest still kept; 0: none."""

    last: int
    oldest: int


def extent(restaurant_id: UUID) -> Extent:
    return Extent(last=reading.last_seq(restaurant_id), oldest=reading.oldest_seq(restaurant_id))


def last_seqs(restaurant_ids: Collection[UUID]) -> dict[UUID, int]:
    """The newest event number of each restaurant that has any, in one statement."""
    rows = Cursor.objects.filter(pk__in=restaurant_ids)
    return dict(rows.values_list("restaurant_id", "seq"))


def must_be_live(actor: Actor, *, now: datetime) -> None:
    """Asks PostgreSQL and no cache: a socket opened just after its session ended would
    outlive it, because the event that closes sockets has already passed.

    Raises SessionEnded.
    """
    sessions = sessions_of(actor.restaurant_id, now=now).filter(pk=actor.session_id)
    if not sessions.filter(device__revoked_at=None).exists():
        raise SessionEnded


def ticket_of_event(restaurant_id: UUID, seq: int) -> UUID | None:
    """The kitchen ticket that an event is about; None when it is about anything else."""
    rows = Event.objects.filter(restaurant_id=restaurant_id, seq=seq, entity="ticket")
    return rows.values_list("entity_id", flat=True).first()
