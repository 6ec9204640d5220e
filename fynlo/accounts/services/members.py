"""Changes to a membership that end its sessions: what a token says must stay true."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.choices import Role
from fynlo.accounts.errors import LastOwner
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import lock_membership, lock_staff, owners_of, sessions_of
from fynlo.accounts.services.sessions import end_sessions
from fynlo.db import transaction_required
from fynlo.events.log import Author


@transaction_required
def change_role(*, by: Author, now: datetime, membership_id: UUID, role: Role) -> None:
    """Locks the restaurant's staff, the member, their sessions. Raises NotFound, LastOwner."""
    member = lock_member(by.restaurant_id, membership_id)
    if member.role != role.value:
        member.role = role.value
        save_signed_out(member, by=by, now=now)


@transaction_required
def set_active(*, by: Author, now: datetime, membership_id: UUID, is_active: bool) -> None:
    """Locks as `change_role` does. Raises NotFound, LastOwner."""
    member = lock_member(by.restaurant_id, membership_id)
    if member.is_active != is_active:
        member.is_active = is_active
        save_signed_out(member, by=by, now=now)


def lock_member(restaurant_id: UUID, membership_id: UUID) -> Membership:
    """Staff first, then the member. Raises NotFound."""
    lock_staff(restaurant_id)
    return lock_membership(restaurant_id, membership_id)


def save_signed_out(member: Membership, *, by: Author, now: datetime) -> None:
    """The next version of the member, whose sessions end. Call with what `lock_member` returned.

    Raises LastOwner.
    """
    stays = member.role == Role.OWNER and member.is_active
    others = owners_of(member.restaurant_id).exclude(pk=member.pk)
    was_owner = owners_of(member.restaurant_id).filter(pk=member.pk).exists()
    if was_owner and not stays and not others.exists():
        raise LastOwner
    member.version += 1
    member.save()
    mine = sessions_of(member.restaurant_id, now=now).filter(membership=member)
    end_sessions(sessions=mine, by=by, now=now)
