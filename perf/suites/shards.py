"""One cache over several Redis servers: a part of `cache` and of `scalability`."""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import partial
from random import Random
from typing import Any, cast

from django_redis.cache import RedisCache
from redis import Redis, RedisError

from fynlo.local.ports import LOOPBACK, free_port, wait_until
from fynlo.local.redis import redis_program
from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, Workers
from perf.laboratory.recording import Outcome, summary
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least
from perf.suites.cached_values import KEYS, zipf

SHARDS = (1, 2, 3, 4)
WRITES = 0.01
VALUE = b"x" * 1200
FAIR = 0.5


def shards(lab: Context, *, clients: int) -> Outcome:
    """The same Zipf load on 1 to 4 servers, keys divided by django-redis' hash ring.

    `least_share` is what the emptiest of four has of the keys that a fair quarter would be.
    """
    outcome = Outcome()
    for count in SHARDS:
        with _servers(count) as urls:
            cache = RedisCache(urls, {"OPTIONS": _OPTIONS}).client
            for key in range(KEYS):
                cache.set(str(key), VALUE)
            each = (2_000 if lab.quick else 40_000) // clients
            load = Workers(clients, iterations=each, blocks=1, warm_up=1)
            found = load.drive(lab, partial(_mixed, cache=cache))
            sizes = [_size(url) for url in urls]
            cache.close()
        outcome.add(found)
        outcome.seconds += found.seconds
        if found.errors:
            return outcome
        figures = summary(found.histogram, found.errors, found.seconds)
        outcome.figures[f"operations_per_s_by_{count}"] = figures["throughput"]
        outcome.figures[f"p95_by_{count}_ms"] = figures["p95_ms"]
        outcome.figures["least_share"] = min(sizes) * count / KEYS
        lab.report(count, SHARDS[-1])
    return outcome


_OPTIONS = {
    "CLIENT_CLASS": "django_redis.client.ShardClient",
    "SOCKET_CONNECT_TIMEOUT": 2,
    "SOCKET_TIMEOUT": 2,
}


def _mixed(lab: Context, *, cache: Any) -> Operation:
    """One in a hundred writes; the others read, the popular keys most."""
    dice = Random(lab.random.random())  # noqa: S311 a run that can be had again

    def operation() -> None:
        key = str(zipf(dice.random()))
        if dice.random() < WRITES:
            cache.set(key, VALUE)
        else:
            assert cache.get(key) == VALUE

    return operation


@contextmanager
def _servers(count: int) -> Iterator[list[str]]:
    with ExitStack() as opened:
        yield [opened.enter_context(_server()) for _ in range(count)]


@contextmanager
def _server() -> Iterator[str]:
    """The URL of a Redis that keeps nothing."""
    port = free_port()
    url = f"redis://{LOOPBACK}:{port}/0"
    words = ["--bind", LOOPBACK, "--port", str(port), "--save", "", "--appendonly", "no"]
    with tempfile.TemporaryDirectory(prefix="fynlo-shard-") as folder:
        running = subprocess.Popen(  # noqa: S603 no outside input
            [redis_program(), *words],
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )
        try:
            if not wait_until(partial(_answers, url), seconds=20):
                raise TimeoutError("Redis did not start")
            yield url
        finally:
            running.terminate()
            running.wait(10)


def _answers(url: str) -> bool:
    try:
        return bool(Redis.from_url(url).ping())
    except RedisError:
        return False


def _size(url: str) -> int:
    return cast("int", Redis.from_url(url).dbsize())


def _scenario(clients: int) -> Scenario:
    return Scenario(
        f"shards-{clients}",
        f"{clients} clients of a cache on 1 to 4 Redis servers",
        partial(shards, clients=clients),
        (
            at_least("least_share", FAIR, "A shard that carries nothing is paid for in vain."),
            ALL_SUCCEED,
        ),
        unit="operations/s",
        blocks=1,
    )


SHARDED = [_scenario(clients) for clients in (10, 100)]
# A quick run of all suites measures them in `cache`.
MORE_SHARDS = [replace(SHARDED[0], extra=True)]
