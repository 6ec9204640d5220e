"""Figures of one process, told to a Redis that knows none yet."""

from collections.abc import Iterator

import pytest
from django_redis import get_redis_connection

from perf.monitors.reporter import Reporter, reporter


@pytest.fixture
def figures() -> Iterator[Reporter]:
    """Call `report()` to have what was done since counted."""
    redis = get_redis_connection("default")

    def forget() -> None:
        reporter.forget()
        for key in redis.scan_iter("perf:*"):
            redis.delete(key)

    forget()
    yield reporter
    forget()
