"""How far it grows: more workers, more partitions, more shards, more orders."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from perf.laboratory.context import Context
from perf.laboratory.driving import Workers
from perf.laboratory.recording import Outcome, summary
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_most
from perf.suites.many_orders import filled, newest
from perf.suites.more_workers import MORE_WORKERS
from perf.suites.shards import MORE_SHARDS

PARTITIONS = (0, 2, 4, 8)
ORDERS, QUICK_ORDERS = (10_000, 100_000, 1_000_000), (1_000, 10_000, 100_000)
Sizes = Iterable[tuple[int, AbstractContextManager[None]]]


def partitions(lab: Context) -> Outcome:
    """The same orders in one table, then divided."""
    rows = 5_000 if lab.quick else 100_000
    return _pages(lab, ((count, filled(lab, rows=rows, partitions=count)) for count in PARTITIONS))


def orders(lab: Context) -> Outcome:
    sizes = QUICK_ORDERS if lab.quick else ORDERS
    return _pages(lab, ((rows, filled(lab, rows=rows)) for rows in sizes))


def _pages(lab: Context, sizes: Sizes) -> Outcome:
    """A page of the newest orders at each size. `growth` is the last median beside the first."""
    outcome, medians = Outcome(), list[float]()
    load = Workers(iterations=200 if lab.quick else 2_000, warm_up=50, blocks=1)
    for size, tables in sizes:
        with tables:
            found = load.drive(lab, newest)
        outcome.add(found)
        outcome.seconds += found.seconds
        if found.errors:
            return outcome
        medians.append(summary(found.histogram, found.errors, found.seconds)["p50_ms"])
        outcome.figures[f"p50_at_{size}_ms"] = medians[-1]
    outcome.figures["growth"] = medians[-1] / medians[0]
    return outcome


SCENARIOS = [
    *MORE_WORKERS,
    Scenario(
        "partitions",
        "a page of orders out of one table, and out of 2, 4 and 8 partitions",
        partitions,
        (at_most("growth", 3, "Who divides a table must not pay on every page."), ALL_SUCCEED),
        blocks=1,
        limit_s=300,
    ),
    *MORE_SHARDS,
    Scenario(
        "orders",
        "a page of orders out of 10,000, 100,000 and 1,000,000 (quick: a tenth)",
        orders,
        (at_most("growth", 3, "The millionth order is opened as fast as the first."), ALL_SUCCEED),
        blocks=1,
        limit_s=300,
    ),
]
