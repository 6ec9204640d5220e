"""Discounts: up to the role's cap alone, above it with a manager's PIN."""

from collections.abc import Container, Sequence
from datetime import datetime, timedelta
from fractions import Fraction
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import DISCOUNT_CAP_BPS, Permission
from fynlo.accounts.selectors import restaurant_profile
from fynlo.db import new_id, transaction_required
from fynlo.errors import NotFound
from fynlo.events.log import append
from fynlo.money import BPS
from pos.choices import DiscountKind, LineState
from pos.documents import ORDER
from pos.errors import ApprovalRequired, LineVoided, TooManyDiscounts
from pos.models import OrderDiscount
from pos.services.bill import OpenBill, open_bill, save

MAX_DISCOUNTS = 20
"""On the order, and on each line."""


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
    Raises NotFound, VersionConflict, OrderNotOpen, LineVoided, TooManyDiscounts,
    ApprovalRequired, TotalBelowPaid.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    if line is not None and bill.line(line).state == LineState.VOIDED:
        raise LineVoided
    if len([d for d in bill.discounts if d.line_id == line]) >= MAX_DISCOUNTS:
        raise TooManyDiscounts
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
        given_at=_after_the_others(bill, now),
    )
    discount.save(force_insert=True)
    bill.discounts.append(discount)
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if approver is None:
        check_cap(bill, by=by)
    return append(kind="order.discounted", document=ORDER, entity_id=pk, by=by, now=now)


def _after_the_others(bill: OpenBill, now: datetime) -> datetime:
    """Each discount takes from what those before it left, so a clock that was put back must not
    change their order."""
    return max([now, *(d.given_at + timedelta(microseconds=1) for d in bill.discounts)])


@transaction_required
def remove_discount(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    discount: UUID,
    approver: UUID | None = None,
    expected_version: int | None = None,
) -> str:
    """Whoever may give discounts takes back one that nobody had to approve. One that somebody
    approved needs somebody who may APPROVE: the caller, or by PIN `approver`; so does a rest that
    is then above this role's cap.

    Raises NotFound, VersionConflict, OrderNotOpen, ApprovalRequired, AmountTooLarge.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    removed = _discount(bill, discount)
    is_approved = approver is not None or by.may(Permission.APPROVE)
    if removed.approved_by_id is not None and not is_approved:
        raise ApprovalRequired
    bill.discounts.remove(removed)
    removed.delete()
    save(bill, profile=restaurant_profile(by.restaurant_id), now=now)
    if approver is None:
        check_cap(bill, by=by)
    return append(kind="order.discount_removed", document=ORDER, entity_id=pk, by=by, now=now)


def _discount(bill: OpenBill, discount: UUID) -> OrderDiscount:
    for given in bill.discounts:
        if given.pk == discount:
            return given
    raise NotFound("This order has no such discount.")


def check_cap(bill: OpenBill, *, by: Actor, kinds: Container[str] = DiscountKind.values) -> None:
    """What nobody approved may not pass the cap of this role, on the order or on any line.

    Measured on the priced bill before discounts, whoever gave them. What a percentage comes to
    may be rounded up, and so may what a split left on a line. Raises ApprovalRequired.
    """
    unapproved = [d for d in _unapproved(bill) if d.kind in kinds]
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
    lines = {d.line_id for d in discounts if d.kind == DiscountKind.AMOUNT} - {None}
    rounded += len(lines) * BPS
    if taken * BPS > base * DISCOUNT_CAP_BPS[by.role] + rounded:
        raise ApprovalRequired


def _unapproved(bill: OpenBill) -> list[OrderDiscount]:
    return [discount for discount in bill.discounts if discount.approved_by_id is None]


def unapproved_rate(bill: OpenBill) -> Fraction:
    """What nobody approved, as a share of the priced bill before discounts."""
    taken = sum(discount.amount for discount in _unapproved(bill))
    return Fraction(taken, bill.order.gross) if bill.order.gross else Fraction(0)


def check_cap_of_parts(parts: Sequence[OpenBill], *, rate: Fraction, by: Actor) -> None:
    """No part has more taken off than the whole had (`rate`), or than the cap of this role, but
    for the minor unit that dividing each discount may leave. Raises ApprovalRequired."""
    limit = max(rate, Fraction(DISCOUNT_CAP_BPS[by.role], BPS))
    for part in parts:
        given = _unapproved(part)
        if sum(d.amount for d in given) > limit * part.order.gross + len(given):
            raise ApprovalRequired
