"""What every payment provider can be asked, and what it may answer.

An adapter speaks one provider's protocol over HTTP and nothing else: it reads no database, opens
no transaction and keeps no state but cached credentials. Amounts are minor units.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Protocol
from uuid import UUID

from payments.choices import AttemptStatus, CancelOutcome, RefundStatus


@dataclass(frozen=True, slots=True)
class Capabilities:
    manual_capture: bool = False
    partial_refund: bool = True
    cancel: bool = True
    qr: bool = False
    strong_authentication: bool = False


@dataclass(frozen=True, slots=True)
class RestaurantAccount:
    """What a restaurant has of its own at the providers; what is empty is the deployment's."""

    truelayer_merchant_account: str = ""
    stripe_account: str = ""
    stripe_publishable_key: str = ""
    stripe_secret_key: str = field(default="", repr=False)
    stripe_webhook_secret: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class AttemptSpec:
    """What is asked of a provider. `reference` is what the guest's statement shows.

    `account` is the restaurant's account at the provider; `method_ref` a card the guest has given
    already (`pm_…`, `tok_…`); `return_url` where the guest's browser comes back.
    """

    attempt: UUID
    payment: UUID
    restaurant: UUID
    amount: int
    currency: str
    reference: str
    account: str = ""
    platform_fee: int = 0
    return_url: str = ""
    method_ref: str = ""
    manual_capture: bool = False


@dataclass(frozen=True, slots=True)
class ProviderAttempt:
    """The provider's own word on an attempt, in our states.

    `provider_status` is its word, unchanged. `failure` is its reason, empty unless it failed.
    `fee` is what it took, None while it has not said. `client_secret` is never stored or logged.
    `dispute` is the provider's id of the newest dispute, `disputed` its amount, `dispute_fee` what
    the provider charges for it.
    """

    provider_id: str
    status: AttemptStatus
    provider_status: str
    amount: int
    currency: str
    captured: int = 0
    refunded: int = 0
    fee: int | None = None
    failure: str = ""
    redirect_url: str = ""
    client_secret: str = ""
    expires_at: datetime | None = None
    opened: bool = False
    dispute: str = ""
    disputed: int = 0
    dispute_fee: int = 0


@dataclass(frozen=True, slots=True)
class ProviderRefund:
    provider_id: str
    status: RefundStatus
    amount: int
    failure: str = ""


@dataclass(frozen=True, slots=True)
class ProviderEvent:
    """A verified webhook: which object it is about. Its contents are never believed: the worker
    asks the provider."""

    event_id: str
    kind: str
    provider_id: str
    occurred_at: datetime | None = None
    refund_id: str = ""


@dataclass(frozen=True, slots=True)
class SettlementLine:
    """One movement in the provider's books: `fee` and `net` in minor units."""

    provider_id: str
    kind: str
    amount: int
    fee: int
    net: int
    currency: str
    settled_at: datetime


class PaymentProvider(Protocol):
    """Every call may raise any error of `payments.errors` that derives from ProviderError.

    `idem` is the idempotency key: the same key is sent again after a crash.
    """

    code: str
    capabilities: Capabilities

    def create(self, spec: AttemptSpec, *, idem: str) -> ProviderAttempt: ...

    def fetch(self, provider_id: str) -> ProviderAttempt: ...

    def find(self, attempt: UUID) -> ProviderAttempt | None:
        """The object made for our attempt, when a create's answer was lost."""

    def confirm(
        self, provider_id: str, *, method_ref: str = "", return_url: str = "", idem: str
    ) -> ProviderAttempt: ...

    def capture(
        self, provider_id: str, amount: int | None, *, platform_fee: int | None = None, idem: str
    ) -> ProviderAttempt:
        """All that is held, under the fee that was asked for, when both are None."""

    def cancel(self, provider_id: str, *, idem: str) -> CancelOutcome: ...

    def refund(
        self, provider_id: str, amount: int, *, reference: str, idem: str
    ) -> ProviderRefund: ...

    def fetch_refund(self, provider_id: str, refund_id: str) -> ProviderRefund: ...

    def parse_webhook(
        self, raw: bytes, headers: Mapping[str, str], *, path: str, now: datetime
    ) -> ProviderEvent:
        """Raises SignatureInvalid."""

    def settlements(self, day: date) -> Iterable[SettlementLine]: ...
