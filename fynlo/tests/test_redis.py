"""How those who can do without Redis ask it."""

from collections.abc import Iterator
from typing import Any
from unittest.mock import patch

import pytest
from redis.exceptions import ConnectionError as Unreachable
from redis.exceptions import ResponseError

from fynlo import redis
from fynlo.redis import NotAsked, Patience, asking


@pytest.fixture(autouse=True)
def patience(settings: Any) -> Iterator[None]:
    settings.REDIS_PAUSE_S = 1
    with patch.object(redis, "_patience", Patience()):
        yield


def at(seconds: float) -> Any:
    return patch.object(redis, "monotonic", lambda: seconds)


def fail(error: Exception) -> None:
    with pytest.raises(type(error)), asking():
        raise error


def is_asked() -> bool:
    try:
        with asking() as found:
            found.ping()
    except NotAsked:
        return False
    return True


def test_after_a_failure_nobody_waits_for_redis_within_the_pause() -> None:
    with at(100):
        fail(Unreachable())
    with at(100.9):
        assert not is_asked()
    with at(101):
        assert is_asked()
        assert is_asked()


def test_one_caller_alone_finds_out_whether_redis_is_back() -> None:
    with at(100):
        fail(Unreachable())
    with at(101), asking():
        assert not is_asked()
    with at(101):
        assert is_asked()


def test_a_redis_that_refuses_a_command_has_answered() -> None:
    fail(ResponseError())
    assert is_asked()
