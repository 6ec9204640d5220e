"""Somebody with the power to say yes, on the spot, by PIN."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.choices import Permission
from fynlo.accounts.errors import ApproverRefused
from fynlo.accounts.services.pins import verify_pin


def approve(
    *,
    place: UUID,
    restaurant_id: UUID,
    employee_code: str,
    pin: str,
    permission: Permission,
    now: datetime,
) -> UUID:
    """The membership id of the approver. `place` is where tries are counted: the device, or the
    asking member when there is none.

    Call before the transaction of the use case: counting a try commits by itself.
    Raises ApproverRefused (code, PIN or role: it does not say which), PinLocked.
    """
    member = verify_pin(
        place=place, restaurant_id=restaurant_id, employee_code=employee_code, pin=pin, now=now
    )
    if member is None or permission not in member.permissions:
        raise ApproverRefused(field="approver")
    return member.pk
