"""Reads of the accounts. What every request needs is cached and invalidated after commit."""

import hashlib
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

import orjson
from django.db.models import QuerySet

from fynlo.accounts.actor import DeviceActor
from fynlo.accounts.errors import DeviceRefused, SessionEnded
from fynlo.accounts.models import Device, Membership, Restaurant, Session
from fynlo.cache import Namespace, remember
from fynlo.clock import utc_now

SESSIONS = Namespace("session", ttl=8 * 3600, fresh_for=0.5)
RESTAURANTS = Namespace("restaurant", ttl=3600, fresh_for=1.0)


@dataclass(frozen=True, slots=True)
class Profile:
    """What services need to know of a restaurant; `cash_rounding` in minor units."""

    id: UUID
    name: str
    currency: str
    country: str
    time_zone: str
    day_starts_at: time
    service_charge_bps: int
    service_charge_tax_bps: int
    cash_rounding: int


_PROFILE_FIELDS = (
    "name",
    "currency",
    "country",
    "time_zone",
    "day_starts_at",
    "service_charge_bps",
    "service_charge_tax_bps",
    "cash_rounding",
)


def restaurant_profile(restaurant_id: UUID) -> Profile:
    """Cached. Raises Restaurant.DoesNotExist, which a signed-in caller never meets."""

    def load() -> bytes:
        row = Restaurant.objects.values(*_PROFILE_FIELDS).get(pk=restaurant_id)
        return orjson.dumps(row)

    values = orjson.loads(remember(RESTAURANTS, restaurant_id, "profile", load))
    values["day_starts_at"] = time.fromisoformat(values["day_starts_at"])
    return Profile(id=restaurant_id, **values)


def session_is_live(session_id: UUID) -> None:
    """Without a query once cached; an ended session is known within half a second.

    Raises SessionEnded.
    """

    def load() -> bytes:
        live = Session.objects.live(utc_now()).filter(pk=session_id)
        end = live.values_list("expires_at", flat=True).first()
        return str(int(end.timestamp())).encode() if end else b"0"

    if int(remember(SESSIONS, session_id, "ends", load)) <= utc_now().timestamp():
        raise SessionEnded


def token_hash(token: str) -> str:
    """Tokens are 256 random bits, so a plain SHA-256 is enough to keep them."""
    return hashlib.sha256(token.encode()).hexdigest()


def device_of_token(token: str) -> DeviceActor:
    """Raises DeviceRefused for an unknown or revoked device."""
    found = (
        Device.objects.filter(token_hash=token_hash(token), revoked_at=None)
        .values_list("restaurant_id", "pk")
        .first()
    )
    if found is None:
        raise DeviceRefused
    return DeviceActor(restaurant_id=found[0], device_id=found[1])


def memberships_of(user_id: UUID) -> QuerySet[Membership]:
    """The restaurants where this person may sign in, by name."""
    rows = Membership.objects.filter(user_id=user_id, is_active=True, restaurant__is_active=True)
    return rows.select_related("restaurant", "user").order_by("restaurant__name", "pk")


def lock_session(session_id: UUID) -> Session | None:
    """The session, locked to the end of the transaction."""
    rows = Session.objects.select_for_update(of=("self",)).select_related("membership__user")
    return rows.filter(pk=session_id).first()


def sessions_of(restaurant_id: UUID, *, now: datetime) -> QuerySet[Session]:
    """Live sessions of a restaurant."""
    return Session.objects.for_restaurant(restaurant_id).live(now)
