"""A running stand-in, for whoever stages its behaviour: tests and measurements."""

from dataclasses import dataclass
from typing import Any

import httpx

from payments.sandbox.stripe.credentials import Credentials


@dataclass(frozen=True, slots=True)
class RunningStripe:
    url: str
    credentials: Credentials

    def stage(self, name: str, **options: Any) -> None:
        """See `scenarios`: `operation`, `times`, `seconds`."""
        self._control("scenario", name=name, **options)

    def clear(self) -> None:
        """Nothing is staged and nothing is on its way any more."""
        self._control("clear")

    def send_webhooks_to(self, url: str) -> None:
        """Empty: nowhere; they wait in the outbox."""
        self._control("webhooks", url=url)

    def act(self, act: str, name: str) -> dict[str, Any]:
        """What banks and time do to an object; see `guests.ACTS`. Its id and status."""
        done: dict[str, Any] = self._control(f"{act}/{name}").json()
        return done

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        """As the platform itself does, without the SDK: `data` is form-encoded."""
        headers = {"Authorization": f"Bearer {self.credentials.secret_key}"}
        headers |= options.pop("headers", {})
        return self._sent(method, f"{self.url}{path}", headers=headers, **options)

    def visit(self, method: str, url: str, **options: Any) -> httpx.Response:
        """As a guest's browser does; redirects are not followed."""
        return self._sent(method, url, **options)

    def _control(self, path: str, **form: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.credentials.control_token}"}
        url = f"{self.url}/_sandbox/{path}"
        return self._sent("POST", url, headers=headers, data=form).raise_for_status()

    def _sent(self, method: str, url: str, **options: Any) -> httpx.Response:
        return httpx.request(method, url, trust_env=False, timeout=30, **options)
