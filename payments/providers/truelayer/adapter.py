"""TrueLayer Payments v3: a guest pays from the bank account, by a page that TrueLayer hosts.

https://docs.truelayer.com/reference/create-payment
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from payments.choices import AttemptStatus, CancelOutcome, Provider, RefundStatus
from payments.errors import NotSupported, ProviderError, ProviderInvalidRequest
from payments.providers.base import (
    AttemptSpec,
    Capabilities,
    ProviderAttempt,
    ProviderEvent,
    ProviderRefund,
    SettlementLine,
)
from payments.providers.truelayer.transport import Transport
from payments.providers.truelayer.webhooks import Webhooks

logger = logging.getLogger(__name__)
STATUSES = {
    "authorization_required": AttemptStatus.AWAITING_CUSTOMER,
    "authorizing": AttemptStatus.AWAITING_CUSTOMER,
    "authorized": AttemptStatus.PROCESSING,
    "executed": AttemptStatus.SUCCEEDED,
    "settled": AttemptStatus.SETTLED,
}
# By failure_reason; what is not here has failed.
FAILURES = {
    "expired": AttemptStatus.EXPIRED,
    "canceled": AttemptStatus.DECLINED,
    "user_canceled_at_provider": AttemptStatus.DECLINED,
    "not_authorized": AttemptStatus.DECLINED,
    "authorization_failed": AttemptStatus.DECLINED,
    "provider_rejected": AttemptStatus.DECLINED,
    "insufficient_funds": AttemptStatus.DECLINED,
}
REFUNDS = {
    "pending": RefundStatus.PENDING,
    "authorized": RefundStatus.PENDING,
    "executed": RefundStatus.SUCCEEDED,
    "failed": RefundStatus.FAILED,
}
TOO_LATE = frozenset({"authorized", "executed", "settled"})
# A payment that nobody has approved by then fails (United Kingdom, Ireland).
EXPIRES_AFTER = timedelta(minutes=15)
COUNTRIES = {"GBP": ["GB"], "EUR": ["AT", "BE", "DE", "ES", "FI", "FR", "IE", "LT", "NL", "PT"]}
# What a bank statement shows at most.
LONGEST_REFERENCE = 18
WAITS_FOR_RESULT_S = 10


class TrueLayer:
    """`account` is the restaurant's merchant account."""

    code: str = Provider.TRUELAYER
    capabilities = Capabilities(qr=True, strong_authentication=True)

    def __init__(self, transport: Transport, webhooks: Webhooks, *, account: str = "") -> None:
        self.transport, self.webhooks, self.account = transport, webhooks, account

    def create(self, spec: AttemptSpec, *, idem: str) -> ProviderAttempt:
        """The answer has no `expires_at`: 15 minutes from when TrueLayer received it."""
        answer = self.transport.post("/v3/payments", self._asked(spec), idem=idem)
        return ProviderAttempt(
            provider_id=answer["id"],
            status=AttemptStatus.AWAITING_CUSTOMER,
            provider_status=answer["status"],
            amount=spec.amount,
            currency=spec.currency,
            redirect_url=answer["hosted_page"]["uri"],
        )

    def fetch(self, provider_id: str) -> ProviderAttempt:
        return _attempt(self._payment(provider_id))

    def find(self, attempt: UUID) -> ProviderAttempt | None:
        """Raises NotSupported: TrueLayer has no search. Send the create again with its own key,
        which makes it once."""
        raise NotSupported

    def confirm(
        self, provider_id: str, *, method_ref: str = "", return_url: str = "", idem: str
    ) -> ProviderAttempt:
        raise NotSupported

    def capture(
        self, provider_id: str, amount: int | None, *, platform_fee: int | None = None, idem: str
    ) -> ProviderAttempt:
        raise NotSupported

    def cancel(self, provider_id: str, *, idem: str) -> CancelOutcome:
        """What the payment says afterwards counts, not how the request ended. Raises nothing."""
        dead = CancelOutcome.CANCELED
        try:
            self.transport.post(f"/v3/payments/{provider_id}/actions/cancel", {}, idem=idem)
        except ProviderInvalidRequest:
            dead = CancelOutcome.ALREADY_FINAL
        except ProviderError as error:
            logger.warning("the answer to a cancellation is not known: %s", error.code)
        try:
            status = self._payment(provider_id)["status"]
        except ProviderError:
            return CancelOutcome.UNKNOWN
        if status == "failed":
            return dead
        return CancelOutcome.TOO_LATE if status in TOO_LATE else CancelOutcome.UNKNOWN

    def refund(self, provider_id: str, amount: int, *, reference: str, idem: str) -> ProviderRefund:
        """To the account that paid. Raises ProviderInvalidRequest with `extra["kind"]`
        "invalid-state" for a payment that is not settled yet."""
        body = {"reference": _reference(reference), "amount_in_minor": amount}
        path = f"/v3/payments/{provider_id}/refunds"
        answer = self.transport.post(path, body, idem=idem)
        return ProviderRefund(answer["id"], RefundStatus.PENDING, amount)

    def fetch_refund(self, provider_id: str, refund_id: str) -> ProviderRefund:
        told = self.transport.get(f"/v3/payments/{provider_id}/refunds/{refund_id}")
        return ProviderRefund(
            provider_id=told["id"],
            status=REFUNDS[told["status"]],
            amount=told["amount_in_minor"],
            failure=told.get("failure_reason", ""),
        )

    def parse_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, path: str, now: datetime
    ) -> ProviderEvent:
        return self.webhooks.event(raw, headers, path=path, now=now)

    def settlements(self, day: date) -> Iterator[SettlementLine]:
        """What the merchant account received and returned on that day (UTC).

        `fee` is 0: TrueLayer takes nothing out of a payment, it sends a bill each month.
        """
        begins = datetime.combine(day, time(), UTC)
        query = {"from": _instant(begins), "to": _instant(begins + timedelta(days=1))}
        path = f"/v3/merchant-accounts/{self.account}/transactions"
        while True:
            page = self.transport.get(path, query)
            yield from filter(None, map(_line, page["items"]))
            cursor = page.get("pagination", {}).get("next_cursor")
            if not cursor:
                return
            query = {**query, "cursor": cursor}

    def _asked(self, spec: AttemptSpec) -> dict[str, Any]:
        """The same for the same attempt, to the last byte: it may be sent again after a crash."""
        selection = {
            "type": "user_selected",
            "filter": {
                "countries": COUNTRIES.get(spec.currency, ["GB"]),
                "release_channel": "general_availability",
                "customer_segments": ["retail"],
            },
        }
        beneficiary = {
            "type": "merchant_account",
            "merchant_account_id": spec.account or self.account,
            "reference": _reference(spec.reference),
        }
        guest = {"name": "Guest", "email": self.transport.config.guest_email}
        page = {"return_uri": spec.return_url, "max_wait_for_result": WAITS_FOR_RESULT_S}
        return {
            "amount_in_minor": spec.amount,
            "currency": spec.currency,
            "payment_method": {
                "type": "bank_transfer",
                "provider_selection": selection,
                "beneficiary": beneficiary,
            },
            "user": guest,
            "hosted_page": page,
            "metadata": {"payment_id": str(spec.payment), "attempt_id": str(spec.attempt)},
        }

    def _payment(self, provider_id: str) -> dict[str, Any]:
        return self.transport.get(f"/v3/payments/{provider_id}")


