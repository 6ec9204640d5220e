"""Staff: invited, changed, let go; their PINs and what differs from their role.

Whoever changes a person's place locks the restaurant's staff first: see `fynlo.accounts`.
"""

from datetime import datetime
from typing import TypedDict, Unpack
from uuid import UUID

from django.db import transaction

from employees.documents import STAFF_MEMBER
from employees.errors import GrantedAndWithheld
from employees.selectors.staff import staff, staff_document
from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import GIVES, GOVERNING, Permission, Role, effective
from fynlo.accounts.errors import (
    AddressNotAccepted,
    EmployeeCodeTaken,
    OwnerPermissionsFixed,
    PinRefused,
    WorksHereAlready,
)
from fynlo.accounts.models import Membership, User
from fynlo.accounts.selectors import lock_staff, user_of_email, works_for
from fynlo.accounts.services.members import lock_member, save_signed_out
from fynlo.accounts.services.pins import store_pin, verify_pin
from fynlo.celery import app
from fynlo.db import check_version, created_before, transaction_required
from fynlo.errors import PermissionMissing
from fynlo.events.log import append

_SIGNED_OUT_BY = frozenset({"role", "is_active"})
_TERMS = frozenset({"hourly_wage", "contract_minutes"})


class Terms(TypedDict, total=False):
    """`hourly_wage` in minor units, `contract_minutes` of a week."""

    job_title: str
    hourly_wage: int
    contract_minutes: int


class Changes(Terms, total=False):
    role: str
    employee_code: str
    is_active: bool


