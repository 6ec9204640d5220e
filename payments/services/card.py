"""Asking for money by card: an intent at Stripe that the till, or the guest's page, confirms."""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from django.conf import settings

from fynlo.accounts.actor import Actor
from fynlo.db import Intent, transaction_required
from fynlo.errors import TransitionNotAllowed
from payments.choices import AttemptStatus, Method, Operation, Provider
from payments.errors import CaptureAboveHold, CaptureUnderWay, ConfirmUnderWay, NotSupported
from payments.models import PaymentAttempt, ProviderCall
from payments.providers.base import ProviderAttempt
from payments.selectors.attempts import Held, attempt_of, calls_of, hold_attempt
from payments.selectors.fees import payment_settings
from payments.services.accounts import account_of, adapter_for
from payments.services.attempts import begin_attempt, plan_call
from payments.services.partial import taken
from payments.services.payments import Wanted, payment_to_ask
from payments.services.telling import tell, tell_payment


@dataclass(frozen=True, slots=True)
class CardIntent:
    """What a till, or a page, needs to take the card itself. `client_secret` is never stored.

    `account` is the restaurant's account below the platform's, as Stripe's SDKs ask for it.
    `redirect_url`: where the guest's bank wants to see the guest.
    """

    id: str
    status: str
    publishable_key: str
    account: str
    redirect_url: str
    client_secret: str = field(repr=False)


@transaction_required
def prepare_card(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    fingerprint: str,
    wanted: Wanted,
    payment: UUID | None = None,
    manual_capture: bool = False,
) -> Intent:
    """An attempt by card, on a pending payment or on a new one. `manual_capture`: the money is
    held, and taken later by `capture`.

    Locks the order, the payment. Raises as `payment_to_ask`.
    """
    asked = payment_to_ask(
        by=by,
        now=now,
        pk=pk,
        fingerprint=fingerprint,
        method=Method.CARD,
        wanted=wanted,
        payment=payment,
    )
    if asked is None:
        return Intent(pk, None, is_new=False)
    account = account_of(by.restaurant_id, Provider.STRIPE)
    call = begin_attempt(*asked, now=now, account=account, manual_capture=manual_capture)
    tell(asked[0], "payment.asked", now=now, by=by)
    return Intent(asked[0].pk, call.pk)


@transaction_required
def prepare_confirm(*, by: Actor, now: datetime, pk: UUID, payment_method: str) -> Intent:
    """The card (`pm_…` or `tok_…`) for an attempt that waits for one.

    Locks the order, the payment, the attempt. Raises NotFound, NotSupported,
    TransitionNotAllowed, ConfirmUnderWay.
    """
    held = _held(by, pk)
    must_be(held.attempt, AttemptStatus.AWAITING_CUSTOMER)
    call = plan_confirm(held, payment_method=payment_method, now=now)
    tell_payment(held, now=now, by=by)
    return Intent(held.payment.pk, call.pk)


@transaction_required
def plan_confirm(held: Held, *, payment_method: str, now: datetime) -> ProviderCall:
    """Raises ConfirmUnderWay while another card is being tried. Call while holding the locks."""
    last = calls_of(held.attempt, Operation.CONFIRM).last()
    if last and last.finished_at is None and last.arguments["method_ref"] != payment_method:
        raise ConfirmUnderWay
    arguments = {
        "method_ref": payment_method,
        "return_url": f"{settings.PUBLIC_PAY_BASE_URL}/q/return/",
    }
    return plan_call(held.attempt, Operation.CONFIRM, now=now, arguments=arguments)


@transaction_required
def prepare_capture(*, by: Actor, now: datetime, pk: UUID, amount: int | None = None) -> Intent:
    """Take `amount` (minor units; all when None) of what is held; the rest is released, and
    Fynlo's fee is that of what is taken.

    Locks and raises as `prepare_confirm`, and CaptureAboveHold, CaptureUnderWay.
    """
    held = _held(by, pk)
    must_be(held.attempt, AttemptStatus.AUTHORIZED)
    if amount is not None and amount > held.attempt.amount:
        raise CaptureAboveHold(field="amount", extra={"held": held.attempt.amount})
    less = amount if amount != held.attempt.amount else None
    platform_fee = taken(held.payment, less).platform if less else None
    arguments = {"amount": less, "platform_fee": platform_fee}
    last = calls_of(held.attempt, Operation.CAPTURE).last()
    if last and last.finished_at is None and last.arguments != arguments:
        raise CaptureUnderWay
    call = plan_call(held.attempt, Operation.CAPTURE, now=now, arguments=arguments)
    tell_payment(held, now=now, by=by)
    return Intent(held.payment.pk, call.pk)


def _held(by: Actor, pk: UUID) -> Held:
    """Raises NotFound, and NotSupported for an attempt that is not by card."""
    attempt = attempt_of(by.restaurant_id, pk)
    if attempt.provider != Provider.STRIPE:
        raise NotSupported
    return hold_attempt(pk)


def must_be(attempt: PaymentAttempt, status: AttemptStatus) -> None:
    """Raises TransitionNotAllowed."""
    if attempt.status != status or not attempt.provider_id:
        raise TransitionNotAllowed(f"It is {attempt.status}; this needs one that is {status}.")


def card_intent(*, restaurant_id: UUID, pk: UUID) -> CardIntent:
    """As Stripe tells it now. Call outside a transaction. Raises NotFound, NotSupported and
    ProviderError."""
    attempt = attempt_of(restaurant_id, pk)
    if attempt.provider != Provider.STRIPE or not attempt.provider_id:
        raise NotSupported
    said = adapter_for(restaurant_id, Provider.STRIPE).fetch(attempt.provider_id)
    return _shown(restaurant_id, said)


def _shown(restaurant_id: UUID, said: ProviderAttempt) -> CardIntent:
    chosen = payment_settings(restaurant_id)
    return CardIntent(
        id=said.provider_id,
        status=said.provider_status,
        client_secret=said.client_secret,
        publishable_key=chosen.stripe_publishable_key or settings.STRIPE_PUBLISHABLE_KEY,
        account=chosen.stripe_account,
        redirect_url=said.redirect_url,
    )
