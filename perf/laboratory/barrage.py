"""As many requests as a server can take, from forked processes that do little else.

What they cost is taken from the cores that serve: a client that is slow makes all that it
compares look alike. This one sends ready-made bytes and looks at a status and a length.
"""

import selectors
import socket
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import cycle, islice
from multiprocessing import get_context

FORK = get_context("fork")
PROCESSES, CONNECTIONS = 2, 16
GRACE_S = 60.0
_HEAD = 1 << 14
_UNREAD = bytearray(1 << 20)


def http_request(method: str, path: str, headers: dict[str, str], body: bytes = b"") -> bytes:
    """Ready to be sent."""
    lines = [f"{method} {path} HTTP/1.1", "Host: 127.0.0.1"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join([*lines, "", ""]).encode() + body


@dataclass
class Answers:
    """By status, in so many seconds."""

    seconds: float = 0.0
    statuses: Counter[int] = field(default_factory=Counter)

    @property
    def per_second(self) -> float:
        return sum(self.statuses.values()) / self.seconds


class _Connection:
    """Asks again as soon as it is answered."""

    def __init__(self, port: int, requests: Iterator[bytes]) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=GRACE_S)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self._requests = requests
        self.ask()

    def ask(self) -> None:
        self._status = self._missing = 0
        self._head = b""
        self.socket.sendall(next(self._requests))

    def read(self) -> int:
        """The status, once all of the answer is here; 0 before. Raises ConnectionError."""
        if self._status:
            # Linux throws away what is asked for like this, without copying it (tcp(7)).
            size = self.socket.recv_into(_UNREAD, 0, socket.MSG_TRUNC)
            self._missing -= size
        else:
            data = self.socket.recv(_HEAD)
            size = len(data)
            self._begin(self._head + data)
        if not size:
            raise ConnectionError("the server has hung up")
        return self._status if self._status and self._missing <= 0 else 0

    def _begin(self, data: bytes) -> None:
        head, end, body = data.partition(b"\r\n\r\n")
        if not end:
            self._head = data
            return
        self._status = int(head[9:12])
        _, found, rest = head.lower().partition(b"\r\ncontent-length:")
        length = int(rest.partition(b"\r\n")[0]) if found and self._status != 304 else 0
        self._missing = length - len(body)


def barrage(port: int, requests: Sequence[bytes], *, seconds: float) -> Answers:
    """The requests over and over, for so long. Raises ConnectionError, TimeoutError."""
    found = FORK.SimpleQueue()
    workers = [
        FORK.Process(
            target=_work,
            args=(port, islice(cycle(requests), number, None, PROCESSES), seconds, found),
        )
        for number in range(PROCESSES)
    ]
    for worker in workers:
        worker.start()
    parts = [found.get() for _ in workers]
    for worker in workers:
        worker.join(GRACE_S)
    if broken := [part for part in parts if isinstance(part, str)]:
        raise ConnectionError(broken[0])
    return Answers(seconds, sum(parts, Counter()))


def _work(port: int, requests: Iterator[bytes], seconds: float, found: object) -> None:
    try:
        said: object = _ask_for(port, requests, seconds)
    except (OSError, ValueError) as error:
        said = repr(error)
    found.put(said)  # type: ignore[attr-defined]


def _ask_for(port: int, requests: Iterator[bytes], seconds: float) -> Counter[int]:
    statuses: Counter[int] = Counter()
    with selectors.DefaultSelector() as selector:
        for _ in range(CONNECTIONS // PROCESSES):
            connection = _Connection(port, requests)
            selector.register(connection.socket, selectors.EVENT_READ, connection)
        ends_at = time.monotonic() + seconds
        while time.monotonic() < ends_at:
            for key, _ in selector.select(timeout=1):
                if status := key.data.read():
                    statuses[status] += 1
                    key.data.ask()
    return statuses
