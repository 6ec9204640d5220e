"""Discounts: up to the role's cap alone, above it with a manager's PIN."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import DISCOUNT_CAP_BPS
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import new_id, transaction_required
from fynlo.events.log import append
from fynlo.money import BPS
from pos.documents import ORDER
from pos.errors import ApprovalRequired
from pos.models import OrderDiscount
from pos.services.bill import OpenBill, open_bill, save


@transaction_required
def give_discount(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    kind: str,
    value: int,
    reason: str,
    line: UUID | None = None,
    approver: UUID | None = None,
    expected_version: int | None = None,
) -> str:
    """`value`: basis points for a percentage, minor units for an amount.

    What this person has taken off the order without approval may not pass their role's cap,
    measured on the order's (or the line's) price before discounts. `approver` is the membership
    whose PIN was checked.
    Raises NotFound, VersionConflict, OrderNotOpen, ApprovalRequired, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    if line is not None:
        bill.line(line)
    discount = OrderDiscount(
        id=new_id(),
        order=bill.order,
        line_id=line,
        kind=kind,
        value=value,
        reason=reason,
        given_by_id=by.membership_id,
        approved_by_id=approver,
        given_at=now,
    )
    discount.save(force_insert=True)
    bill.discounts.append(discount)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if approver is None:
        _check_cap(bill, line, by)
    return append(kind="order.discounted", document=ORDER, entity_id=pk, by=by, now=now)


def _check_cap(bill: OpenBill, line: UUID | None, by: Actor) -> None:
    base = bill.line(line).gross if line else bill.order.gross
    taken = sum(
        discount.amount
        for discount in bill.discounts
        if discount.approved_by_id is None and discount.line_id == line
    )
    if taken * BPS > base * DISCOUNT_CAP_BPS[by.role]:
        raise ApprovalRequired
