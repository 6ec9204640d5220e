"""One account's objects while a request is served, and the events that it causes."""

import json
import time
from dataclasses import dataclass

from payments.sandbox.stripe.refusals import Json
from payments.sandbox.stripe.scenarios import Scenarios
from payments.sandbox.stripe.store import Store


@dataclass(frozen=True, slots=True)
class Books:
    """`account`: whose objects these are. `is_connected`: it was named by Stripe-Account.
    `origin`: where the stand-in's own pages are."""

    store: Store
    scenarios: Scenarios
    account: str
    origin: str
    is_connected: bool = False

    def emit(self, kind: str, changed: Json) -> None:
        """An event, kept and put in the outbox within the same transaction."""
        event = self.store.make(
            self.account,
            "event",
            type=kind,
            api_version="2026-10-28.endive",
            data={"object": changed},
            pending_webhooks=1,
            request={"id": None, "idempotency_key": None},
        )
        if self.is_connected:
            event = self.store.keep({**event, "account": self.account})
        how = self.scenarios.of_webhook(kind)
        if how == "drop":
            return
        for _ in range(3 if how == "duplicate" else 1):
            self.store.rows(
                "INSERT INTO outbox (body, due, how) VALUES (?, ?, ?)",
                json.dumps(event),
                time.time() + (1.5 if how == "reorder" else 0),
                how,
            )
