"""Trying to be paid by one method: what is written before a provider is asked."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction

from fynlo.celery import app
from fynlo.db import new_id, transaction_required
from payments.choices import PROVIDER_OF, Ending, FeePayer, Method, Operation
from payments.models import Payment, PaymentAttempt, ProviderCall, provider_key
from payments.providers.base import AttemptSpec
from payments.selectors.attempts import calls_of, last_number
from payments.services.links import token_hash, token_of
from payments.services.terms import Terms, conditions, usable_terms

VALID_FOR = timedelta(minutes=15)
FIRST_POLL = timedelta(seconds=5)


def terms_for(
    payment: Payment, method: Method, *, now: datetime, payer: FeePayer | None = None
) -> Terms:
    """What the payment costs by this method. Raises MethodNotAvailable."""
    known = conditions(payment.restaurant_id, now=now)
    return usable_terms(
        method, payment.bill + payment.tip, known, payer=payer or FeePayer(payment.fee_payer)
    )


def apply_terms(payment: Payment, terms: Terms) -> None:
    """Writes on the instance what it costs by this method; nothing is saved."""
    fees = terms.candidate.fees
    payment.method = terms.method
    payment.customer_fee, payment.total = fees.customer_fee, fees.charge
    payment.platform_fee, payment.provider_fee_estimate = fees.platform, fees.provider


@transaction_required
def begin_attempt(
    payment: Payment,
    terms: Terms,
    *,
    now: datetime,
    account: str,
    ending: Ending = Ending.NOTHING,
    fallback_of: PaymentAttempt | None = None,
    manual_capture: bool = False,
    method_ref: str = "",
) -> ProviderCall:
    """A new attempt and the call that will make it known to the provider.

    Call while holding the payment's lock, with no open attempt; writes the payment, whose
    version goes up. PostgreSQL refuses a second open attempt.
    """
    apply_terms(payment, terms)
    payment.version += 1
    payment.save()
    pk = new_id()
    attempt = PaymentAttempt.objects.create(
        pk=pk,
        restaurant_id=payment.restaurant_id,
        payment=payment,
        number=last_number(payment) + 1,
        method=terms.method,
        provider=PROVIDER_OF[terms.method],
        account=account,
        ending=ending,
        amount=payment.total,
        currency=payment.currency,
        platform_fee=payment.platform_fee,
        estimated_fee=payment.provider_fee_estimate,
        manual_capture=manual_capture,
        method_ref=method_ref,
        fallback_of=fallback_of,
        token_hash=token_hash(token_of(pk)) if terms.method == Method.OPEN_BANKING else "",
        created_at=now,
        expires_at=now + VALID_FOR if terms.method == Method.OPEN_BANKING else None,
        is_watched=True,
        poll_at=now + FIRST_POLL,
    )
    asked = {
        "reference": f"FYN-{payment.order.number}",
        "return_url": f"{settings.PUBLIC_PAY_BASE_URL}/q/return/",
    }
    return plan_call(attempt, Operation.CREATE, now=now, arguments=asked)


@transaction_required
def plan_call(
    attempt: PaymentAttempt,
    operation: Operation,
    *,
    now: datetime,
    arguments: Mapping[str, Any] | None = None,
) -> ProviderCall:
    """A call to the provider, with the key it is made under however often it is made.

    Call while holding the attempt's lock. An unfinished one of the same operation is returned
    instead of a second.
    """
    last = calls_of(attempt, operation).last()
    if last is not None and last.finished_at is None:
        return last
    sequence = last.sequence + 1 if last else 1
    return ProviderCall.objects.create(
        restaurant_id=attempt.restaurant_id,
        attempt=attempt,
        operation=operation,
        sequence=sequence,
        key=provider_key(attempt.pk, operation, sequence),
        arguments=dict(arguments or {}),
        started_at=now,
        try_at=now,
    )


def hand_over(call_id: UUID) -> None:
    """To a worker, once this transaction is committed. When the broker is away a sweep finds it."""
    task = app.signature("payments.call_provider", kwargs={"call_id": str(call_id)})
    transaction.on_commit(task.delay, robust=True)


def spec_of(call: ProviderCall) -> AttemptSpec:
    """What a CREATE asks for: the same to the last letter, however often it is made."""
    attempt = call.attempt
    return AttemptSpec(
        attempt=attempt.pk,
        payment=attempt.payment_id,
        restaurant=attempt.restaurant_id,
        amount=attempt.amount,
        currency=attempt.currency,
        account=attempt.account,
        platform_fee=attempt.platform_fee,
        method_ref=attempt.method_ref,
        manual_capture=attempt.manual_capture,
        **call.arguments,
    )
