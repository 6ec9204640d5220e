"""Stripe: a guest's card, charged by a PaymentIntent. https://docs.stripe.com/payments/intents

A declined card does not end an attempt: its intent waits for another card, so it is reported as
waiting, with the bank's word in `failure`.
"""

import logging
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, TypeVar
from urllib.parse import urlencode
from uuid import UUID, uuid5

import stripe

from payments.choices import AttemptStatus, CancelOutcome, Provider
from payments.errors import ProviderError, ProviderInvalidRequest, ProviderOutcomeUnknown
from payments.providers.base import (
    AttemptSpec,
    Capabilities,
    ProviderAttempt,
    ProviderEvent,
    ProviderRefund,
    SettlementLine,
)
from payments.providers.stripe.amounts import from_stripe, to_stripe
from payments.providers.stripe.config import StripeConfig
from payments.providers.stripe.reading import (
    DISPUTES,
    EXPANDED,
    INQUIRIES,
    attempt_of,
    line_of,
    refund_of,
)
from payments.providers.stripe.webhooks import event_of
from payments.providers.stripe.wire import EndedBadly, Wire, is_replay

T = TypeVar("T")
logger = logging.getLogger(__name__)
_AGAIN = UUID("6d1c8f0e-9a53-5c0b-8a0e-0c7c2f1f6a01")
LONGEST_SUFFIX = 10
# Around the time in the attempt's id, in which its intent was made if it was.
MADE_WITHIN = timedelta(hours=24)
Params = dict[str, Any]