def _attempt(told: dict[str, Any]) -> ProviderAttempt:
    status, reason = told["status"], told.get("failure_reason", "")
    failed = FAILURES.get(reason, AttemptStatus.FAILED)
    state = STATUSES.get(status, failed)
    is_paid = status in {"executed", "settled"}
    return ProviderAttempt(
        provider_id=told["id"],
        status=state,
        provider_status=status,
        amount=told["amount_in_minor"],
        currency=told["currency"],
        captured=told["amount_in_minor"] if is_paid else 0,
        failure=reason or (status if state is failed else ""),
        expires_at=datetime.fromisoformat(told["created_at"]) + EXPIRES_AFTER,
        opened=status != "authorization_required",
    )


def _line(told: dict[str, Any]) -> SettlementLine | None:
    """None for what is no guest's payment: a payout to the restaurant, say."""
    kinds = {"merchant_account_payment": "payment", "refund": "refund"}
    if told["type"] not in kinds:
        return None
    amount = told["amount_in_minor"] * (-1 if told["type"] == "refund" else 1)
    return SettlementLine(
        provider_id=told["payment_id"],
        kind=kinds[told["type"]],
        amount=amount,
        fee=0,
        net=amount,
        currency=told["currency"],
        settled_at=datetime.fromisoformat(told.get("settled_at") or told["executed_at"]),
    )


def _reference(text: str) -> str:
    """As banks carry it: letters, digits and a few signs, 18 characters."""
    kept = "".join(c for c in text if (c.isascii() and c.isalnum()) or c in " -:()./,+")
    return kept[:LONGEST_REFERENCE].strip() or "Fynlo"


def _instant(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
