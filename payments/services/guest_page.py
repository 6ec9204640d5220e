"""What a guest's phone shows behind the QR code: one payment, as far as it has come."""

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlencode

from django.conf import settings

from fynlo.accounts.selectors import letterhead
from fynlo.errors import NotFound
from fynlo.money import for_people
from payments.choices import (
    DEAD,
    AttemptStatus,
    FeePayer,
    Method,
    PaymentStatus,
    Stage,
)
from payments.models import Payment, PaymentAttempt
from payments.selectors.attempts import attempt_of_token, attempts, last_attempt_of
from payments.services.links import token_hash, token_of
from payments.services.terms import Conditions, Terms, conditions, terms_of
from payments.services.tips import Preset, presets
from pos.choices import OrderStatus
from pos.selectors.receipts import latest_receipt

_STAGES = {
    AttemptStatus.CREATED: Stage.PREPARING,
    AttemptStatus.UNKNOWN: Stage.PREPARING,
    AttemptStatus.AUTHORIZED: Stage.CONFIRMING,
    AttemptStatus.PROCESSING: Stage.CONFIRMING,
    AttemptStatus.EXPIRING: Stage.CLOSING,
    AttemptStatus.CANCELING: Stage.CLOSING,
    AttemptStatus.CANCEL_UNKNOWN: Stage.ASK_STAFF,
    AttemptStatus.LATE_SUCCESS: Stage.ASK_STAFF,
    AttemptStatus.REVERSED: Stage.ASK_STAFF,
}
_ENDS = {
    PaymentStatus.CANCELLED: Stage.CANCELLED,
    PaymentStatus.REVERSED: Stage.ASK_STAFF,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A way to pay: what the guest would be charged, and how much of it is a fee."""

    method: Method
    total: str
    fee: str


@dataclass(frozen=True, slots=True)
class Tip:
    """A choice of gratuity: `percent` is empty for none and for an amount of the guest's own."""

    amount: int
    text: str
    percent: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class GuestPage:
    """Amounts are texts for people. `seconds_left` until the bank can no longer be used.

    `leads_to` is the provider's page; empty for a card that our own page takes. `saved` is what
    the restaurant keeps when it is paid by bank and not by card.
    """

    token: str
    stage: Stage
    version: int
    restaurant: str
    order_number: int
    currency: str
    total: str
    bill: str
    tip: str
    fee: str
    offers: list[Offer]
    tips: list[Tip]
    own_tip: str
    saved: str
    seconds_left: int
    leads_to: str
    ended_as: str
    receipt_url: str


@dataclass(frozen=True, slots=True)
class Known:
    """A payment, by the token of one of its attempts; `attempt` is its newest."""

    token: str
    payment: Payment
    attempt: PaymentAttempt


def payment_behind(token: str) -> Known:
    """Whoever has an older code of the same payment sees what has become of it.

    Raises NotFound.
    """
    found = attempt_of_token(token_hash(token))
    if found is None:
        raise NotFound
    return Known(token, found.payment, last_attempt_of(found.payment) or found)


def stage_of(payment: Payment, attempt: PaymentAttempt, *, now: datetime) -> Stage:
    """Pure."""
    if payment.status != PaymentStatus.PENDING:
        return _ENDS.get(PaymentStatus(payment.status), Stage.PAID)
    if attempt.status in DEAD:
        return Stage.OVER if payment.order.status == OrderStatus.OPEN else Stage.CANCELLED
    if attempt.status != AttemptStatus.AWAITING_CUSTOMER:
        return _STAGES[AttemptStatus(attempt.status)]
    if attempt.method != Method.OPEN_BANKING:
        return Stage.CARD
    is_late = attempt.expires_at is not None and attempt.expires_at <= now
    return Stage.CLOSING if is_late else Stage.BANK


def guest_page(token: str, *, now: datetime) -> GuestPage:
    """Raises NotFound."""
    known = payment_behind(token)
    payment, attempt = known.payment, known.attempt
    stage = stage_of(payment, attempt, now=now)
    terms = conditions(payment.restaurant_id, now=now)
    bank, card = (_terms(payment, m, terms) for m in (Method.OPEN_BANKING, Method.CARD))
    ends_at = attempt.expires_at if stage == Stage.BANK else None
    return GuestPage(
        token=token,
        stage=stage,
        version=payment.version,
        restaurant=letterhead(payment.restaurant_id).name,
        order_number=payment.order.number,
        currency=payment.currency,
        total=_money(payment, payment.total),
        bill=_money(payment, payment.bill),
        tip=_money(payment, payment.tip) if payment.tip else "",
        fee=_money(payment, payment.customer_fee) if payment.customer_fee else "",
        offers=[_offer(payment, one) for one in (bank, card) if not one.candidate.obstacles],
        tips=_tips(payment, terms) if stage == Stage.BANK else [],
        own_tip=_own_tip(payment, terms),
        saved=_saved(payment, bank, card),
        seconds_left=int((ends_at - now).total_seconds()) if ends_at else 0,
        leads_to=_leads_to(attempt) if stage in (Stage.BANK, Stage.CARD) else "",
        ended_as=attempt.status if stage == Stage.OVER else "",
        receipt_url=_receipt(payment) if stage == Stage.PAID else "",
    )


def standing(token: str, *, now: datetime) -> tuple[Stage, str]:
    """What the page asks for every two seconds: the stage, and a mark that changes whenever the
    page would look different. Raises NotFound."""
    known = payment_behind(token)
    stage = stage_of(known.payment, known.attempt, now=now)
    receipt = _receipt(known.payment) if stage == Stage.PAID else ""
    return stage, mark_of(known.payment.version, stage, receipt)


def mark_of(version: int, stage: Stage, receipt_url: str) -> str:
    return f"{version}.{stage}.{int(bool(receipt_url))}"


def token_of_attempt(attempt: PaymentAttempt) -> str:
    """The token that leads to the page of its payment; empty when none does.

    An attempt by card has none of its own: that of the bank's before it leads there, too.
    """
    coded = attempts(attempt.restaurant_id).filter(payment=attempt.payment_id)
    last = coded.exclude(token_hash="").order_by("number").last()
    return token_of(last.pk) if last else ""


def _terms(payment: Payment, method: Method, known: Conditions) -> Terms:
    amount = payment.bill + payment.tip
    return terms_of(method, amount, known, payer=FeePayer(payment.fee_payer))


def _leads_to(attempt: PaymentAttempt) -> str:
    """A page that takes cards by itself is told where to send the guest afterwards."""
    url = attempt.redirect_url
    hosted = settings.STRIPE_HOSTED_URL
    if hosted and url.startswith(f"{hosted}/pay/"):
        back = {"return_url": f"{settings.PUBLIC_PAY_BASE_URL}/q/return/"}
        return f"{url}&{urlencode(back)}"
    return url


def _offer(payment: Payment, terms: Terms) -> Offer:
    fees = terms.candidate.fees
    fee = _money(payment, fees.customer_fee) if fees.customer_fee else ""
    return Offer(terms.method, _money(payment, fees.charge), fee)


def _saved(payment: Payment, bank: Terms, card: Terms) -> str:
    """Empty when the guest bears the fees: the offers then show the difference."""
    saved = card.candidate.cost - bank.candidate.cost
    is_shown = saved > 0 and not bank.candidate.fees.customer_fee
    return _money(payment, saved) if is_shown else ""


def _tips(payment: Payment, known: Conditions) -> list[Tip]:
    if not known.chosen.takes_tips:
        return []
    offered = presets(payment.bill, known.chosen.tip_presets_bps)
    none = Tip(0, "No tip", "", payment.tip == 0)
    return [none, *(_preset(payment, one) for one in offered)]


def _preset(payment: Payment, one: Preset) -> Tip:
    text, percent = _money(payment, one.amount), f"{one.bps / 100:g}%"
    return Tip(one.amount, text, percent, one.amount == payment.tip)


def _own_tip(payment: Payment, known: Conditions) -> str:
    """What the guest typed before, if it was none of the choices."""
    is_choice = any(tip.is_chosen for tip in _tips(payment, known))
    return "" if is_choice or not payment.tip else _money(payment, payment.tip)


def _receipt(payment: Payment) -> str:
    receipt = latest_receipt(payment.restaurant_id, payment.order_id)
    return f"/r/{receipt.token}/" if receipt else ""


def _money(payment: Payment, amount: int) -> str:
    return for_people(amount, payment.currency)
