"""A till's side of the API: it signs in, repeats what got no answer, and never sends a thing twice.

Every write has its own Idempotency-Key, so repeating it after a lost answer is safe.
"""

import time
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID, uuid4

import httpx
import uuid_utils.compat

PATIENCE_SECONDS = 60.0
WORTH_REPEATING = frozenset({429, 503})


class TillProblem(Exception):
    """The server refused; `code` is the problem's, `told` all of it."""

    def __init__(self, response: httpx.Response) -> None:
        problem = response.json() if "json" in response.headers.get("content-type", "") else {}
        self.told: dict[str, Any] = problem
        self.code = str(problem.get("code", response.status_code))
        super().__init__(f"{response.request.method} {response.url.path}: {problem or self.code}")


@dataclass
class Till:
    """One signed-in iPad. `latencies` are milliseconds of answered requests; `repeats` counts
    requests that had to be sent again."""

    base: str
    name: str
    latencies: list[float] = field(default_factory=list)
    repeats: int = 0

    def __post_init__(self) -> None:
        self.http = httpx.Client(base_url=f"{self.base.rstrip('/')}/api/v1/", timeout=10)
        self.access = ""

    def sign_in(self, *, email: str, password: str, restaurant: str) -> None:
        body = {"email": email, "password": password, "restaurant": restaurant}
        self.use(self.post("auth/login/", body)["access"])

    def sign_in_by_pin(self, *, device_token: str, employee_code: str, pin: str) -> None:
        self.http.headers["Authorization"] = f"Device {device_token}"
        body = {"employee_code": employee_code, "pin": pin}
        self.use(self.post("auth/pin/", body)["access"])

    def use(self, access: str) -> None:
        self.access = access
        self.http.headers["Authorization"] = f"Bearer {access}"

    def get(self, path: str, **headers: str) -> Any:
        return self._send("GET", path, None, headers).json()

    def status_of(self, path: str, **headers: str) -> tuple[int, str]:
        """Status and ETag of a read."""
        response = self._send("GET", path, None, headers)
        return response.status_code, response.headers.get("ETag", "")

    def post(self, path: str, body: dict[str, Any] | None = None) -> Any:
        """Raises TillProblem when the server refuses."""
        return self._send("POST", path, body or {}, {"Idempotency-Key": uuid4().hex}).json()

    def _send(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response:
        give_up_at = time.monotonic() + PATIENCE_SECONDS
        while True:
            response = self._try(method, path, body, headers)
            if response is not None and response.status_code < 400:
                return response
            if not _worth_repeating(response) or time.monotonic() > give_up_at:
                raise TillProblem(response) if response is not None else TimeoutError(path)
            self.repeats += 1
            time.sleep(0.2)

    def _try(
        self, method: str, path: str, body: dict[str, Any] | None, headers: dict[str, str]
    ) -> httpx.Response | None:
        started = time.monotonic()
        try:
            response = self.http.request(method, path, json=body, headers=headers)
        except httpx.TransportError:
            return None
        self.latencies.append((time.monotonic() - started) * 1000)
        return response


def _worth_repeating(response: httpx.Response | None) -> bool:
    if response is None or response.status_code in WORTH_REPEATING:
        return True
    return "idempotency_in_progress" in response.text


def new_id() -> UUID:
    return uuid_utils.compat.uuid7()
