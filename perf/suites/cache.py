"""The cache: what it saves, how fast, and that no process is told what is no longer true."""

from functools import partial
from random import Random

from django.db import connections

from fynlo.cache import local
from fynlo.cache.forgetting import forget
from fynlo.cache.local import LEVELS, Entry, Store
from fynlo.cache.namespaces import Namespace, Policy
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, Workers, Workload, drive, sequential
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.suites.cache_processes import ACROSS_PROCESSES
from perf.suites.cached_values import KEYS, OWNERS, VALUES, change, read, table, warmed, zipf
from perf.suites.shards import SHARDED

WRITES = 0.01


def mixed(lab: Context) -> Operation:
    """One in a hundred changes a row; the others read, the popular rows most."""
    dice = Random(lab.random.random())  # noqa: S311 a run that can be had again

    def operation() -> None:
        key = zipf(dice.random())
        if dice.random() < WRITES:
            change(key)
        else:
            read(key)
        connections.close_all()

    return operation


def under(lab: Context, *, clients: int) -> Outcome:
    lab.once(warmed)
    each = (2_000 if lab.quick else 20_000) // clients
    return by_level(lab, Workers(clients, iterations=each, blocks=1, warm_up=0), mixed)


def by_level(lab: Context, load: Workers, workload: Workload) -> Outcome:
    """The load, and the share of its reads that each level answered."""
    timings = local.copies.of(VALUES).timings
    before = {level: timings[level].summary()["count"] for level in LEVELS}
    outcome = load.drive(lab, workload)
    reads = {level: timings[level].summary()["count"] - before[level] for level in LEVELS}
    total = sum(reads.values()) or 1
    shares = {f"{level}_share": count / total for level, count in reads.items()}
    outcome.figures |= {**shares, "hit_share": 1 - shares["loaded_share"]}
    return outcome


def reads_own_copy(lab: Context) -> Operation:
    lab.once(table)
    return partial(read, 0)


def reads_from_redis(lab: Context) -> Operation:
    lab.once(table)

    def operation() -> None:
        local.copies.of(VALUES).drop(OWNERS[:1])
        read(0)

    return operation


def forgets(lab: Context) -> Operation:
    lab.once(table)
    return lambda: forget(VALUES, OWNERS[lab.random.randrange(KEYS)])


def policies(lab: Context) -> Outcome:
    """The same reads by stores of each policy, with room for a tenth of the keys."""
    outcome, entry = Outcome(), Entry(b"", b"x" * 100, 0, 0)
    keys = [zipf(lab.random.random()) for _ in range(50_000)]
    for policy in Policy:
        store = Store(Namespace(f"laboratory-{policy}", policy=policy, room=KEYS // 10 * 300))
        hits = 0
        for key in keys:
            if store.get((OWNERS[key], "row")):
                hits += 1
            else:
                store.keep((OWNERS[key], "row"), entry, times_forgotten=0)
        outcome.figures[f"{policy}_share"] = hits / len(keys)
    outcome.figures["lru_beside_fifo"] = (
        outcome.figures["lru_share"] / outcome.figures["fifo_share"]
    )
    return outcome


SPARED = at_least("hit_share", 0.96, "PostgreSQL is for what changes, not for what is asked again.")
SCENARIOS = [
    Scenario(
        "own-copy",
        "a copy of this process",
        drive(reads_own_copy, sequential(iterations=20_000)),
        (at_most("p95_ms", 0.01, "A permission is looked up on every request."), ALL_SUCCEED),
    ),
    Scenario(
        "redis",
        "a value that only Redis has",
        partial(by_level, load=sequential(iterations=2_000), workload=reads_from_redis),
        (
            at_most("p95_ms", 0.5, "Cheaper than asking PostgreSQL."),
            at_least("shared_share", 0.99, "It is there to be found."),
            ALL_SUCCEED,
        ),
    ),
    *(
        Scenario(
            f"zipf-{clients}",
            f"10,000 keys, some asked for often, one in a hundred written, {clients} clients",
            partial(under, clients=clients),
            (SPARED, ALL_SUCCEED),
            blocks=3,
            quick_blocks=1,
        )
        for clients in (10, 100)
    ),
    Scenario(
        "forgetting",
        "keys are forgotten, one after the other",
        drive(forgets, sequential(iterations=2_000)),
        (at_least("throughput", 500, "A menu of 500 dishes is imported at once."), ALL_SUCCEED),
    ),
    Scenario(
        "policies",
        "what is dropped when there is room for a tenth",
        policies,
        (
            at_least("lru_share", 0.5, "A tenth of the keys is most of the reads."),
            at_least("lru_beside_fifo", 1, "What is read again should stay."),
        ),
        unit="share",
        blocks=1,
    ),
    *ACROSS_PROCESSES,
    *SHARDED,
]
