"""A running bank, for whoever stages its behaviour: tests and measurements."""

from dataclasses import dataclass
from typing import Any

import httpx

from payments.sandbox.bank.credentials import Credentials


@dataclass(frozen=True, slots=True)
class Webhook:
    """As it would arrive now. `state`: queued, sending, delivered, dropped or given up."""

    type: str
    state: str
    tries: int
    headers: dict[str, str]
    body: str


@dataclass(frozen=True, slots=True)
class RunningBank:
    url: str
    credentials: Credentials

    def stage(self, name: str, **options: Any) -> None:
        """See `control.STAGED`: `operation`, `times`, `value`."""
        self._control("POST", "scenario", json={"name": name, **options})

    def set(self, **settings: Any) -> None:
        """`webhook_url`, `expiry_s`, `execute_after_s`, `settle_after_s`."""
        self._control("POST", "settings", json=settings)

    def payments(self, *, attempt: str = "") -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._control(
            "GET", "payments", params={"attempt": attempt}
        ).json()
        return found

    def webhooks(self, payment: str, *, path: str) -> list[Webhook]:
        """All that were ever put in its outbox for this payment, signed for `path`."""
        params = {"payment": payment, "path": path}
        rows = self._control("GET", "webhooks", params=params).json()
        names = Webhook.__dataclass_fields__
        return [Webhook(**{name: row[name] for name in names}) for row in rows]

    def open(self, page: str) -> httpx.Response:
        """What a guest's phone does with the address of a hosted page."""
        return self._asked("GET", page)

    def approve(self, page: str) -> httpx.Response:
        """All steps from the hosted page to the redirect that ends them."""
        return self._press(page, "approve")

    def decline(self, page: str) -> httpx.Response:
        return self._press(page, "decline")

    def _press(self, page: str, button: str) -> httpx.Response:
        self.open(page)
        path, _, query = page.partition("?")
        self._asked("POST", f"{path}/bank?{query}", data={"bank": "Kestrel"})
        self._asked("POST", f"{path}/login?{query}")
        return self._asked("POST", f"{path}/{button}?{query}")

    def _asked(self, method: str, url: str, **options: Any) -> httpx.Response:
        return httpx.request(method, url, trust_env=False, **options)

    def _control(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.credentials.control_token}"}
        response = self._asked(method, f"{self.url}/_sandbox/{path}", headers=headers, **options)
        return response.raise_for_status()
