"""PINs: set, verified, and locked after too many tries at one place."""

import math
from datetime import datetime, timedelta
from uuid import UUID

from django.contrib.auth.hashers import check_password, make_password

from fynlo.accounts.errors import PinLocked, PinNotAccepted
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import (
    lock_pin_tries,
    member_of_code,
    pin_tries,
    pin_tries_in_restaurant,
)
from fynlo.db import durable

FREE_TRIES = 5
FIRST_LOCK_S = 30
LONGEST_LOCK_S = 15 * 60
_STRAIGHTS = "01234567890", "09876543210"


def set_pin(*, membership: Membership, pin: str) -> None:
    """Also opens what wrong PINs had locked for this member on the restaurant's devices.

    Raises PinNotAccepted for anything but 4 to 8 digits, and for PINs that are tried first.
    """
    store_pin(membership=membership, pin_hash=hash_pin(pin))


def hash_pin(pin: str) -> str:
    """Call outside any transaction. Raises PinNotAccepted."""
    check_strength(pin)
    return make_password(pin)


def store_pin(*, membership: Membership, pin_hash: str, must_change: bool = False) -> None:
    """As `set_pin`, of a PIN hashed before. Call while holding the member's lock."""
    membership.pin_hash, membership.pin_must_change = pin_hash, must_change
    membership.save(update_fields=["pin_hash", "pin_must_change"])
    tries = pin_tries_in_restaurant(membership.restaurant_id, membership.employee_code)
    tries.update(failures=0, locked_until=None)


def check_strength(pin: str) -> None:
    """Raises PinNotAccepted."""
    if not (4 <= len(pin) <= 8 and pin.isascii() and pin.isdigit()):
        raise PinNotAccepted(field="pin")
    if len(set(pin)) == 1 or any(pin in straight for straight in _STRAIGHTS):
        raise PinNotAccepted(
            "This PIN is too easy: neither one digit repeated nor digits in a row.", field="pin"
        )


def verify_pin(
    *, place: UUID, restaurant_id: UUID, employee_code: str, pin: str, now: datetime
) -> Membership | None:
    """The member of this restaurant whose code and PIN these are, or None.

    Every try is counted as a failure before the PIN is looked at, and forgiven when it was right:
    tries that arrive together cannot outrun the count. Code unknown or PIN wrong costs one hash.
    Call outside any transaction: it commits its own, so that the count survives the refusal.
    Raises PinLocked.
    """
    with durable():
        _count_try(place, employee_code, now)
    member = member_of_code(restaurant_id, employee_code)
    if not check_password(pin, member.pin_hash if member else ""):
        return None
    forgiven = pin_tries(place=place, employee_code=employee_code)
    forgiven.update(failures=0, locked_until=None)
    return member


def _count_try(place: UUID, employee_code: str, now: datetime) -> None:
    tries = lock_pin_tries(place=place, employee_code=employee_code)
    if tries.locked_until and tries.locked_until > now:
        left = (tries.locked_until - now).total_seconds()
        raise PinLocked(extra={"retry_after": math.ceil(left)})
    tries.failures += 1
    if tries.failures >= FREE_TRIES:
        tries.locked_until = now + timedelta(seconds=_lock_seconds(tries.failures))
    tries.save(update_fields=["failures", "locked_until"])


def _lock_seconds(failures: int) -> int:
    doublings = min(failures - FREE_TRIES, 10)
    return min(FIRST_LOCK_S << doublings, LONGEST_LOCK_S)
