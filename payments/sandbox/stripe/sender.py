"""Webhooks: the outbox, signed by Stripe's own signer and delivered at least once."""

import json
import threading
import time
from dataclasses import dataclass, field

import httpx
from stripe import WebhookSignature

from payments.sandbox.stripe.store import Store

RETRIES_S = (0.2, 0.5, 1, 2, 5, 10, 30, 60, 300, 3600)
SKEW_S = {"future": 9999, "stale": -9999}


@dataclass
class Sender(threading.Thread):
    """Delivers to one address in the order of the outbox. Anything but 2xx is tried again."""

    store: Store
    url: str = ""
    secret: str = ""
    nudged: threading.Event = field(default_factory=threading.Event)

    def __post_init__(self) -> None:
        super().__init__(daemon=True)

    def __hash__(self) -> int:
        return id(self)

    def run(self) -> None:
        with httpx.Client(timeout=10) as client:
            while True:
                self.nudged.wait(timeout=0.2)
                self.nudged.clear()
                self._deliver_due(client)

    def _deliver_due(self, client: httpx.Client) -> None:
        if not self.url:
            return
        due = self.store.rows(
            "SELECT seq, body, tries, how FROM outbox WHERE due <= ? ORDER BY due, seq LIMIT 100",
            time.time(),
        )
        for seq, body, tries, how in due:
            if self._deliver(client, body, how):
                self.store.rows("DELETE FROM outbox WHERE seq = ?", seq)
            else:
                wait = RETRIES_S[min(tries, len(RETRIES_S) - 1)]
                self.store.rows(
                    "UPDATE outbox SET tries = tries + 1, due = ?, how = '' WHERE seq = ?",
                    time.time() + wait,
                    seq,
                )

    def _deliver(self, client: httpx.Client, body: str, how: str) -> bool:
        text = json.dumps(json.loads(body), indent=2)
        at = int(time.time()) + SKEW_S.get(how, 0)
        secret = "whsec_of_somebody_else" if how == "forged" else self.secret
        header = WebhookSignature.generate_signature_header(text, secret, timestamp=at)
        sent = {"Stripe-Signature": header, "Content-Type": "application/json; charset=utf-8"}
        try:
            return client.post(self.url, content=text, headers=sent).is_success
        except httpx.HTTPError:
            return False
