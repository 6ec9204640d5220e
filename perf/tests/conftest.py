from collections.abc import Iterator

import pytest
from django_redis import get_redis_connection

from fynlo.testing.live import Stack, running_stack
from perf.laboratory.stack import AS_BEHIND_A_PROXY
from perf.monitors.reporter import Reporter, reporter


@pytest.fixture
def figures() -> Iterator[Reporter]:
    """Figures of one process, told to a Redis that knows none yet.

    Call `report()` to have what was done since counted.
    """
    redis = get_redis_connection("default")

    def forget() -> None:
        reporter.forget()
        for key in redis.scan_iter("perf:*"):
            redis.delete(key)

    forget()
    yield reporter
    forget()


@pytest.fixture(scope="session")
def stack() -> Iterator[Stack]:
    """A live one. Put right again by whoever breaks it."""
    with running_stack(**AS_BEHIND_A_PROXY) as started:
        yield started
