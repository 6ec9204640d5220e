"""Webhooks: signed, sent at least once, tried again for as long as the receiver refuses."""

import asyncio
from dataclasses import dataclass
from urllib.parse import urlsplit

import httpx
from truelayer_signing import sign_with_pem

from payments.sandbox.bank.engine import Engine, instant
from payments.sandbox.bank.keys import current_key
from payments.sandbox.bank.store import Row, Store, clock

FIRST_RETRY_S = 0.5
LONGEST_RETRY_S = 60.0
MOST_TRIES = 30
IDLE_S = 5.0


@dataclass(frozen=True, slots=True)
class Signed:
    headers: dict[str, str]
    body: str


def signed(store: Store, body: str, *, path: str, jku: str) -> Signed:
    """`path` is the receiver's, as the world sees it."""
    key, stamp = current_key(store), instant(clock()) or ""
    signer = sign_with_pem(key["kid"], key["pem"]).set_jku(jku).set_path(path)
    signer = signer.add_header("X-TL-Webhook-Timestamp", stamp).set_body(body)
    headers = {
        "Content-Type": "application/json",
        "X-TL-Webhook-Timestamp": stamp,
        "Tl-Signature": signer.sign(),
    }
    return Signed(headers, body)


class Sender:
    """Runs beside the API, in its event loop."""

    def __init__(self, store: Store, engine: Engine, woken: asyncio.Event, jku: str) -> None:
        self.store, self.engine, self.woken, self.jku = store, engine, woken, jku
        self._sending: set[asyncio.Task[None]] = set()

    async def run(self) -> None:
        # What was being sent when the bank was stopped is sent again.
        self.store.run("UPDATE outbox SET state = 'queued' WHERE state = 'sending'")
        async with httpx.AsyncClient(timeout=10, trust_env=False) as client:
            while True:
                self.woken.clear()
                self.engine.due()
                self._send_due(client)
                await self._pause()

    async def _pause(self) -> None:
        times = [self.engine.next_due(), self._next_due()]
        waits = [at - clock() for at in times if at is not None]
        timeout = max(0.0, min([IDLE_S, *waits]))
        try:
            await asyncio.wait_for(self.woken.wait(), timeout)
        except TimeoutError:
            return

    def _next_due(self) -> float | None:
        if not self.store.setting("webhook_url", ""):
            return None
        found = self.store.row("SELECT min(due_at) AS at FROM outbox WHERE state = 'queued'")
        return found["at"] if found else None

    def _send_due(self, client: httpx.AsyncClient) -> None:
        url = self.store.setting("webhook_url", "")
        if not url:
            return
        due = "SELECT * FROM outbox WHERE state = 'queued' AND due_at <= ? ORDER BY id"
        for row in self.store.rows(due, clock()):
            self.store.update("outbox", row["id"], state="sending")
            task = asyncio.create_task(self._send(client, url, row))
            self._sending.add(task)
            task.add_done_callback(self._sending.discard)

    async def _send(self, client: httpx.AsyncClient, url: str, row: Row) -> None:
        message = signed(self.store, row["body"], path=urlsplit(url).path, jku=self.jku)
        try:
            response = await client.post(url, content=message.body, headers=message.headers)
            accepted = response.is_success
        except httpx.HTTPError:
            accepted = False
        if accepted:
            self.store.update("outbox", row["id"], state="delivered", tries=row["tries"] + 1)
            return
        self._try_again(row)

    def _try_again(self, row: Row) -> None:
        tries = row["tries"] + 1
        wait = min(FIRST_RETRY_S * 2 ** row["tries"], LONGEST_RETRY_S)
        state = "queued" if tries < MOST_TRIES else "given up"
        self.store.update("outbox", row["id"], state=state, tries=tries, due_at=clock() + wait)
        self.woken.set()
