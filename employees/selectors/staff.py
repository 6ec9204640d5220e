from uuid import UUID

from django.db.models import QuerySet

from employees.documents import STAFF_MEMBER
from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership
from fynlo.accounts.selectors import members_of


def staff(
    restaurant_id: UUID, *, role: str | None = None, is_active: bool | None = None
) -> QuerySet[Membership]:
    rows = members_of(restaurant_id)
    if role is not None:
        rows = rows.filter(role=Role(role))
    return rows if is_active is None else rows.filter(is_active=is_active)


def staff_member(restaurant_id: UUID, pk: UUID) -> Membership:
    """Raises NotFound."""
    return Membership.objects.one(restaurant_id, pk)


def staff_document(restaurant_id: UUID, pk: UUID) -> str:
    return STAFF_MEMBER.read(staff(restaurant_id).filter(pk=pk))[0]
