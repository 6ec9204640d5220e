"""Discounts: up to the role's cap alone, above it with a manager's PIN."""

from collections.abc import Container, Sequence
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import DISCOUNT_CAP_BPS, Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import new_id, transaction_required
from fynlo.events.log import append
from fynlo.money import BPS
from pos.choices import DiscountKind, LineState
from pos.documents import ORDER
from pos.errors import ApprovalRequired, LineVoided
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

    `approver` is the membership whose PIN was checked; who may APPROVE needs none. Without one
    `check_cap` decides.
    Raises NotFound, VersionConflict, OrderNotOpen, LineVoided, ApprovalRequired, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    if line is not None and bill.line(line).state == LineState.VOIDED:
        raise LineVoided
    if by.may(Permission.APPROVE):
        approver = approver or by.membership_id
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
        check_cap(bill, by=by)
    return append(kind="order.discounted", document=ORDER, entity_id=pk, by=by, now=now)


def check_cap(bill: OpenBill, *, by: Actor, kinds: Container[str] = DiscountKind.values) -> None:
    """What nobody approved may not pass the cap of this role, on the order or on any line.

    Measured on the priced bill before discounts, whoever gave them; what a percentage comes to
    may be rounded up. Raises ApprovalRequired.
    """
    unapproved = [d for d in bill.discounts if d.approved_by_id is None and d.kind in kinds]
    _check_cap(unapproved, bill.order.gross, by)
    for line in bill.live_lines:
        _check_cap([d for d in unapproved if d.line_id == line.pk], line.gross, by)


def check_cap_of_less(bill: OpenBill, *, by: Actor) -> None:
    """After something was taken off the bill: an amount that was within the cap of the whole may
    be above that of the rest. Raises ApprovalRequired."""
    check_cap(bill, by=by, kinds={DiscountKind.AMOUNT.value})


def _check_cap(discounts: Sequence[OrderDiscount], base: int, by: Actor) -> None:
    taken = sum(discount.amount for discount in discounts)
    rounded = sum(d.amount > 0 for d in discounts if d.kind == DiscountKind.PERCENT) * BPS // 2
    if taken * BPS > base * DISCOUNT_CAP_BPS[by.role] + rounded:
        raise ApprovalRequired
