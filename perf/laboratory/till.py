"""A thin HTTP client, one connection kept open: what it costs itself is not the server's."""

import http.client
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from uuid import uuid4

import orjson

TIMEOUT_S = 30.0
_STATEMENTS = re.compile(r'desc="(\d+) statements"')


class Refused(Exception):
    """An answer that was not asked for. `kind` is its status and the code of its problem."""

    def __init__(self, status: int, body: bytes) -> None:
        self.status = status
        self.body = body
        self.kind = f"{status} {_code(body)}".strip()
        super().__init__(f"{self.kind}: {body[:500].decode(errors='replace')}")


def _code(body: bytes) -> str:
    try:
        return str(orjson.loads(body)["code"])
    except (orjson.JSONDecodeError, KeyError, TypeError):
        return ""


@dataclass(frozen=True)
class Answer:
    """`statements` is how many the server says it sent to PostgreSQL; None when it does not say."""

    status: int
    body: bytes
    headers: dict[str, str]

    @property
    def statements(self) -> int | None:
        found = _STATEMENTS.search(self.headers.get("server-timing", ""))
        return int(found[1]) if found else None

    def json(self) -> Any:
        return orjson.loads(self.body)


class Till:
    """Speaks to the API (paths under `/api/v1/`, or whole ones that begin with a slash).

    `token` is asked for an access token for each request, empty for none. `address` is the
    loopback address that it speaks from, and what a proxy would say of it, unless `seen_at` says
    another.
    """

    def __init__(
        self,
        base: str,
        *,
        token: Callable[[], str] = str,
        address: str = "127.0.0.1",
        seen_at: Callable[[], str] | None = None,
    ) -> None:
        parts = urlsplit(base)
        kind = http.client.HTTPSConnection if parts.scheme == "https" else None
        make = kind or http.client.HTTPConnection
        source = (address, 0) if parts.hostname == "127.0.0.1" else None
        self._connection = make(
            parts.hostname or "", parts.port, timeout=TIMEOUT_S, source_address=source
        )
        self._token = token
        self._seen_at = seen_at or (lambda: address)

    def get(self, path: str, **headers: str) -> Answer:
        return self.send("GET", path, None, headers)

    def post(self, path: str, body: Any = None, **headers: str) -> Answer:
        """With an Idempotency-Key of its own unless `idempotency_key` is given."""
        headers.setdefault("idempotency_key", uuid4().hex)
        return self.send("POST", path, {} if body is None else body, headers)

    def patch(self, path: str, body: Any = None, **headers: str) -> Answer:
        return self.send("PATCH", path, {} if body is None else body, headers)

    def delete(self, path: str, **headers: str) -> Answer:
        return self.send("DELETE", path, None, headers)

    def send(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Raises Refused for a status of 400 and above; OSError, HTTPException when cut off."""
        answer = self.ask(method, path, body, headers)
        if answer.status >= 400:
            raise Refused(answer.status, answer.body)
        return answer

    def ask(self, method: str, path: str, body: Any, headers: dict[str, str]) -> Answer:
        """Whatever the status. Header names may be written with underscores."""
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        if token := self._token():
            sent.setdefault("Authorization", f"Bearer {token}")
        sent.setdefault("X-Real-IP", self._seen_at())
        data = None if body is None else orjson.dumps(body)
        if data is not None:
            sent.setdefault("Content-Type", "application/json")
        address = path if path.startswith("/") else f"/api/v1/{path}"
        try:
            self._connection.request(method, address, body=data, headers=sent)
            response = self._connection.getresponse()
            content = response.read()
        except (OSError, http.client.HTTPException):
            self._connection.close()
            raise
        found = {name.lower(): value for name, value in response.getheaders()}
        return Answer(response.status, content, found)

    def close(self) -> None:
        self._connection.close()
