"""What is measured. Each scenario returns its figures, and leaves no socket behind."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from syncing.management.socket_load.clients import SECOND, Heard
from syncing.management.socket_load.figures import Figure, latencies, losses, percentiles
from syncing.management.socket_load.fleet import Clients
from syncing.management.socket_load.house import LONG, Place, open_places
from syncing.management.socket_load.server import Server
from syncing.management.socket_load.writer import Log, Tell, write

KB = 1000
TOO_SLOW = 4408


@dataclass(frozen=True)
class Stage:
    """A server under load, the clients that load it, and for how long (seconds) at a time.
    `also_tell`: how the server hears of events, when not as ours does."""

    server: Server
    clients: Clients
    sockets: int = 1000
    seconds: float = 10.0
    also_tell: Tell | None = None

    @contextmanager
    def connected(
        self, places: int, sockets: int, *, slow: int = 0
    ) -> Iterator[tuple[list[Place], list[Heard]]]:
        """Restaurants, with so many sockets each, all live; and how each of them connected."""
        with open_places(places, sockets=sockets) as opened:
            try:
                self.clients.connect(self.server.address, opened, slow=slow)
                yield opened, self.clients.heard()
            finally:
                self.clients.leave()

    def told(
        self, places: Sequence[Place], *, per_second: float, seconds: float | None = None
    ) -> Log:
        """Writes events, and waits until all have been received or no more come."""
        log = write(
            places,
            per_second=per_second,
            seconds=seconds or self.seconds,
            also_tell=self.also_tell,
        )
        self.clients.settle(sum(len(places[place].tokens) for place, _ in log.moments))
        return log


Scenario = Callable[[Stage], list[Figure]]


def connect(stage: Stage) -> list[Figure]:
    """A thousand sockets, 250 a second."""
    with stage.connected(1, stage.sockets) as (_, heard):
        live = [one for one in heard if one.live_at]
        return [
            Figure("sockets live", 100 * len(live) / len(heard), "%", at_least=99.9),
            *percentiles("due to live", [(one.live_at - one.due_at) / 1000 for one in live]),
        ]


def idle(stage: Stage) -> list[Figure]:
    """What a socket that is told nothing costs the server. The first hundred, for which it
    imports what it needs, are not counted."""
    with open_places(2, sockets=stage.sockets) as (few, many):
        warm = Place(few.restaurant_id, few.actor, few.tax_rate, few.tokens[:100])
        try:
            stage.clients.connect(stage.server.address, [warm])
            before = stage.server.memory_at_rest()
            stage.clients.connect(stage.server.address, [many])
            grown = stage.server.memory_at_rest() - before
        finally:
            stage.clients.leave()
    return [Figure("memory of an idle socket", grown / stage.sockets / KB, "KB", at_most=60)]


def broadcast(stage: Stage) -> list[Figure]:
    """One event at a time to a thousand sockets of one restaurant, twice a second."""
    return _deliver(stage, places=1, per_second=2, p95_at_most=50)


def restaurants(stage: Stage) -> list[Figure]:
    """Restaurants of ten sockets each, 500 events a second in all."""
    return _deliver(stage, places=stage.sockets // 10, per_second=500, p95_at_most=10)


def fan_out(stage: Stage) -> list[Figure]:
    """21 events a second to a thousand sockets: 20,000 deliveries a second and some more."""
    return _deliver(stage, places=1, per_second=21, deliveries_at_least=20 * stage.sockets)


def _deliver(
    stage: Stage,
    *,
    places: int,
    per_second: float,
    p95_at_most: float | None = None,
    deliveries_at_least: float | None = None,
) -> list[Figure]:
    with stage.connected(places, stage.sockets // places) as (opened, _):
        busy, began_at = stage.server.cpu_s(), time.monotonic()
        log = stage.told(opened, per_second=per_second)
        busy, took_s = stage.server.cpu_s() - busy, time.monotonic() - began_at
        heard = stage.clients.heard()
    return [
        *percentiles("commit to socket", latencies(log, heard), p95_at_most=p95_at_most),
        *percentiles("due to socket", latencies(log, heard, since="due"))[1:2],
        Figure("deliveries a second", _rate(log, heard), "/s", at_least=deliveries_at_least),
        *losses(log, heard),
        Figure("server's processor", 100 * busy / took_s, "%"),
    ]


def _rate(log: Log, heard: Sequence[Heard]) -> float:
    """From when the first event was due to when the last one was received."""
    first = min(due_at for due_at, _ in log.moments.values())
    last = max((one.at[-1] for one in heard if one.at), default=first + 1)
    return sum(len(one.seqs) for one in heard) / ((last - first) / SECOND)


def reconnect(stage: Stage) -> list[Figure]:
    """All sockets are cut at once, 100 events happen, and all come back at once."""
    with stage.connected(1, stage.sockets) as (places, _):
        log = stage.told(places, per_second=20, seconds=1)
        stage.clients.cut()
        log.add(write(places, per_second=50, seconds=2))
        stage.clients.resume()
        log.add(write(places, per_second=20, seconds=1))
        stage.clients.settle(len(log.moments) * stage.sockets)
        heard = stage.clients.heard()
    live = [one for one in heard if one.live_at]
    slowest = max((one.live_at - one.due_at for one in live), default=0) / SECOND
    return [
        Figure("sockets live again", 100 * len(live) / len(heard), "%", at_least=99.9),
        Figure("connecting to live, the slowest", slowest, "s", at_most=5),
        *losses(log, heard),
    ]


def slow_consumers(stage: Stage) -> list[Figure]:
    """Ten of fifty sockets stop reading: they are closed with 4408, the others notice nothing,
    and when the ten come back they have lost nothing."""
    slow, quick = 10, 40
    with stage.connected(1, slow + quick, slow=slow) as (places, _):
        stage.clients.read(is_reading=False)
        log = write(places, per_second=200, seconds=stage.seconds, document=LONG)
        stage.clients.read(is_reading=True)
        stage.clients.wait_until_closed(slow)
        at_first = stage.clients.heard()
        stage.clients.resume()
        stage.clients.settle(sum(len(log.moments) - len(one.seqs) for one in at_first))
        later = stage.clients.heard()
    closed = [one.code == TOO_SLOW for one in at_first]
    for one, more in zip(at_first, later, strict=True):
        one.seqs.extend(more.seqs)
        one.at.extend(more.at)
    brisk = [one for one, was_closed in zip(at_first, closed, strict=True) if not was_closed]
    return [
        Figure("closed with 4408", sum(closed), "", at_least=slow, at_most=slow),
        *percentiles("commit to the other sockets", latencies(log, brisk)),
        *losses(log, at_first),
    ]


SCENARIOS: dict[str, Scenario] = {
    "connect": connect,
    "idle": idle,
    "broadcast": broadcast,
    "restaurants": restaurants,
    "fan-out": fan_out,
    "reconnect": reconnect,
    "slow": slow_consumers,
}
# What a stock consumer can do at all: it has no log to resume from.
COMPARED = ("broadcast", "restaurants", "fan-out")
