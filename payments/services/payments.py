"""What one guest is to pay, before anybody is asked to."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.selectors import restaurant_profile
from fynlo.clock import business_date
from fynlo.db import check_version, created_before, transaction_required
from fynlo.errors import NotFound, UnknownReference
from fynlo.events.log import Author, append
from payments.choices import FeePayer, Method, PaymentStatus
from payments.documents import PAYMENT
from payments.errors import (
    AmountAboveDue,
    AttemptOpen,
    OrderAlreadyPaid,
    PaymentNotPending,
    PaymentUnderWay,
    TipsNotTaken,
)
from payments.models import Payment
from payments.selectors.attempts import hold_payment, open_attempt_of, reserved
from payments.selectors.payments import payment_document
from payments.services.attempts import apply_terms
from payments.services.telling import tell
from payments.services.terms import Terms, conditions, usable_terms
from pos.choices import OrderStatus
from pos.errors import OrderNotOpen
from pos.models import Order
from pos.selectors.orders import lock_order
from pos.services.settlement import due


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the till asks for: `amount` of what is due on an order (all of it when None) and a
    `tip` on top, in minor units. `total` is what the guest was shown, when anything was."""

    order: UUID | None = None
    amount: int | None = None
    tip: int = 0
    fee_payer: FeePayer | None = None
    total: int | None = None


@transaction_required
def create_payment(
    *, by: Actor, now: datetime, pk: UUID, fingerprint: str, method: Method, wanted: Wanted
) -> tuple[str, bool]:
    """A payment that waits to be asked for. Its document, and whether it is new.

    Locks the order. Raises UnknownReference, IdConflict, OrderNotOpen, OrderAlreadyPaid,
    PaymentUnderWay, AmountAboveDue, TipsNotTaken, MethodNotAvailable, QuoteStale.
    """
    is_new = _create(by, now, (pk, fingerprint), method, wanted) is not None
    if is_new:
        append(kind="payment.created", document=PAYMENT, entity_id=pk, by=by, now=now)
    return payment_document(by.restaurant_id, pk), is_new


def _create(
    by: Author, now: datetime, identity: tuple[UUID, str], method: Method, wanted: Wanted
) -> Payment | None:
    """None when this very request (`identity`: its id and fingerprint) made it before."""
    pk, fingerprint = identity
    order = _lock(by.restaurant_id, wanted.order)
    if created_before(Payment, pk=pk, by=by.restaurant_id, fingerprint=fingerprint):
        return None
    payment = _new(order, wanted, by=by, now=now)
    payment.pk, payment.fingerprint = pk, fingerprint
    price(payment, method, wanted, now=now)
    payment.save(force_insert=True)
    return payment


def _lock(restaurant_id: UUID, order_id: UUID | None) -> Order:
    try:
        if order_id is not None:
            return lock_order(restaurant_id, order_id)
    except NotFound as missing:
        raise UnknownReference("There is no such order.", field="order") from missing
    raise UnknownReference("Name the order, or a payment that is pending.", field="order")


def _new(order: Order, wanted: Wanted, *, by: Author, now: datetime) -> Payment:
    profile = restaurant_profile(by.restaurant_id)
    left = left_to_ask(order)
    amount = left if wanted.amount is None else wanted.amount
    if amount > left:
        raise AmountAboveDue(field="amount", extra={"due": left})
    return Payment(
        restaurant_id=by.restaurant_id,
        order=order,
        business_date=business_date(
            at=now, zone=profile.time_zone, day_starts_at=profile.day_starts_at
        ),
        currency=order.currency,
        bill=amount,
        tip=wanted.tip,
        taken_by_id=by.membership_id,
        taken_at=now,
    )


def left_to_ask(order: Order, *, but: Payment | None = None) -> int:
    """Minor units that are due and that nobody is paying at the moment. Call while holding the
    order's lock. Raises OrderNotOpen, OrderAlreadyPaid, PaymentUnderWay."""
    if order.status != OrderStatus.OPEN:
        raise OrderNotOpen
    owed = due(order)
    if owed <= 0:
        raise OrderAlreadyPaid
    left = owed - reserved(order, but=[but.pk] if but else [])
    if left <= 0:
        raise PaymentUnderWay(extra={"due": max(left, 0)})
    return left


def price(payment: Payment, method: Method, wanted: Wanted, *, now: datetime) -> Terms:
    """Write on the instance what it costs by this method; nothing is saved.

    Raises TipsNotTaken, MethodNotAvailable, QuoteStale.
    """
    known, method = conditions(payment.restaurant_id, now=now), Method(method)
    if payment.tip and not known.chosen.takes_tips:
        raise TipsNotTaken(field="tip")
    terms = usable_terms(
        method,
        payment.bill + payment.tip,
        known,
        payer=FeePayer(wanted.fee_payer or payment.fee_payer),
        expected_total=wanted.total,
    )
    # What was wished stays, though this method may not charge the guest: the next one may.
    payment.fee_payer = wanted.fee_payer or payment.fee_payer
    apply_terms(payment, terms)
    return terms


@transaction_required
def change_payment(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    expected_version: int | None,
    tip: int | None = None,
    fee_payer: FeePayer | None = None,
) -> str:
    """Another tip, or another who bears the fees; nothing while the guest is being asked.

    Locks the order, the payment. Raises NotFound, VersionConflict, PaymentNotPending, AttemptOpen,
    TipsNotTaken, MethodNotAvailable.
    """
    _, payment = hold_payment(by.restaurant_id, pk)
    check_version(
        payment.version,
        expected_version,
        document=lambda: payment_document(by.restaurant_id, pk),
    )
    must_wait_to_be_asked(payment)
    payment.tip = payment.tip if tip is None else tip
    price(payment, Method(payment.method), Wanted(fee_payer=fee_payer), now=now)
    return tell(payment, "payment.updated", now=now, by=by)


def must_wait_to_be_asked(payment: Payment) -> None:
    """Call while holding the payment's lock. Raises PaymentNotPending, AttemptOpen."""
    if payment.status != PaymentStatus.PENDING:
        raise PaymentNotPending
    if open_attempt_of(payment):
        raise AttemptOpen


@transaction_required
def payment_to_ask(
    *,
    by: Author,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    method: Method,
    wanted: Wanted,
    payment: UUID | None = None,
) -> tuple[Payment, Terms] | None:
    """A payment that is about to be asked for by this method, with what it costs: the pending one
    that `payment` names, or a new one for an order under the id `pk`.

    None when this very request made it before. Locks the order and the payment. Raises as
    `create_payment`, and NotFound, PaymentNotPending, AttemptOpen.
    """
    if payment is None:
        asked = _create(by, now, (pk, fingerprint), method, wanted)
        if asked is None:
            return None
    else:
        order, asked = hold_payment(by.restaurant_id, payment)
        if wanted.order not in (None, order.pk):
            raise UnknownReference("This payment is for another order.", field="order")
        must_wait_to_be_asked(asked)
        left = left_to_ask(order, but=asked)
        if asked.bill > left:
            raise AmountAboveDue(extra={"due": left})
    return asked, price(asked, method, wanted, now=now)
