"""Taking cash for an order."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.batches import hold, insert_rows
from fynlo.clock import business_date
from fynlo.db import created_before, transaction_required
from fynlo.errors import NotFound, UnknownReference, move
from fynlo.events.log import append
from payments.choices import (
    PAYMENT_TRANSITIONS,
    AttemptStatus,
    Method,
    PaymentStatus,
    Provider,
)
from payments.documents import PAYMENT
from payments.errors import AmountAboveDue, TenderedTooLittle
from payments.models import DrawerSession, Payment, PaymentAttempt
from payments.selectors.attempts import hold_payment, last_number
from payments.selectors.payments import payment_document
from payments.services.charges import Charge, rounding_for
from payments.services.drawer_entries import drawer_at_hand, enter_sale
from payments.services.late_cash import charge_as_it_was, drawer_for
from payments.services.payments import left_to_ask, must_wait_to_be_asked
from payments.services.postings import post_captured
from pos.models import Order
from pos.services.bill import OpenBill, open_bill
from pos.services.facts import Fact
from pos.services.settlement import Tender, due, record_payment


@transaction_required
def take_cash(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    order: UUID,
    tendered: int,
    amount: int | None = None,
    tip: int = 0,
    drawer: UUID | None = None,
    fact: Fact | None = None,
) -> tuple[str, bool]:
    """Cash for an open order: `amount` of what is due (all of it when None) and a tip on top.

    Minor units. The payment's document, and whether it is new. The order is not completed.
    It goes into `drawer`, or the one at hand (`payments.selectors.drawers.nearest_drawer`).
    What was taken where the house could not be asked (`fact`) is recorded as it was: whatever
    became of the order, more or less than was due, and in a drawer of its own when none is open.
    Locks the order, the drawer, then writes the payment, the ledger and the log in this order.
    Raises UnknownReference, IdConflict, OrderNotOpen, OrderAlreadyPaid, AmountAboveDue,
    TenderedTooLittle, DrawerNotOpen.
    """
    bill = _lock(by.restaurant_id, order)
    if created_before(Payment, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return payment_document(by.restaurant_id, pk), False
    while fact and bill.order.merged_into_id:
        bill = _lock(by.restaurant_id, bill.order.merged_into_id)
    if fact:
        charge = charge_as_it_was(bill.order, fact, tendered=tendered, amount=amount, tip=tip)
        into = drawer_for(fact, drawer, by=by, now=now)
    else:
        charge = _charge(bill.order, left_to_ask(bill.order), by=by, amount=amount, tip=tip)
        into = _drawer(charge, tendered, drawer, by=by)
    payment = Payment(
        pk=pk, restaurant_id=by.restaurant_id, order=bill.order, fingerprint=fingerprint
    )
    if fact:
        payment.flags = fact.beside([])
        bill.order.flags = fact.beside(bill.order.flags)
    at = fact.happened_at if fact else now
    return _take(bill, payment, charge, tendered, into, by=by, now=now, at=at), True


@transaction_required
def pay_in_cash(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    tendered: int,
    tip: int | None = None,
    drawer: UUID | None = None,
) -> str:
    """Cash for a payment that waits to be asked for, such as a guest's part of a bill. `tip`: in
    place of the one that it has.

    Locks and raises as `take_cash`, and NotFound, PaymentNotPending, AttemptOpen.
    """
    order, payment = hold_payment(by.restaurant_id, pk)
    must_wait_to_be_asked(payment)
    bill = open_bill(by.restaurant_id, order.pk, status=None)
    left = left_to_ask(bill.order, but=payment)
    kept = payment.tip if tip is None else tip
    charge = _charge(bill.order, left, by=by, amount=payment.bill, tip=kept)
    payment.version += 1
    into = _drawer(charge, tendered, drawer, by=by)
    return _take(bill, payment, charge, tendered, into, by=by, now=now, at=now)


def _take(
    bill: OpenBill,
    payment: Payment,
    charge: Charge,
    tendered: int,
    into: DrawerSession,
    *,
    by: Actor,
    now: datetime,
    at: datetime,
) -> str:
    is_new = payment._state.adding
    number = 1 if is_new else last_number(payment) + 1
    _fill_in(payment, bill.order, charge, by=by, now=now, at=at, tendered=tendered)
    if is_new:
        insert_rows([payment])
    else:
        payment.save()
    attempt = _handed_over(payment, number)
    enter_sale(drawer=into, payment=payment, by=by, now=now)
    post_captured(payment=payment, attempt=attempt, now=now)
    record_payment(
        bill=bill,
        amount=charge.total,
        tender=_tender(payment),
        tip=charge.tip,
        rounding=charge.rounding,
        by=by,
        now=now,
    )
    if is_new:
        hold(payment, attempts=[attempt], refunds=[])
    return append(kind="payment.captured", document=PAYMENT, entity_id=payment.pk, by=by, now=now)


def _drawer(charge: Charge, tendered: int, named: UUID | None, *, by: Actor) -> DrawerSession:
    if tendered < charge.total:
        raise TenderedTooLittle(field="tendered", extra={"total": charge.total})
    return drawer_at_hand(by, named)


def _lock(restaurant_id: UUID, order_id: UUID) -> OpenBill:
    """In whatever state the order is: a repeated request is answered after it was closed, too."""
    try:
        return open_bill(restaurant_id, order_id, status=None)
    except NotFound as missing:
        raise UnknownReference("There is no such order.", field="order") from missing


def _charge(order: Order, left: int, *, by: Actor, amount: int | None, tip: int) -> Charge:
    if amount is not None and amount > left:
        raise AmountAboveDue(field="amount", extra={"due": left})
    taken = left if amount is None else amount
    rounding = rounding_for(due(order), taken, tip, restaurant_id=by.restaurant_id)
    return Charge(taken, tip, rounding)


def _fill_in(
    payment: Payment,
    order: Order,
    charge: Charge,
    *,
    by: Actor,
    now: datetime,
    at: datetime,
    tendered: int,
) -> None:
    """It counts for the day on which it is told: the day before may be closed."""
    profile = restaurant_profile(by.restaurant_id)
    payment.method = Method.CASH
    payment.status = move(payment.status, PaymentStatus.CAPTURED, PAYMENT_TRANSITIONS)
    payment.business_date = business_date(
        at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at
    )
    payment.currency = order.currency
    payment.bill, payment.rounding = charge.amount + charge.rounding, charge.rounding
    payment.tip, payment.total, payment.captured = charge.tip, charge.total, charge.total
    payment.customer_fee = payment.platform_fee = payment.provider_fee_estimate = 0
    payment.tendered, payment.change_given = tendered, tendered - charge.total
    payment.taken_by_id, payment.taken_at, payment.captured_at = by.membership_id, at, at


def _handed_over(payment: Payment, number: int) -> PaymentAttempt:
    """Cash is an attempt that has succeeded, so that reports read one table."""
    attempt = PaymentAttempt(
        restaurant_id=payment.restaurant_id,
        payment=payment,
        number=number,
        method=Method.CASH,
        provider=Provider.HOUSE,
        status=AttemptStatus.SUCCEEDED,
        amount=payment.total,
        captured=payment.captured,
        currency=payment.currency,
        created_at=payment.taken_at,
        ended_at=payment.taken_at,
    )
    insert_rows([attempt])
    return attempt


def _tender(payment: Payment) -> Tender:
    return Tender(
        payment=payment.pk,
        method=payment.method,
        name=payment.get_method_display(),
        tendered=payment.tendered,
        change=payment.change_given,
    )
