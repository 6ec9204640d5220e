"""Reads of the accounts. What every request needs is cached and invalidated after commit."""

import hashlib
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, time
from uuid import UUID

import orjson
from django.db.models import Max, QuerySet
from django.db.models.functions import Lower

from fynlo.accounts.actor import Actor, DeviceActor
from fynlo.accounts.choices import GOVERNING, Permission, Role
from fynlo.accounts.errors import DeviceRefused, SessionEnded
from fynlo.accounts.models import (
    Device,
    Membership,
    PairingCode,
    PinLock,
    Restaurant,
    Session,
    User,
)
from fynlo.batches import kept
from fynlo.cache.namespaces import MIB, Namespace
from fynlo.cache.reading import remember
from fynlo.cache.warming import asked_first
from fynlo.clock import utc_now

SESSIONS = Namespace("session", ttl=8 * 3600, room=MIB)
RESTAURANTS = Namespace("restaurant", ttl=3600)


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


@asked_first
def restaurant_profile(restaurant_id: UUID) -> Profile:
    """Cached. Raises Restaurant.DoesNotExist, which a signed-in caller never meets."""
    return kept(("profile", restaurant_id), lambda: _profile(restaurant_id))


def _profile(restaurant_id: UUID) -> Profile:
    def load() -> bytes:
        row = Restaurant.objects.values(*_PROFILE_FIELDS).get(pk=restaurant_id)
        return orjson.dumps(row)

    values = orjson.loads(remember(RESTAURANTS, restaurant_id, "profile", load))
    values["day_starts_at"] = time.fromisoformat(values["day_starts_at"])
    return Profile(id=restaurant_id, **values)


@dataclass(frozen=True, slots=True)
class Letterhead:
    """Who issues a receipt. `address`: lines of text."""

    name: str
    address: str
    vat_number: str
    time_zone: str


def letterhead(restaurant_id: UUID) -> Letterhead:
    """Cached. Raises Restaurant.DoesNotExist, which a signed-in caller never meets."""
    return kept(("letterhead", restaurant_id), lambda: _letterhead(restaurant_id))


def _letterhead(restaurant_id: UUID) -> Letterhead:
    def load() -> bytes:
        rows = Restaurant.objects.values("name", "address", "vat_number", "time_zone")
        return orjson.dumps(rows.get(pk=restaurant_id))

    return Letterhead(**orjson.loads(remember(RESTAURANTS, restaurant_id, "letterhead", load)))


def session_is_live(session_id: UUID) -> None:
    """Without a query once cached; an ended session is known as soon as a change is.

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


def live_session(session_id: UUID, *, now: datetime) -> Session | None:
    """With its member, user and restaurant; None when it has ended."""
    rows = Session.objects.live(now).select_related("membership__user", "restaurant")
    return rows.filter(pk=session_id).first()


def lock_session(session_id: UUID) -> Session | None:
    """The session, locked to the end of the transaction."""
    rows = Session.objects.select_for_update(of=("self",), no_key=True)
    rows = rows.select_related("membership__user", "membership__restaurant")
    return rows.filter(pk=session_id).first()


def sessions_of(restaurant_id: UUID, *, now: datetime) -> QuerySet[Session]:
    """Live sessions of a restaurant."""
    return Session.objects.for_restaurant(restaurant_id).live(now)


def restaurants_at_work(*, now: datetime, limit: int) -> list[UUID]:
    """Restaurants where somebody is signed in, the newest sign-in first."""
    live = Session.objects.live(now).values("restaurant_id").annotate(newest=Max("started_at"))
    newest_first = live.order_by("-newest", "restaurant_id")
    return list(newest_first.values_list("restaurant_id", flat=True)[:limit])


def sessions_still_live(
    pairs: Collection[tuple[UUID, UUID]], *, now: datetime
) -> set[tuple[UUID, UUID]]:
    """Of these `(restaurant id, session id)` those that are live, on a device that was not revoked
    when they are on one. One statement."""
    rows = Session.objects.live(now).filter(pk__in=[session for _, session in pairs])
    found = rows.filter(device__revoked_at=None).values_list("restaurant_id", "pk")
    return set(pairs) & set(found)


def sessions_in_reach(by: Actor, *, now: datetime) -> QuerySet[Session]:
    """The live sessions that `by` may end: their own here, a manager all of the restaurant."""
    rows = sessions_of(by.restaurant_id, now=now)
    return rows if by.may(Permission.MANAGE_SESSIONS) else rows.filter(user_id=by.user_id)


def lock_sessions(rows: QuerySet[Session]) -> list[tuple[UUID, UUID]]:
    """Locks the rows in the order of their ids; `(restaurant id, session id)` of each."""
    locked = rows.select_for_update(no_key=True).order_by("pk")
    return list(locked.values_list("restaurant_id", "pk"))


def user_of_email(email: str) -> User | None:
    """However the address is capitalised."""
    rows = User.objects.alias(lower_email=Lower("email"))
    return rows.filter(lower_email=email.lower()).first()


def active_user(user_id: UUID) -> User | None:
    return User.objects.filter(pk=user_id, is_active=True).first()


def lock_user(user_id: UUID) -> User | None:
    """Active only; locked to the end of the transaction."""
    return User.objects.select_for_update(no_key=True).filter(pk=user_id, is_active=True).first()


def member_of_code(restaurant_id: UUID, employee_code: str) -> Membership | None:
    """The member who may sign in here with this code."""
    rows = Membership.objects.for_restaurant(restaurant_id).filter(
        employee_code=employee_code,
        is_active=True,
        user__is_active=True,
        restaurant__is_active=True,
    )
    return rows.select_related("user", "restaurant").first()


def lock_staff(restaurant_id: UUID) -> None:
    """One change of a restaurant's staff at a time: two owners could else demote each other."""
    rows = Restaurant.objects.select_for_update(no_key=True).filter(pk=restaurant_id)
    rows.values_list("pk", flat=True).get()