@transaction_required
def invite(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    email: str,
    name: str,
    role: str,
    employee_code: str,
    **terms: Unpack[Terms],
) -> tuple[str, bool]:
    """The member's document, and whether it is new. A letter tells them.

    Somebody whom Fynlo knows keeps their name and password, and must work where `by` governs:
    nobody is drawn into a stranger's restaurant. Locks the restaurant's staff.
    Raises PermissionMissing, IdConflict, AddressNotAccepted, WorksHereAlready, EmployeeCodeTaken.
    """
    if created_before(Membership, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return staff_document(by.restaurant_id, pk), False
    _must_give(by, Role(role))
    lock_staff(by.restaurant_id)
    user = _person(by, email=email, name=name)
    _check_code(by.restaurant_id, employee_code)
    member = Membership(pk=pk, restaurant_id=by.restaurant_id, user=user, fingerprint=fingerprint)
    member.role, member.employee_code = role, employee_code
    _set(member, terms)
    member.save(force_insert=True)
    _let_into_admin(member)
    text = append(kind="staff_member.invited", document=STAFF_MEMBER, entity_id=pk, by=by, now=now)
    transaction.on_commit(lambda: _hand_over(pk), robust=True)
    return text, True


def _must_give(by: Actor, *roles: Role) -> None:
    """Nobody makes or changes somebody above their own role. Raises PermissionMissing."""
    if not GIVES.get(by.role, frozenset()) >= set(roles):
        raise PermissionMissing


def _person(by: Actor, *, email: str, name: str) -> User:
    user = user_of_email(email)
    if user is None:
        return User.objects.create_user(email, None, name=name)
    if staff(by.restaurant_id).filter(user=user).exists():
        raise WorksHereAlready(field="email")
    if user.is_superuser or not works_for(user.pk, governor=by.user_id):
        raise AddressNotAccepted(field="email")
    return user


def _check_code(restaurant_id: UUID, employee_code: str) -> None:
    if staff(restaurant_id).filter(employee_code=employee_code).exists():
        raise EmployeeCodeTaken(field="employee_code")


def _set(member: Membership, values: Terms | Changes) -> None:
    for name, value in values.items():
        setattr(member, name, value)


def _let_into_admin(member: Membership) -> None:
    if member.role in GOVERNING and member.is_active:
        User.objects.filter(pk=member.user_id).update(is_staff=True)


def _hand_over(pk: UUID) -> None:
    app.signature("accounts.send_invitation", kwargs={"membership_id": str(pk)}).delay()


@transaction_required
def change_staff(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    **changes: Unpack[Changes],
) -> str:
    """Only what is given changes. Another role, or none, ends their sessions.

    A new wage counts from the next clock-in, and is set by somebody else, but for owners.
    Raises NotFound, PermissionMissing, VersionConflict, EmployeeCodeTaken, LastOwner.
    """
    member = _lock(by, pk, expected_version)
    _must_give(by, Role(changes.get("role", member.role)))
    if pk == by.membership_id and by.role != Role.OWNER and _TERMS & changes.keys():
        raise PermissionMissing("Nobody sets their own wage. Ask an owner.")
    if changes.get("employee_code", member.employee_code) != member.employee_code:
        _check_code(by.restaurant_id, changes["employee_code"])
    if changes.get("role") == Role.OWNER:
        member.granted, member.withheld = [], []
    ends = any(changes.get(name, getattr(member, name)) != getattr(member, name)
               for name in _SIGNED_OUT_BY)  # fmt: skip
    _set(member, changes)
    if ends:
        save_signed_out(member, by=by, now=now)
    else:
        member.version += 1
        member.save()
    _let_into_admin(member)
    return append(kind="staff_member.updated", document=STAFF_MEMBER, entity_id=pk, by=by, now=now)


def _lock(by: Actor, pk: UUID, expected_version: int | None) -> Membership:
    member = lock_member(by.restaurant_id, pk)
    _must_give(by, Role(member.role))
    check_version(
        member.version, expected_version, document=lambda: staff_document(by.restaurant_id, pk)
    )
    return member


@transaction_required
def remove_staff(*, by: Actor, now: datetime, pk: UUID, expected_version: int | None) -> str:
    """They cannot sign in any more; their hours stay. Nothing to show.

    Raises NotFound, PermissionMissing, VersionConflict, LastOwner.
    """
    change_staff(by=by, now=now, pk=pk, expected_version=expected_version, is_active=False)
    return ""


@transaction_required
def change_permissions(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    granted: list[str],
    withheld: list[str],
) -> str:
    """What differs from the role, in place of what did. Ends their sessions.

    Nobody hands out what they may not do themselves. The log keeps every change.
    Raises NotFound, PermissionMissing, VersionConflict, OwnerPermissionsFixed,
    GrantedAndWithheld.
    """
    if set(granted) & set(withheld):
        raise GrantedAndWithheld(field="withheld")
    member = _lock(by, pk, expected_version)
    role = Role(member.role)
    if GIVES.get(Role.MANAGER, frozenset()).isdisjoint({role}):
        raise OwnerPermissionsFixed
    before = effective(role, granted=member.granted, withheld=member.withheld)
    if not effective(role, granted=granted, withheld=withheld) - before <= by.permissions:
        raise PermissionMissing("You cannot give what you may not do yourself.", field="granted")
    member.granted, member.withheld = sorted(granted), sorted(withheld)
    save_signed_out(member, by=by, now=now)
    return append(
        kind="staff_member.permissions_changed",
        document=STAFF_MEMBER,
        entity_id=pk,
        by=by,
        now=now,
    )


def prove_present_pin(*, by: Actor, now: datetime, current_pin: str | None) -> None:
    """Somebody at another's open till does not know it. Who has none yet needs none.

    Call outside any transaction: tries are counted. Raises PinRefused, PinLocked.
    """
    member = staff(by.restaurant_id).get(pk=by.membership_id)
    if not member.pin_hash:
        return
    known = verify_pin(
        place=by.device_id or by.membership_id,
        restaurant_id=by.restaurant_id,
        employee_code=member.employee_code,
        pin=current_pin or "",
        now=now,
    )
    if known is None:
        raise PinRefused(field="current_pin")


@transaction_required
def set_staff_pin(*, by: Actor, now: datetime, pk: UUID, pin_hash: str, must_change: bool) -> str:
    """One's own, or that of somebody one may change. Who must change it is signed out, and may
    do nothing else at the next sign-in. Nothing to show.

    Raises NotFound, PermissionMissing.
    """
    is_own = pk == by.membership_id
    if not is_own:
        by.must(Permission.MANAGE_STAFF)
    member = lock_member(by.restaurant_id, pk) if is_own else _lock(by, pk, None)
    store_pin(membership=member, pin_hash=pin_hash, must_change=must_change and not is_own)
    if member.pin_must_change:
        save_signed_out(member, by=by, now=now)
    else:
        member.version += 1
        member.save(update_fields=["version"])
    append(kind="staff_member.pin_set", document=STAFF_MEMBER, entity_id=pk, by=by, now=now)
    return ""
