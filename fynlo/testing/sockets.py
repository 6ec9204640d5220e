"""The WebSocket as clients meet it: a real server on a free port, and a client for tests."""

import gc
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlencode

import orjson
import uvicorn
from django.db import connections
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from fynlo.testing.cast import Member

PATIENCE_S = 10.0


@contextmanager
def serving(application: Any = "fynlo.asgi:application") -> Iterator[str]:
    """Serves an ASGI application in a thread; yields the address of the events."""
    config = uvicorn.Config(
        application,
        port=0,
        lifespan="off",
        log_config=None,
        access_log=False,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=5,
    )
    started = threading.Event()
    server = _Server(config, started)
    thread = threading.Thread(target=server.run)
    thread.start()
    assert started.wait(PATIENCE_S), "the server has not started"
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        yield f"ws://127.0.0.1:{port}/ws/v1/events/"
    finally:
        server.should_exit = True
        thread.join()


class _Server(uvicorn.Server):
    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._has_started = started

    async def startup(self, *arguments: Any, **options: Any) -> None:
        await super().startup(*arguments, **options)
        self._has_started.set()


def close_connections(*pools: ThreadPoolExecutor) -> None:
    """Every thread of these pools gives its database connection back."""
    for pool in pools:
        size = pool._max_workers
        together = threading.Barrier(size)
        wait([pool.submit(_close, together) for _ in range(size)])
    gc.collect()


def _close(together: threading.Barrier) -> None:
    together.wait(PATIENCE_S)
    connections.close_all()


class Listener:
    """A client of `/ws/v1/events/`. Every wait ends after `PATIENCE_S` with TimeoutError.

    `token` goes into the header; `options` are those of `websockets.sync.client.connect`.
    """

    def __init__(
        self,
        address: str,
        token: str | None,
        *,
        query: dict[str, Any] | None = None,
        **options: Any,
    ) -> None:
        headers = dict(options.pop("additional_headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = f"{address}?{urlencode(query)}" if query else address
        self.connection: ClientConnection = connect(
            url,
            additional_headers=headers,
            compression=None,
            max_size=None,
            proxy=None,
            legacy=True,
            **options,
        )

    @classmethod
    def of(cls, member: Member, address: str, **query: Any) -> Self:
        """This member's socket; `query` is that of the address."""
        return cls(address, member.token, query=query)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.connection.close()

    def say(self, **message: Any) -> None:
        self.connection.send(orjson.dumps(message).decode())

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = orjson.loads(self.connection.recv(timeout=PATIENCE_S))
        return message

    def until(self, kind: str) -> list[dict[str, Any]]:
        """Everything up to and including the first message of this type."""
        found = [self.receive()]
        while found[-1]["type"] != kind:
            found.append(self.receive())
        return found

    def live(self) -> Self:
        """Returns once the client is live; what came before is dropped."""
        self.until("live")
        return self

    def events(self, count: int) -> list[dict[str, Any]]:
        """The next `count` events, whatever else comes between."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            message = self.receive()
            if message["type"] == "event":
                found.append(message)
        return found

    def close_code(self) -> int | None:
        """Reads to the end and returns the code that the server closed with."""
        try:
            while True:
                self.connection.recv(timeout=PATIENCE_S)
        except ConnectionClosed as closed:
            return closed.rcvd.code if closed.rcvd else None
