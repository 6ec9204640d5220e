"""One POST to somebody else's server, who may be slow, broken or hostile.

httpcore, and not httpx above it: no redirects, no proxies of the environment, no cookies, nothing
unpacked. All that it takes, from looking the name up to the last byte, ends by one deadline.
"""

import logging
import re
import socket
import ssl
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from http import HTTPStatus
from time import monotonic
from types import TracebackType
from typing import Any, Self

import httpcore
import httpx

from syncing.errors import AddressRefused
from syncing.providers.addresses import Reach

logger = logging.getLogger(__name__)
CONNECT_S = 3.0
TOTAL_S = 10.0
KEPT_BYTES = 1024
_PIECE = 16 * 1024
_TROUBLE = (httpcore.NetworkError, httpcore.TimeoutException, httpcore.ProtocolError, OSError)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is None when none came; `error` then says why. `body` is its beginning.
    `retry_after`: what a 429 or 503 said in that header, as it came."""

    status: int | None
    body: str
    error: str
    latency_ms: int
    retry_after: str = ""

    @property
    def is_taken(self) -> bool:
        return self.status is not None and 200 <= self.status < 300

    @property
    def is_gone(self) -> bool:
        return self.status == HTTPStatus.GONE


class Poster:
    """Keeps its connections until it is closed. Not for two threads at once."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._network = _Judged(reach)

    @cached_property
    def _pool(self) -> httpcore.ConnectionPool:
        """Made when there is something to be sent: certificates take milliseconds to read."""
        return httpcore.ConnectionPool(
            ssl_context=httpx.create_ssl_context(), network_backend=self._network
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None = None,
        error: BaseException | None = None,
        trace: TracebackType | None = None,
    ) -> None:
        if "_pool" in self.__dict__:
            self._pool.close()

    def post(self, url: str, *, headers: Mapping[str, str], body: bytes) -> Answer:
        """Never raises for what the other side, or the way there, does wrong."""
        began = monotonic()
        self._network.deadline = began + TOTAL_S
        status, text, rest, error = None, "", "", ""
        try:
            self._reach.check(url)
            status, text, rest = self._send(url, headers, body)
        except AddressRefused as refused:
            error = refused.detail
        except _TROUBLE as trouble:
            error = _said(trouble)
        return Answer(status, text, error, int((monotonic() - began) * 1000), rest)

    def _send(self, url: str, headers: Mapping[str, str], body: bytes) -> tuple[int, str, str]:
        limits = {"connect": CONNECT_S, "read": TOTAL_S, "write": TOTAL_S, "pool": CONNECT_S}
        with self._pool.stream(
            "POST", url, headers=[*headers.items()], content=body, extensions={"timeout": limits}
        ) as response:
            return response.status, _beginning(response), _retry_after(response)


def _beginning(response: httpcore.Response) -> str:
    """A status that came counts, whatever becomes of its body."""
    kept = b""
    try:
        for piece in response.iter_stream():
            kept += piece
            if len(kept) >= KEPT_BYTES:
                break
    except _TROUBLE as trouble:
        logger.info("an integrator's answer broke off after its status: %s", _said(trouble))
    return kept[:KEPT_BYTES].decode(errors="replace").replace("\0", "")


def _retry_after(response: httpcore.Response) -> str:
    if response.status not in (HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE):
        return ""
    said = (value for name, value in response.headers if name.lower() == b"retry-after")
    return next(said, b"").decode("latin-1")


def _said(trouble: Exception) -> str:
    if isinstance(trouble, httpcore.TimeoutException):
        return f"No answer within {TOTAL_S:.0f} s ({CONNECT_S:.0f} s to connect)."
    if isinstance(trouble, socket.gaierror):
        return "The name of the host leads nowhere."
    words = re.sub(r"\s+", " ", str(trouble)).replace("\0", "")
    return (words or type(trouble).__name__)[:200]


class _Judged(httpcore.NetworkBackend):
    """Connects to addresses that were looked up and judged here; TLS and `Host` keep the name."""

    def __init__(self, reach: Reach) -> None:
        self._reach = reach
        self._inner = httpcore.SyncBackend()
        self.deadline = 0.0

    def left(self, most: float | None) -> float:
        """Seconds. Raises httpcore.ReadTimeout after the deadline."""
        seconds = min(most or TOTAL_S, self.deadline - monotonic())
        if seconds <= 0:
            raise httpcore.ReadTimeout
        return seconds

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        *others, last = self._reach.look_up(host, port)
        for address in others:
            try:
                return self._connected(address, port, timeout)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connected(last, port, timeout)

    def _connected(self, address: str, port: int, timeout: float | None) -> "_Bounded":
        return _Bounded(self._inner.connect_tcp(address, port, self.left(timeout)), self)


class _Bounded(httpcore.NetworkStream):
    """A stream on which no step outlives the deadline, however slowly it trickles."""

    def __init__(self, inner: httpcore.NetworkStream, clock: _Judged) -> None:
        self._inner, self._clock = inner, clock

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._inner.read(max_bytes, self._clock.left(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for start in range(0, len(buffer), _PIECE):
            self._inner.write(buffer[start : start + _PIECE], self._clock.left(timeout))

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        inner = self._inner.start_tls(ssl_context, server_hostname, self._clock.left(timeout))
        return _Bounded(inner, self._clock)

    def get_extra_info(self, info: str) -> Any:
        return self._inner.get_extra_info(info)

    def close(self) -> None:
        self._inner.close()