def members_of(restaurant_id: UUID) -> QuerySet[Membership]:
    """Who works here, and who did."""
    return Membership.objects.for_restaurant(restaurant_id)


def owners_of(restaurant_id: UUID) -> QuerySet[Membership]:
    """Those who can sign in as owner."""
    rows = members_of(restaurant_id)
    return rows.filter(role=Role.OWNER, is_active=True, user__is_active=True)


def governed_by(user_id: UUID) -> QuerySet[Membership]:
    """The memberships by which this person governs restaurants."""
    return Membership.objects.filter(user_id=user_id, is_active=True, role__in=GOVERNING)


def works_for(user_id: UUID, *, governor: UUID) -> bool:
    """Whether this person has a membership in a restaurant that `governor` governs."""
    places = governed_by(governor).values("restaurant_id")
    return Membership.objects.filter(user_id=user_id, restaurant_id__in=places).exists()


def lock_membership(restaurant_id: UUID, pk: UUID) -> Membership:
    """Locked to the end of the transaction. Raises NotFound."""
    return Membership.objects.select_for_update(no_key=True).one(restaurant_id, pk)


def lock_member_signing_in(membership_id: UUID) -> Membership | None:
    """The member and their user, locked together; None when either is no longer active."""
    rows = Membership.objects.select_for_update(of=("self", "user"), no_key=True)
    return (
        rows.select_related("user", "restaurant")
        .filter(pk=membership_id, is_active=True, user__is_active=True, restaurant__is_active=True)
        .first()
    )


def devices_of(restaurant_id: UUID) -> QuerySet[Device]:
    return Device.objects.for_restaurant(restaurant_id)


def lock_device(restaurant_id: UUID, pk: UUID) -> Device:
    """Locked to the end of the transaction. Raises NotFound."""
    return Device.objects.select_for_update(no_key=True).one(restaurant_id, pk)


def lock_pairing_code(code_hash: str) -> PairingCode | None:
    """Locked to the end of the transaction, whatever became of it."""
    rows = PairingCode.objects.select_for_update(of=("self",))
    return rows.select_related("created_by", "restaurant").filter(code_hash=code_hash).first()


def pin_tries(*, place: UUID, employee_code: str) -> QuerySet[PinLock]:
    """The counter of this code at this place."""
    return PinLock.objects.filter(place=place, employee_code=employee_code)


def lock_pin_tries(*, place: UUID, employee_code: str) -> PinLock:
    """The counter of this code at this place, made when missing, locked.

    The update of nothing is what locks one that is there: it cannot be swept away in between.
    """
    fresh, known_by = PinLock(place=place, employee_code=employee_code), ["place", "employee_code"]
    PinLock.objects.bulk_create(
        [fresh], update_conflicts=True, unique_fields=known_by, update_fields=known_by
    )
    rows = pin_tries(place=place, employee_code=employee_code)
    return rows.select_for_update(no_key=True).get()


def pin_tries_in_restaurant(restaurant_id: UUID, employee_code: str) -> QuerySet[PinLock]:
    """The counters of this code on every device of the restaurant."""
    places = devices_of(restaurant_id).values("pk")
    return PinLock.objects.filter(place__in=places, employee_code=employee_code)


def restaurant_rows(restaurant_id: UUID) -> QuerySet[Restaurant]:
    return Restaurant.objects.filter(pk=restaurant_id)


def member_rows(membership_id: UUID) -> QuerySet[Membership]:
    return Membership.objects.filter(pk=membership_id)
