"""Proving who somebody is. Hashing happens here, outside any transaction."""

from datetime import datetime
from functools import partial
from uuid import UUID

from django.contrib.auth.hashers import check_password
from django.db.models import QuerySet

from fynlo.accounts.actor import NO_SESSION, Actor, DeviceActor
from fynlo.accounts.choices import Role
from fynlo.accounts.errors import (
    CredentialsRefused,
    PinRefused,
    RestaurantRequired,
    SessionEnded,
    SwitchRefused,
)
from fynlo.accounts.models import Membership, Session
from fynlo.accounts.selectors import (
    lock_member_signing_in,
    lock_session,
    memberships_of,
    sessions_of,
    user_of_email,
)
from fynlo.accounts.services.pins import verify_pin
from fynlo.accounts.services.sessions import Origin, Proof, end_sessions, start_session
from fynlo.db import transaction_required
from fynlo.errors import NotFound


def prove_by_password(*, email: str, password: str, restaurant: UUID | None = None) -> Proof:
    """An unknown address costs one hash, as a wrong password does.

    Raises CredentialsRefused, RestaurantRequired when there is a choice to make, and NotFound
    when the named restaurant is not one of theirs.
    """
    user = user_of_email(email)
    known = user.password if user else ""
    matches = check_password(password, known)
    if user is None or not user.is_active or not matches:
        raise CredentialsRefused
    member = _chosen(memberships_of(user.pk), restaurant)
    return Proof(member.pk, secret=known)


def _chosen(members: QuerySet[Membership], restaurant: UUID | None) -> Membership:
    if restaurant:
        return _member_at(members, restaurant)
    found = list(members)
    if not found:
        raise CredentialsRefused
    if len(found) > 1:
        raise RestaurantRequired(extra={"restaurants": [_choice(member) for member in found]})
    return found[0]


def _member_at(members: QuerySet[Membership], restaurant: UUID) -> Membership:
    member = members.filter(restaurant_id=restaurant).first()
    if member is None:
        raise NotFound
    return member


def _choice(member: Membership) -> dict[str, str]:
    return {
        "id": str(member.restaurant_id),
        "name": member.restaurant.name,
        "role": member.role,
    }


def actor_by_pin(*, device: DeviceActor, employee_code: str, pin: str, now: datetime) -> Actor:
    """The member, for this one request: there is no session. Raises PinRefused, PinLocked."""
    member = verify_pin(
        place=device.device_id,
        restaurant_id=device.restaurant_id,
        employee_code=employee_code,
        pin=pin,
        now=now,
    )
    if member is None:
        raise PinRefused
    return actor_without_session(member, device_id=device.device_id)


def actor_without_session(member: Membership, *, device_id: UUID) -> Actor:
    """A member who has just proven their PIN at this device."""
    return Actor(
        restaurant_id=member.restaurant_id,
        role=Role(member.role),
        user_id=member.user_id,
        membership_id=member.pk,
        session_id=NO_SESSION,
        device_id=device_id,
        granted=frozenset(member.granted),
        withheld=frozenset(member.withheld),
        must_change_pin=member.pin_must_change,
    )


def prove_by_pin(*, device: DeviceActor, employee_code: str, pin: str, now: datetime) -> Proof:
    """Raises PinRefused, PinLocked."""
    member = verify_pin(
        place=device.device_id,
        restaurant_id=device.restaurant_id,
        employee_code=employee_code,
        pin=pin,
        now=now,
    )
    if member is None:
        raise PinRefused
    return Proof(member.pk, secret=member.pin_hash, device_id=device.device_id)


@transaction_required
def switch_restaurant(*, by: Actor, now: datetime, restaurant: UUID, origin: Origin) -> Session:
    """A session at another restaurant in place of this one, which ends at the same time as this
    one would have: switching does not lengthen a shift.

    Two logs are written, in the order of the restaurants' ids, after all other locks are held:
    members who switch in opposite directions cannot deadlock.
    Raises NotFound when it is not theirs, SwitchRefused after a PIN sign-in, SessionEnded.
    """
    if by.device_id:
        raise SwitchRefused
    member = _member_at(memberships_of(by.user_id), restaurant)
    lock_member_signing_in(member.pk)
    present = lock_session(by.session_id)
    if present is None or present.revoked_at:
        raise SessionEnded
    proof = Proof(member.pk, secret=None)
    start = partial(
        start_session, proof=proof, origin=origin, now=now, expires_at=present.expires_at
    )
    here = sessions_of(by.restaurant_id, now=now).filter(pk=by.session_id)
    end = partial(end_sessions, sessions=here, by=by, now=now)
    if by.restaurant_id < restaurant:
        end()
        return start()
    session = start()
    end()
    return session
