"""What follows when an attempt ends without money: the card, the payment's own end, or nothing."""

import logging
from datetime import datetime

from fynlo.db import transaction_required
from fynlo.errors import move
from payments.choices import PAYMENT_TRANSITIONS, PROVIDER_OF, Ending, Method, PaymentStatus
from payments.errors import MethodNotAvailable
from payments.models import ProviderCall
from payments.selectors.attempts import Held
from payments.services.accounts import account_of
from payments.services.attempts import begin_attempt, hand_over, terms_for
from pos.choices import OrderStatus

logger = logging.getLogger(__name__)


@transaction_required
def follow(held: Held, *, now: datetime) -> None:
    """Call when the attempt is dead at its provider, or was given up by somebody."""
    payment, ending = held.payment, held.attempt.ending
    if payment.status != PaymentStatus.PENDING:
        return
    if ending == Ending.CANCEL:
        payment.status = move(payment.status, PaymentStatus.CANCELLED, PAYMENT_TRANSITIONS)
        held.kind = "payment.cancelled"
    elif ending == Ending.FALLBACK and held.order.status == OrderStatus.OPEN:
        try:
            hand_over(fall_back(held, now=now).pk)
        except MethodNotAvailable as error:
            logger.warning("attempt %s: no card instead: %s", held.attempt.pk, error)


@transaction_required
def fall_back(held: Held, *, now: datetime) -> ProviderCall:
    """An attempt by card in place of one that is over, and the call that makes it known.

    Raises MethodNotAvailable.
    """
    terms = terms_for(held.payment, Method.CARD, now=now)
    held.attempt.save()
    held.kind = "payment.fallback"
    call = begin_attempt(
        held.payment,
        terms,
        now=now,
        account=account_of(held.payment.restaurant_id, PROVIDER_OF[Method.CARD]),
        fallback_of=held.attempt,
    )
    held.next_call = call.pk
    return call
