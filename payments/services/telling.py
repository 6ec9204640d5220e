"""Everybody who may see payments is told of every step."""

from datetime import datetime

from fynlo.accounts.actor import System
from fynlo.db import transaction_required
from fynlo.events.log import Author, append
from payments.documents import PAYMENT
from payments.models import Payment
from payments.selectors.attempts import Held


@transaction_required
def tell_payment(held: Held, *, now: datetime, by: Author | None = None) -> str:
    """Saves the payment, whose version goes up. Its document."""
    return tell(held.payment, held.kind, now=now, by=by)


@transaction_required
def tell(payment: Payment, kind: str, *, now: datetime, by: Author | None = None) -> str:
    """As `tell_payment`; Fynlo itself is who did it unless `by` says otherwise."""
    payment.version += 1
    payment.save()
    return append(
        kind=kind,
        document=PAYMENT,
        entity_id=payment.pk,
        by=by or System(payment.restaurant_id),
        now=now,
    )
