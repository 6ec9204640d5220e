"""Changes to a membership that end its sessions: what a token says must stay true."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import lock_membership, sessions_of
from fynlo.accounts.services.sessions import end_sessions
from fynlo.db import transaction_required
from fynlo.events.log import Author


@transaction_required
def change_role(*, by: Author, now: datetime, membership_id: UUID, role: Role) -> None:
    """Raises NotFound."""
    member = lock_membership(by.restaurant_id, membership_id)
    if member.role != role.value:
        member.role = role.value
        _save_and_sign_out(member, by, now)


@transaction_required
def set_active(*, by: Author, now: datetime, membership_id: UUID, is_active: bool) -> None:
    """Raises NotFound."""
    member = lock_membership(by.restaurant_id, membership_id)
    if member.is_active != is_active:
        member.is_active = is_active
        _save_and_sign_out(member, by, now)


def _save_and_sign_out(member: Membership, by: Author, now: datetime) -> None:
    member.version += 1
    member.save()
    mine = sessions_of(member.restaurant_id, now=now).filter(membership=member)
    end_sessions(sessions=mine, by=by, now=now)
