"""The clients, in processes of their own."""

import resource
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import Any

from fynlo.local.ports import wait_until
from syncing.management.socket_load.clients import Heard, Ticket, obey
from syncing.management.socket_load.house import Place

PATIENCE_S = 30.0


class Clients:
    """Sockets spread over processes. What is waited for is waited for `PATIENCE_S` at most."""

    def __init__(self, pipes: Sequence[Connection]) -> None:
        self._pipes = pipes

    def _everywhere(self, name: str, *arguments: Any) -> list[Any]:
        for pipe in self._pipes:
            pipe.send((name, arguments))
        return self._answers()

    def _answers(self) -> list[Any]:
        return [pipe.recv() for pipe in self._pipes]

    def connect(
        self, address: str, places: Sequence[Place], *, per_second: float = 250, slow: int = 0
    ) -> None:
        """A socket for every token; the first `slow` of each restaurant may be told to stop
        reading."""
        tickets = [
            Ticket(number, address, token, is_slow=place_of < slow)
            for number, place in enumerate(places)
            for place_of, token in enumerate(place.tokens)
        ]
        count = len(self._pipes)
        for first, pipe in enumerate(self._pipes):
            pipe.send(("connect", (tickets[first::count], per_second / count, PATIENCE_S)))
        self._answers()

    def resume(self) -> None:
        self._everywhere("resume", PATIENCE_S)

    def settle(self, count: int) -> None:
        """Returns when so many events have come since `heard` was last asked."""
        wait_until(lambda: sum(self._everywhere("received")) >= count, seconds=PATIENCE_S)

    def wait_until_closed(self, count: int) -> None:
        wait_until(lambda: sum(self._everywhere("closed")) >= count, seconds=PATIENCE_S)

    def heard(self) -> list[Heard]:
        return [heard for share in self._everywhere("heard") for heard in share]

    def cut(self) -> None:
        self._everywhere("cut")

    def read(self, *, is_reading: bool) -> None:
        self._everywhere("read", is_reading)

    def leave(self) -> None:
        self._everywhere("leave")


@contextmanager
def clients(processes: int) -> Iterator[Clients]:
    """In as many processes. These, and what is started meanwhile, may open as many files as the
    machine allows."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    context = get_context("spawn")
    pairs = [context.Pipe() for _ in range(processes)]
    running = [context.Process(target=obey, args=(theirs,), daemon=True) for _, theirs in pairs]
    for process, (_, theirs) in zip(running, pairs, strict=True):
        process.start()
        theirs.close()
    try:
        yield Clients([ours for ours, _ in pairs])
    finally:
        for ours, _ in pairs:
            ours.close()
        for process in running:
            process.join(5)
            process.kill()
