"""A till that asks for money, and the guest's phone that pays it."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.db.models import F
from django.test import Client

from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from payments import tasks
from payments.choices import OPEN
from payments.models import PaymentAttempt, ProviderCall, Refund, WebhookEvent
from payments.sandbox.bank.remote import RunningBank
from pos.tests.conftest import said

A_LONG_TIME = timedelta(minutes=16)
BANK_HOOK = "/api/v1/payments/webhooks/open-banking/"


def send(member: Member, path: str, body: Any = None, *, key: str = "") -> dict[str, Any]:
    """A write to payments that has to be accepted: the payment."""
    response = member.post(f"payments/{path}", body or {}, idempotency_key=key or str(new_id()))
    assert response.status_code in (200, 201), response.content
    return said(response)


def asked(member: Member, order: dict[str, Any], **body: Any) -> dict[str, Any]:
    """A payment by QR code for the order."""
    return send(member, "open-banking/qr/", {"order": order["id"], **body})


def look(member: Member, payment: dict[str, Any]) -> dict[str, Any]:
    return said(member.get(f"payments/{payment['id']}/"))


def last(payment: dict[str, Any]) -> dict[str, Any]:
    """Its last attempt."""
    attempt: dict[str, Any] = payment["attempts"][-1]
    return attempt


def row(payment: dict[str, Any], number: int = 1) -> PaymentAttempt:
    return PaymentAttempt.objects.get(payment=payment["id"], number=number)


@dataclass(frozen=True)
class Guest:
    """Somebody with a phone and an account at the stand-in bank."""

    bank: RunningBank

    def approves(self, payment: dict[str, Any]) -> None:
        self.bank.approve(row(payment).redirect_url)

    def declines(self, payment: dict[str, Any]) -> None:
        self.bank.decline(row(payment).redirect_url)

    def opens(self, payment: dict[str, Any]) -> None:
        self.bank.open(row(payment).redirect_url)

    def bank_tells(self, payment: dict[str, Any], *, kind: str = "") -> list[int]:
        """The bank's messages about it arrive now, in their order: how each was answered."""
        hooks = self.bank.webhooks(row(payment).provider_id, path=BANK_HOOK)
        wanted = [hook for hook in hooks if kind in ("", hook.type)]
        return [deliver(hook.body, hook.headers) for hook in wanted]


def deliver(body: str | bytes, headers: dict[str, str], *, path: str = BANK_HOOK) -> int:
    """A webhook as it comes in over HTTP; the status of the answer."""
    client = Client(raise_request_exception=False)
    sent = {name: value for name, value in headers.items() if name.lower() != "content-type"}
    data = body.encode() if isinstance(body, str) else body
    return client.generic("POST", path, data, "application/json", headers=sent).status_code


def states() -> list[str]:
    """Of the webhooks that were stored, oldest first."""
    return list(WebhookEvent.objects.order_by("received_at").values_list("state", flat=True))


def grow_old(payment: dict[str, Any], *, by: timedelta = A_LONG_TIME) -> None:
    """Its open attempt was made so much earlier, and its calls with it."""
    attempt = PaymentAttempt.objects.get(payment=payment["id"], status__in=OPEN)
    earlier = {name: getattr(attempt, name) for name in ("created_at", "expires_at", "poll_at")}
    moved = {name: at - by for name, at in earlier.items() if at}
    PaymentAttempt.objects.filter(pk=attempt.pk).update(**moved)
    rows = ProviderCall.objects.filter(attempt=attempt, finished_at=None)
    rows.update(try_at=F("try_at") - by)


def sweep() -> None:
    tasks.sweep.delay()


def poll() -> None:
    """All that is watched is asked about now."""
    now = utc_now()
    PaymentAttempt.objects.filter(is_watched=True).update(poll_at=now)
    Refund.objects.filter(is_watched=True).update(poll_at=now)
    tasks.poll.delay()
