"""Sessions: started by a sign-in, renewed by rotation, ended at once.

Whoever ends the sessions of a user, a member or a device first locks that row: a sign-in that is
under way holds the same lock, so none can slip in behind. Order of locks: member and user,
device, session, event cursors by restaurant id.
"""

import logging
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from uuid import UUID

from django.db import transaction
from django.db.models import F, QuerySet

from fynlo.accounts.actor import Actor, System
from fynlo.accounts.choices import Role
from fynlo.accounts.documents import SESSION
from fynlo.accounts.errors import SessionEnded
from fynlo.accounts.models import Membership, Session
from fynlo.accounts.selectors import (
    SESSIONS,
    lock_device,
    lock_member_signing_in,
    lock_session,
    lock_sessions,
    sessions_in_reach,
)
from fynlo.cache.forgetting import forget_after_commit
from fynlo.cache.warming import warm_soon
from fynlo.db import new_id, transaction_required
from fynlo.errors import NotFound
from fynlo.events.log import Author, append, append_all

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a sign-in came from: an IP address when it is known, and the browser or app."""

    address: str | None = None
    user_agent: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """Who somebody has shown to be, before the transaction that lets them in.

    `secret` is the hash that was verified: it must still be theirs inside the transaction.
    None when a live session is the proof.
    """

    membership_id: UUID
    secret: str | None
    device_id: UUID | None = None

    def holds(self, member: Membership) -> bool:
        return self.secret is None or self.secret in (member.user.password, member.pin_hash)


@transaction_required
def start_session(*, proof: Proof, origin: Origin, now: datetime, expires_at: datetime) -> Session:
    """Raises SessionEnded when member, secret or device changed since the proof was made."""
    member = lock_member_signing_in(proof.membership_id)
    if member is None or not proof.holds(member):
        raise SessionEnded
    if proof.device_id and lock_device(member.restaurant_id, proof.device_id).revoked_at:
        raise SessionEnded
    session = Session.objects.create(
        restaurant=member.restaurant,
        user=member.user,
        membership=member,
        device_id=proof.device_id,
        address=origin.address,
        user_agent=origin.user_agent,
        started_at=now,
        expires_at=expires_at,
    )
    append(
        kind="session.started",
        document=SESSION,
        entity_id=session.pk,
        by=actor_of(session),
        now=now,
    )
    transaction.on_commit(partial(warm_soon, session.restaurant_id), robust=True)
    return session


def actor_of(session: Session) -> Actor:
    """Who acts when this session does."""
    return Actor(
        restaurant_id=session.restaurant_id,
        role=Role(session.membership.role),
        user_id=session.user_id,
        membership_id=session.membership_id,
        session_id=session.pk,
        device_id=session.device_id,
        granted=frozenset(session.membership.granted),
        withheld=frozenset(session.membership.withheld),
        must_change_pin=session.membership.pin_must_change,
    )


@transaction_required
def renew_session(*, session_id: UUID, refresh_id: UUID, now: datetime) -> Session | None:
    """A new refresh id; the session's absolute end stays.

    None when `refresh_id` was used before, which looks like theft: the session has been ended,
    and the caller raises RefreshReused once that is committed. Raises SessionEnded.
    """
    session = lock_session(session_id)
    if session is None or not _is_good(session, now):
        raise SessionEnded
    if session.refresh_id != refresh_id:
        logger.warning("refresh token of session %s used twice", session_id)
        end_sessions(sessions=Session.objects.filter(pk=session_id), by=None, now=now)
        return None
    session.refresh_id = new_id()
    session.save(update_fields=["refresh_id"])
    return session


def _is_good(session: Session, now: datetime) -> bool:
    member = session.membership
    active = member.is_active and member.user.is_active and member.restaurant.is_active
    return active and session.revoked_at is None and session.expires_at > now


@transaction_required
def end_session(*, by: Actor, now: datetime, pk: UUID) -> str:
    """One's own, or with the permission anybody's here. Nothing to show. Raises NotFound."""
    rows = sessions_in_reach(by, now=now).filter(pk=pk)
    if not rows.exists():
        raise NotFound
    end_sessions(sessions=rows, by=by, now=now)
    return ""


@transaction_required
def end_sessions(*, sessions: QuerySet[Session], by: Author | None, now: datetime) -> None:
    """Those of the rows that are live. REST and sockets refuse them within a second.

    `by` is None when Fynlo itself ends them. Locks the sessions; call while holding the lock of
    the user, member or device whose sessions they are, and hold no event cursor yet.
    """
    ended = lock_sessions(sessions.live(now))  # type: ignore[attr-defined]
    ids = [session_id for _, session_id in ended]
    Session.objects.filter(pk__in=ids).update(revoked_at=now, version=F("version") + 1)
    for session_id in ids:
        forget_after_commit(SESSIONS, session_id)
    for restaurant_id, rows in groupby(sorted(ended), key=lambda row: row[0]):
        append_all(
            kind="session.ended",
            document=SESSION,
            entity_ids=[session_id for _, session_id in rows],
            by=_author(by, restaurant_id),
            now=now,
        )


def _author(by: Author | None, restaurant_id: UUID) -> Author:
    """A person's sessions may be in several restaurants; each log names its own people only."""
    return by if by and by.restaurant_id == restaurant_id else System(restaurant_id)
