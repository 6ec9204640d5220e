"""What happens to a payment and to a refund, and when. Every change says so in the outbox."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from uuid import uuid4

from payments.sandbox.bank.problems import invalid_state
from payments.sandbox.bank.store import Row, Store

EXPIRY_S = 900.0
EXECUTE_AFTER_S = 0.3
SETTLE_AFTER_S = 2.0
OPEN = ("authorization_required", "authorizing")
# The bank of a guest who approves although the payment was cancelled takes a moment.
LATE_S = 0.2


def instant(at: float | None) -> str | None:
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class Engine:
    """Times are Unix seconds. `wake` is called whenever something may be due earlier."""

    def __init__(self, store: Store, clock: Callable[[], float], wake: Callable[[], None]) -> None:
        self.store, self.clock, self.wake = store, clock, wake

    # Payments

    def expires_at(self, payment: Row) -> float:
        seconds: float = self.store.setting("expiry_s", EXPIRY_S)
        return float(payment["created_at"]) + seconds

    def payment(self, pk: str) -> Row | None:
        """As it is by now: one that nobody approved in time has failed."""
        found = self.store.row("SELECT * FROM payments WHERE id = ?", pk)
        if found and found["status"] in OPEN and self.clock() >= self.expires_at(found):
            self.fail(found, stage=found["status"], reason="expired")
            return self.store.row("SELECT * FROM payments WHERE id = ?", pk)
        return found

    def created(self, pk: str) -> None:
        self._later("expire", pk, seconds=self.store.setting("expiry_s", EXPIRY_S))

    def opened(self, payment: Row) -> None:
        if payment["status"] == "authorization_required":
            self.store.update("payments", payment["id"], status="authorizing")

    def approve(self, payment: Row) -> None:
        """Once: a second click changes nothing."""
        if payment["status"] in OPEN:
            self._authorize(payment)

    def decline(self, payment: Row) -> None:
        if payment["status"] in OPEN:
            self.fail(payment, stage="authorizing", reason="canceled")

    def cancel(self, payment: Row) -> None:
        """Raises Problem when the guest has approved it or it has ended."""
        if payment["status"] not in OPEN:
            raise invalid_state(f"A payment that is {payment['status']} cannot be cancelled.")
        late = self.store.scenario("approve_late_after_cancel")
        self.fail(payment, stage=payment["status"], reason="canceled")
        if late is not None:
            self._later("authorize", payment["id"], seconds=late or LATE_S)

    def fail(self, payment: Row, *, stage: str, reason: str) -> None:
        now = self.clock()
        self.store.update(
            "payments",
            payment["id"],
            status="failed",
            failed_at=now,
            failure_stage=stage,
            failure_reason=reason,
        )
        told = {"failed_at": instant(now), "failure_stage": stage, "failure_reason": reason}
        self._tell(payment, "payment_failed", **told)

    def _authorize(self, payment: Row) -> None:
        cleared = {"failed_at": None, "failure_stage": None, "failure_reason": None}
        self.store.update("payments", payment["id"], status="authorized", **cleared)
        self._tell(payment, "payment_authorized", authorized_at=instant(self.clock()))
        after = self.store.setting("execute_after_s", EXECUTE_AFTER_S)
        self._later("execute", payment["id"], seconds=after)

    def _execute(self, payment: Row) -> None:
        now = self.clock()
        self.store.update("payments", payment["id"], status="executed", executed_at=now)
        self._tell(payment, "payment_executed", executed_at=instant(now))
        step, after = self._after_execution()
        self._later(step, payment["id"], seconds=after)

    def _after_execution(self) -> tuple[str, float]:
        for scenario, step in (
            ("executed_then_failed", "reject"),
            ("settlement_stalled", "stall"),
        ):
            seconds = self.store.scenario(scenario)
            if seconds is not None:
                return step, seconds or LATE_S
        return "settle", self.store.setting("settle_after_s", SETTLE_AFTER_S)

    def _settle(self, payment: Row) -> None:
        now = self.clock()
        self.store.update("payments", payment["id"], status="settled", settled_at=now)
        self._tell(payment, "payment_settled", settled_at=instant(now))
        self._tell(payment, "payment_creditable", creditable_at=instant(now))

    def _stall(self, payment: Row) -> None:
        stalled_at = instant(self.clock())
        self._tell(payment, "payment_settlement_stalled", settlement_stalled_at=stalled_at)

    # Refunds

    def refund_made(self, pk: str) -> None:
        self._later("refund", pk, seconds=self.store.setting("execute_after_s", EXECUTE_AFTER_S))

    def _refund(self, refund: Row) -> None:
        if self.store.scenario("refund_fail") is not None:
            self._fail_refund(refund)
            return
        now = self.clock()
        self.store.update("refunds", refund["id"], status="executed", executed_at=now)
        self._tell_refund(refund, "refund_executed", executed_at=instant(now))
        late = self.store.scenario("refund_fail_later")
        if late is not None:
            self._later("fail_refund", refund["id"], seconds=late or LATE_S)

    def _fail_refund(self, refund: Row) -> None:
        now, reason = self.clock(), "insufficient_funds"
        self.store.update(
            "refunds", refund["id"], status="failed", failed_at=now, failure_reason=reason
        )
        told = {"failed_at": instant(now), "failure_reason": reason}
        self._tell_refund(refund, "refund_failed", **told)

    # Steps that wait for their time

    def due(self) -> None:
        """Does what is due by now."""
        for step in self.store.rows("SELECT * FROM steps WHERE due_at <= ?", self.clock()):
            with self.store.together():
                self.store.run("DELETE FROM steps WHERE id = ?", step["id"])
                self._step(step["name"], step["subject"])

    def next_due(self) -> float | None:
        found = self.store.row("SELECT min(due_at) AS at FROM steps")
        return found["at"] if found else None

    def _step(self, name: str, subject: str) -> None:
        refund_steps = {"refund": self._refund, "fail_refund": self._fail_refund}
        if name in refund_steps:
            refund = self.store.row("SELECT * FROM refunds WHERE id = ?", subject)
            assert refund
            refund_steps[name](refund)
            return
        # Reading it expires it.
        payment = self.payment(subject)
        assert payment
        steps: dict[str, Callable[[Row], None]] = {
            "authorize": self._authorize,
            "execute": self._execute,
            "settle": self._settle,
            "stall": self._stall,
            "reject": self._reject,
        }
        if name in steps:
            steps[name](payment)

    def _reject(self, payment: Row) -> None:
        self.fail(payment, stage="executed", reason="provider_rejected")

    def _later(self, name: str, subject: str, *, seconds: float) -> None:
        due_at = self.clock() + seconds
        self.store.insert("steps", name=name, subject=subject, due_at=due_at)
        self.wake()

    # The outbox

    def _tell_refund(self, refund: Row, kind: str, **more: str | None) -> None:
        payment = self.store.row("SELECT * FROM payments WHERE id = ?", refund["payment"])
        assert payment
        self._tell(payment, kind, refund_id=refund["id"], **more)

    def _tell(self, payment: Row, kind: str, **more: str | None) -> None:
        """Puts a webhook in the outbox, unless a scenario loses it."""
        request = json.loads(payment["request"])
        event = {
            "type": kind,
            "event_version": 1,
            "event_id": str(uuid4()),
            "payment_id": payment["id"],
            **more,
            "payment_method": {"type": "bank_transfer", "provider_id": payment["bank"]},
            "metadata": request.get("metadata", {}),
        }
        dropped = self.store.scenario("drop_webhook", kind) is not None
        copies = int(self.store.scenario("dup_webhook", kind) or 1)
        late = self.store.scenario("reorder", kind) or 0.0
        for _ in range(copies):
            self.store.insert(
                "outbox",
                event_id=event["event_id"],
                payment=payment["id"],
                type=kind,
                body=json.dumps(event),
                state="dropped" if dropped else "queued",
                due_at=self.clock() + late,
            )
        self.wake()
