"""Events at a fixed rate, whatever becomes of them: nothing waits for a socket."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from time import monotonic_ns, sleep
from typing import Any

from django.db import connection, transaction

from fynlo.clock import utc_now
from fynlo.db import durable
from fynlo.documents import Document
from fynlo.events.envelopes import Written
from fynlo.events.log import append_all
from syncing.management.socket_load.clients import SECOND
from syncing.management.socket_load.house import USUAL, Place

Tell = Callable[[Written], Any]


@dataclass
class Log:
    """What was written: `(place, seq)` to when it was due and when it was committed (ns)."""

    moments: dict[tuple[int, int], tuple[int, int]] = field(default_factory=dict)

    def add(self, later: "Log") -> None:
        self.moments |= later.moments

    def seqs(self) -> dict[int, list[int]]:
        """Numbers by restaurant, in order."""
        found: dict[int, list[int]] = {}
        for place, seq in sorted(self.moments):
            found.setdefault(place, []).append(seq)
        return found


def write(
    places: Sequence[Place],
    *,
    per_second: float,
    seconds: float,
    threads: int = 4,
    also_tell: Tell | None = None,
    document: Document = USUAL,
) -> Log:
    """Restaurants in turn. Those of one thread are written by no other, so that each thread meets
    no lock of another. `also_tell` is called after each commit."""
    total = int(per_second * seconds)
    begun_at = monotonic_ns() + SECOND // 10
    log = Log()

    def work(thread: int) -> None:
        for number in range(total):
            place = number % len(places)
            if place % threads == thread:
                due_at = begun_at + int(number * SECOND / per_second)
                _wait_until(due_at)
                seq, committed_at = _write(places[place], document, also_tell)
                log.moments[place, seq] = (due_at, committed_at)
        connection.close()

    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(work, thread) for thread in range(threads)]:
            done.result()
    return log


def _wait_until(due_at: int) -> None:
    if (wait := due_at - monotonic_ns()) > 0:
        sleep(wait / SECOND)


def _write(place: Place, document: Document, also_tell: Tell | None) -> tuple[int, int]:
    """One transaction of one event: its number and when it was committed."""
    committed_at: list[int] = []
    told: list[Written] = []
    with durable():
        transaction.on_commit(lambda: committed_at.append(monotonic_ns()))
        if also_tell:
            transaction.on_commit(lambda: also_tell(told[0]))
        told += append_all(
            kind="tax_rate.updated",
            document=document,
            entity_ids=[place.tax_rate],
            by=place.actor,
            now=utc_now(),
        )
    return told[0].seq, committed_at[0]
