"""The WebSocket under load: a thousand sockets, broadcasts, many groups, storms, slow tills."""

import re
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial

import psutil

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import Criterion, Scenario, at_least, at_most
from perf.suites.pressing import pressed
from syncing.management.socket_load import scenarios, server
from syncing.management.socket_load.clients import SECOND
from syncing.management.socket_load.figures import Figure, latencies, losses
from syncing.management.socket_load.fleet import clients
from syncing.management.socket_load.scenarios import Stage

SOCKETS, QUICK_SOCKETS = 1_000, 200
SECONDS, QUICK_SECONDS = 10.0, 2.0
# What waits for a slow one, and fits into the buffers on the way, is written in less.
SLOW_S = 5.0


@contextmanager
def staged(lab: Context) -> Iterator[Stage]:
    """The stack's own WebSocket server, and a process of clients."""
    running = server.found(lab.target.websocket)
    sockets = lab.options.users or (QUICK_SOCKETS if lab.quick else SOCKETS)
    seconds = lab.options.duration_s or (QUICK_SECONDS if lab.quick else SECONDS)
    with clients(1) as crowd:
        yield Stage(running, crowd, sockets=sockets, seconds=seconds)


def told(found: list[Figure]) -> dict[str, float]:
    """Figures as scenarios name them: `sockets live` in % is `sockets_live_percent`."""
    units = {"%": "_percent", "/s": "_per_s", "": ""}
    return {
        re.sub(r"\W+", "_", figure.name) + units.get(figure.unit, f"_{figure.unit.lower()}"): (
            figure.value
        )
        for figure in found
    }


def shown(lab: Context, *, scenario: scenarios.Scenario) -> Outcome:
    """What `socket_load` measures, with its figures."""
    with staged(lab) as stage:
        return Outcome(figures=told(scenario(stage)))


def slow(lab: Context) -> Outcome:
    with staged(lab) as stage:
        longer = replace(stage, seconds=max(stage.seconds, SLOW_S))
        return Outcome(figures=told(scenarios.slow_consumers(longer)))


def delivered(lab: Context, *, groups: int, per_second: float, is_pressed: bool = False) -> Outcome:
    """Events at this rate to all sockets of a restaurant; each delivery is an operation, from
    commit to socket. `groups` are the sockets of one restaurant, 0 for all.

    `ws_cpu` is the server's share of one core, `ram_share` the machine's memory that is in use.
    """
    others: list[int] = []
    with staged(lab) as stage, ExitStack() as beside:
        if is_pressed:
            others = beside.enter_context(pressed(lab))
        places = stage.sockets // groups if groups else 1
        with stage.connected(places, stage.sockets // places) as (opened, _):
            before = stage.server.cpu_s()
            log = stage.told(opened, per_second=per_second)
            busy = stage.server.cpu_s() - before
            ram = psutil.virtual_memory().percent / 100
            heard = stage.clients.heard()
    outcome = Outcome(figures=told(losses(log, heard)))
    for microseconds in latencies(log, heard):
        outcome.record(microseconds / 1e6)
    first = min(due_at for due_at, _ in log.moments.values())
    last = max((one.at[-1] for one in heard if one.at), default=first + 1)
    outcome.seconds = (last - first) / SECOND
    outcome.figures |= {"ws_cpu": busy / outcome.seconds, "ram_share": ram}
    outcome.figures["asked_beside"] = sum(others)
    return outcome


def _scenario(
    name: str,
    title: str,
    measure: Callable[[Context], Outcome],
    *criteria: Criterion,
    extra: bool = False,
) -> Scenario:
    return Scenario(name, title, measure, criteria, blocks=1, limit_s=200, extra=extra)


EQUAL = "A till that misses an event shows what is no longer true."
WHOLE = (
    at_most("lost", 0, EQUAL),
    at_most("sockets_whose_sequence_differs_from_the_log", 0, EQUAL),
)
ROOM = (
    at_most("ws_cpu", 0.7, "There is room for the unusual evening."),
    at_most("ram_share", 0.8, "There is room for the unusual evening."),
)
ALL_LIVE = "Every till is told from the moment it is on."
SCENARIOS = [
    _scenario(
        "ramp",
        "a thousand sockets (quick: 200), 250 a second",
        partial(shown, scenario=scenarios.connect),
        at_least("sockets_live_percent", 99.9, ALL_LIVE),
    ),
    _scenario(
        "idle",
        "what a socket costs that is told nothing",
        partial(shown, scenario=scenarios.idle),
        at_most("memory_of_an_idle_socket_kb", 60, "Five thousand tills are on at night, too."),
        extra=True,
    ),
    _scenario(
        "broadcast",
        "an event to all sockets of one restaurant, twice a second",
        partial(delivered, groups=0, per_second=2),
        at_most("p95_ms", 50, "The kitchen sees an order while the server still walks."),
        *WHOLE,
    ),
    _scenario(
        "groups",
        "restaurants of ten sockets, 500 events a second in all",
        partial(delivered, groups=10, per_second=500),
        at_most("p95_ms", 10, "Nobody waits for other restaurants."),
        *WHOLE,
        *ROOM,
        extra=True,
    ),
    _scenario(
        "fan-out",
        "21 events a second to all sockets of one restaurant",
        partial(delivered, groups=0, per_second=21),
        at_least("throughput", 20_000, "The largest house at its busiest."),
        *WHOLE,
        *ROOM,
    ),
    _scenario(
        "pressed",
        "500 events a second while PostgreSQL and the cache are asked all the time",
        partial(delivered, groups=10, per_second=500, is_pressed=True),
        at_most("p95_ms", 50, "Tills are told while the owner looks at reports."),
        at_least("asked_beside", 100, "There was something beside it."),
        *WHOLE,
        *ROOM,
    ),
    _scenario(
        "reconnect",
        "all are cut at once, miss a hundred events, and come back at once",
        partial(shown, scenario=scenarios.reconnect),
        at_least("sockets_live_again_percent", 99.9, ALL_LIVE),
        at_most("connecting_to_live_the_slowest_s", 5, "The router was restarted; guests wait."),
        *WHOLE,
    ),
    _scenario(
        "slow",
        "ten of fifty stop reading",
        slow,
        at_least("closed_with_4408", 10, "What is kept for them would fill the memory."),
        at_most("commit_to_the_other_sockets_p95_ms", 50, "A till that hangs holds up no other."),
        *WHOLE,
    ),
]
