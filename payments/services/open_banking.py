"""Asking for money by a QR code that leads to the guest's own bank."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from fynlo.celery import app
from fynlo.db import Intent, transaction_required
from fynlo.events.log import Author
from payments.choices import Ending, Method, Provider
from payments.models import PaymentAttempt
from payments.selectors.fees import payment_settings
from payments.services.accounts import account_of
from payments.services.attempts import begin_attempt
from payments.services.payments import Wanted, payment_to_ask
from payments.services.telling import tell


@transaction_required
def prepare_qr(
    *,
    by: Author,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    wanted: Wanted,
    payment: UUID | None = None,
) -> Intent:
    """An attempt by bank that ends in 15 minutes, on a pending payment or on a new one.

    Locks the order, the payment. Raises as `payment_to_ask`.
    """
    asked = payment_to_ask(
        by=by,
        now=now,
        pk=pk,
        fingerprint=fingerprint,
        method=Method.OPEN_BANKING,
        wanted=wanted,
        payment=payment,
    )
    if asked is None:
        return Intent(pk, None, is_new=False)
    falls_back = payment_settings(by.restaurant_id).falls_back_to_card
    call = begin_attempt(
        *asked,
        now=now,
        account=account_of(by.restaurant_id, Provider.TRUELAYER),
        ending=Ending.FALLBACK if falls_back else Ending.NOTHING,
    )
    _plan_expiry(call.attempt)
    tell(asked[0], "payment.asked", now=now, by=by)
    return Intent(asked[0].pk, call.pk)


def _plan_expiry(attempt: PaymentAttempt) -> None:
    """Makes it prompt; the sweep is what makes it sure."""
    task = app.signature("payments.expire_attempt", kwargs={"attempt_id": str(attempt.pk)})
    transaction.on_commit(lambda: task.apply_async(eta=attempt.expires_at), robust=True)