class Stripe:
    """`account` is the restaurant's connected account (`acct_…`): charges are its own, and the
    platform's fee is an application fee. Without one, charges are the platform's."""

    code: str = Provider.STRIPE
    capabilities = Capabilities(manual_capture=True, strong_authentication=True)

    def __init__(self, wire: Wire, config: StripeConfig, *, account: str = "") -> None:
        self._wire, self._config, self._account = wire, config, account
        self._intents = wire.client.v1.payment_intents
        self._refunds = wire.client.v1.refunds

    def create(self, spec: AttemptSpec, *, idem: str) -> ProviderAttempt:
        """With a `method_ref` it is charged at once; a decline is told in `failure`."""
        params = self._asked(spec)

        def send(key: str) -> ProviderAttempt:
            return self._answered(lambda: self._intents.create(params, self._options(key)))

        made = self._surely(send, idem=idem, look=lambda: self.find(spec.attempt))
        if spec.return_url and "?key=" in made.redirect_url:
            back = urlencode({"return_url": spec.return_url})
            return replace(made, redirect_url=f"{made.redirect_url}&{back}")
        return made

    def fetch(self, provider_id: str) -> ProviderAttempt:
        return self._wire.read(lambda: self._read(provider_id))

    def find(self, attempt: UUID) -> ProviderAttempt | None:
        """By search, and as that lags behind by a minute, in the list of its day."""
        return self._wire.read(lambda: self._searched(attempt) or self._listed(attempt))

    def confirm(
        self, provider_id: str, *, method_ref: str = "", return_url: str = "", idem: str
    ) -> ProviderAttempt:
        """`method_ref`: `pm_…` or `tok_…`. A decline is told in `failure`."""
        params = _method(method_ref) | ({"return_url": return_url} if return_url else {})

        def send(key: str) -> ProviderAttempt:
            ask: Any = {**params, "expand": EXPANDED}
            return self._answered(
                lambda: self._intents.confirm(provider_id, ask, self._options(key))
            )

        done = (AttemptStatus.AUTHORIZED, AttemptStatus.PROCESSING, *_PAID)
        return self._settling(send, provider_id, idem=idem, done=done)

    def capture(
        self, provider_id: str, amount: int | None, *, platform_fee: int | None = None, idem: str
    ) -> ProviderAttempt:
        """All of the hold when `amount` is None; what is left of it is released. `platform_fee`
        replaces that of the whole where charges are the restaurant's own."""
        params: Any = {"expand": EXPANDED}
        if amount is not None:
            currency = self.fetch(provider_id).currency
            params["amount_to_capture"] = to_stripe(amount, currency)
            if self._account and platform_fee is not None:
                params["application_fee_amount"] = to_stripe(platform_fee, currency)

        def send(key: str) -> ProviderAttempt:
            return self._answered(
                lambda: self._intents.capture(provider_id, params, self._options(key))
            )

        return self._settling(send, provider_id, idem=idem, done=_PAID)

    def cancel(self, provider_id: str, *, idem: str) -> CancelOutcome:
        """A hold is released, too. What the intent says afterwards counts. Raises nothing."""

        def send(key: str) -> bool:
            self._intents.cancel(provider_id, {}, self._options(key))
            return True

        refused = False
        try:
            if self._surely(send, idem=idem, look=lambda: self._is_canceled(provider_id)):
                return CancelOutcome.CANCELED
        except ProviderInvalidRequest:
            refused = True
        except ProviderError as error:
            logger.warning("the answer to a cancellation is not known: %s", error.code)
        return self._cancelled_or_not(provider_id, refused=refused)

    def _is_canceled(self, provider_id: str) -> bool | None:
        return self.fetch(provider_id).status is AttemptStatus.CANCELED or None

    def _cancelled_or_not(self, provider_id: str, *, refused: bool) -> CancelOutcome:
        try:
            status = self.fetch(provider_id).status
        except ProviderError:
            return CancelOutcome.UNKNOWN
        if status is AttemptStatus.CANCELED:
            return CancelOutcome.ALREADY_FINAL if refused else CancelOutcome.CANCELED
        late = status in (AttemptStatus.PROCESSING, *_PAID)
        return CancelOutcome.TOO_LATE if late else CancelOutcome.UNKNOWN

    def refund(self, provider_id: str, amount: int, *, reference: str, idem: str) -> ProviderRefund:
        """`amount` in minor units of what was captured. Stripe keeps its fee."""
        currency = self.fetch(provider_id).currency
        params: Any = {
            "payment_intent": provider_id,
            "amount": to_stripe(amount, currency),
            "metadata": {"key": idem, "reference": reference},
        }

        def send(key: str) -> ProviderRefund:
            told = self._refunds.create(params, self._options(key))
            if is_replay(told):
                told = self._refunds.retrieve(told["id"], {}, self._options())
            return refund_of(told.to_dict())

        return self._surely(send, idem=idem, look=lambda: self._refund_under(provider_id, idem))

    def fetch_refund(self, provider_id: str, refund_id: str) -> ProviderRefund:
        return self._wire.read(
            lambda: refund_of(self._refunds.retrieve(refund_id, {}, self._options()).to_dict())
        )

    def parse_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, path: str, now: datetime
    ) -> ProviderEvent:
        return event_of(raw, headers, secrets=self._config.webhook_secrets, now=now)

    def settlements(self, day: date) -> Iterator[SettlementLine]:
        """Every line of the balance that was made on that day (UTC)."""
        begins = datetime.combine(day, time(), UTC)
        params: Any = {
            "created": {
                "gte": int(begins.timestamp()),
                "lt": int((begins + timedelta(days=1)).timestamp()),
            },
            "limit": 100,
            "expand": ["data.source"],
        }
        rows = self._wire.read(
            lambda: list(
                self._wire.client.v1.balance_transactions.list(
                    params, self._options()
                ).auto_paging_iter()
            )
        )
        return map(line_of, (row.to_dict() for row in rows))

    def apple_token(self, payment_data: str, *, transaction_id: str, idem: str) -> str:
        """A token (`tok_…`) of what PassKit calls paymentData, as JSON text.

        Stripe's reference does not name these parameters; its own iOS SDK sends them. Stripe can
        read only what was encrypted for a certificate that it asked for.
        """
        params = {"pk_token": payment_data, "pk_token_transaction_id": transaction_id}

        def send(key: str) -> str:
            options = self._options(key)
            told: Any = self._wire.client.raw_request("post", "/v1/tokens", **params, **options)
            return str(told.data["id"])

        try:
            return self._wire.write(send, idem=idem)
        except EndedBadly as error:
            raise ProviderOutcomeUnknown from error

    def register_domain(self, domain: str, *, idem: str) -> str:
        """Lets Stripe's own form offer Apple Pay on pages of this host. Apple's word on it."""
        domains = self._wire.client.v1.payment_method_domains
        made = self._wire.write(
            lambda key: domains.create({"domain_name": domain}, self._options(key)), idem=idem
        )
        told = self._wire.write(
            lambda key: domains.validate(made.id, {}, self._options(key)), idem=f"{idem}-validate"
        )
        return str(told.apple_pay.status)

    def _asked(self, spec: AttemptSpec) -> Any:
        """The same for the same attempt: it may be sent again after a crash."""
        params: Params = {
            "amount": to_stripe(spec.amount, spec.currency),
            "currency": spec.currency.lower(),
            "payment_method_types": ["card"],
            "capture_method": "manual" if spec.manual_capture else "automatic",
            "description": spec.reference,
            "metadata": {
                "attempt_id": str(spec.attempt),
                "payment_id": str(spec.payment),
                "restaurant_id": str(spec.restaurant),
            },
            "expand": EXPANDED,
        }
        suffix = _suffix(spec.reference)
        if suffix:
            params["statement_descriptor_suffix"] = suffix
        if self._account and spec.platform_fee:
            params["application_fee_amount"] = to_stripe(spec.platform_fee, spec.currency)
        if spec.method_ref:
            params |= {"confirm": True, **_method(spec.method_ref)}
            params |= {"return_url": spec.return_url} if spec.return_url else {}
        return params

    def _options(self, key: str = "") -> Any:
        options = {"idempotency_key": key} if key else {}
        return options | ({"stripe_account": self._account} if self._account else {})

    def _answered(self, ask: Callable[[], Any]) -> ProviderAttempt:
        """What the intent is now; a decline is no error of the request."""
        try:
            told = ask()
        except stripe.CardError as error:
            intent: Any = getattr(error.error, "payment_intent", None)
            if intent is None:
                raise
            return self._read(intent["id"])
        if is_replay(told):
            return self._read(told["id"])
        return self._attempt(told)

    def _read(self, provider_id: str) -> ProviderAttempt:
        params: Any = {"expand": EXPANDED}
        return self._attempt(self._intents.retrieve(provider_id, params, self._options()))

    def _attempt(self, told: Any) -> ProviderAttempt:
        intent = told.to_dict()
        found = attempt_of(intent, hosted_url=self._config.hosted_url)
        charge = intent["latest_charge"]
        if isinstance(charge, dict) and charge.get("disputed"):
            return self._disputed(found)
        return found

    def _disputed(self, found: ProviderAttempt) -> ProviderAttempt:
        params: Any = {"payment_intent": found.provider_id, "limit": 1}
        rows = self._wire.client.v1.disputes.list(params, self._options()).data
        if not rows or rows[0].status in INQUIRIES:
            return found
        newest = rows[0].to_dict()
        taken = newest.get("balance_transactions") or [{"fee": 0}]
        return replace(
            found,
            status=DISPUTES.get(newest["status"], AttemptStatus.DISPUTED),
            failure=newest["reason"],
            dispute=newest["id"],
            disputed=from_stripe(newest["amount"], found.currency),
            dispute_fee=from_stripe(taken[0]["fee"], found.currency),
        )

    def _searched(self, attempt: UUID) -> ProviderAttempt | None:
        params: Any = {"query": f"metadata['attempt_id']:'{attempt}'", "limit": 1}
        rows = self._intents.search(params, self._options()).data
        return self._read(rows[0].id) if rows else None

    def _listed(self, attempt: UUID) -> ProviderAttempt | None:
        """A UUIDv7 begins with when it was made, in milliseconds."""
        made_at = (attempt.int >> 80) // 1000
        within = int(MADE_WITHIN.total_seconds())
        params: Any = {"created": {"gte": made_at - within, "lte": made_at + within}, "limit": 100}
        for row in self._intents.list(params, self._options()).auto_paging_iter():
            if row.to_dict()["metadata"].get("attempt_id") == str(attempt):
                return self._read(row.id)
        return None

    def _refund_under(self, provider_id: str, idem: str) -> ProviderRefund | None:
        params: Any = {"payment_intent": provider_id, "limit": 100}
        listed = self._wire.read(lambda: self._refunds.list(params, self._options()))
        rows = [row.to_dict() for row in listed.data]
        return next((refund_of(row) for row in rows if row["metadata"].get("key") == idem), None)

    def _surely(self, send: Callable[[str], T], *, idem: str, look: Callable[[], T | None]) -> T:
        """After a stored 500: what was done is looked for, and only if nothing was is it done
        under another key, which is the same after every crash."""
        try:
            return self._wire.write(send, idem=idem)
        except EndedBadly:
            found = look()
        if found is not None:
            return found
        try:
            return self._wire.write(send, idem=str(uuid5(_AGAIN, idem)))
        except EndedBadly as error:
            raise ProviderOutcomeUnknown from error

    def _settling(
        self,
        send: Callable[[str], ProviderAttempt],
        provider_id: str,
        *,
        idem: str,
        done: tuple[AttemptStatus, ...],
    ) -> ProviderAttempt:
        """That it was done before, under whatever key, is success."""

        def look() -> ProviderAttempt | None:
            now = self.fetch(provider_id)
            return now if now.status in done else None

        try:
            return self._surely(send, idem=idem, look=look)
        except ProviderInvalidRequest as error:
            if error.extra.get("provider_code") != "payment_intent_unexpected_state":
                raise
            found = look()
            if found is None:
                raise
            return found


def _method(reference: str) -> Params:
    if reference.startswith("tok_"):
        return {"payment_method_data": {"type": "card", "card": {"token": reference}}}
    return {"payment_method": reference} if reference else {}


def _suffix(reference: str) -> str:
    """What banks print: no quotes, stars or brackets, and at least one letter."""
    kept = "".join(c for c in reference if c.isascii() and (c.isalnum() or c in " -."))
    kept = kept[:LONGEST_SUFFIX].strip()
    return kept if any(c.isalpha() for c in kept) else ""


_PAID = (
    AttemptStatus.SUCCEEDED,
    AttemptStatus.SETTLED,
    AttemptStatus.DISPUTED,
    AttemptStatus.DISPUTE_WON,
    AttemptStatus.DISPUTE_LOST,
)
