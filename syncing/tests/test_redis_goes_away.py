import subprocess
import tempfile
from collections.abc import Iterator
from typing import Any

import pytest
from pytest_django import Settings
from redis import Redis, RedisError

from fynlo.events.nudge import CHANNEL
from fynlo.local.ports import free_port, wait_until
from fynlo.local.redis import redis_program
from fynlo.testing.cast import Member
from fynlo.testing.sockets import PATIENCE_S, Listener
from syncing.tests.happenings import floor_opens, session_ends

pytestmark = pytest.mark.django_db(transaction=True)


class RedisServer:
    """A Redis of this test alone, which can be killed and started again on its port."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self.start()

    def start(self) -> None:
        options = ["--port", str(self.port), "--save", "", "--bind", "127.0.0.1"]
        self._process = subprocess.Popen(
            [redis_program(), *options], cwd=tempfile.gettempdir(), stdout=subprocess.DEVNULL
        )
        assert wait_until(self.answers, seconds=PATIENCE_S)

    def answers(self) -> bool:
        try:
            return bool(Redis.from_url(self.url).ping())
        except RedisError:
            return False

    def has_subscriber(self) -> bool:
        found: Any = Redis.from_url(self.url).pubsub_numsub(CHANNEL)
        return bool(found[0][1])

    def kill(self) -> None:
        self._process.kill()
        self._process.wait()


@pytest.fixture
def redis(settings: Settings) -> Iterator[RedisServer]:
    server = RedisServer()
    caches = {**settings.CACHES["default"], "LOCATION": server.url}
    settings.CACHES = {"default": caches}
    settings.REDIS_URL = server.url
    yield server
    server.kill()


@pytest.fixture
def realtime(redis: RedisServer) -> dict[str, Any]:
    """Only Redis, or its absence, tells the hub of events: by itself it looks at the log once
    a minute."""
    return {"poll_s": 60, "poll_alone_s": 0.2}


def test_nothing_is_lost_while_redis_is_away(
    address: str, redis: RedisServer, owner: Member
) -> None:
    with Listener.of(owner, address) as listener:
        listener.live()
        assert wait_until(redis.has_subscriber, seconds=PATIENCE_S)
        floor_opens(owner)
        assert listener.receive()["seq"] == 1
        redis.kill()
        for _ in range(3):
            floor_opens(owner)
        assert [event["seq"] for event in listener.events(3)] == [2, 3, 4]
        redis.start()
        assert wait_until(redis.has_subscriber, seconds=PATIENCE_S)
        for _ in range(2):
            floor_opens(owner)
        assert [event["seq"] for event in listener.events(2)] == [5, 6]


def test_a_session_ends_on_open_sockets_while_redis_is_away(
    address: str, redis: RedisServer, owner: Member
) -> None:
    with Listener.of(owner, address) as listener:
        listener.live()
        redis.kill()
        session_ends(owner)
        assert listener.close_code() == 4403


def test_clients_connect_and_resume_while_redis_is_away(
    address: str, redis: RedisServer, owner: Member
) -> None:
    redis.kill()
    floor_opens(owner)
    with Listener.of(owner, address, since=0) as listener:
        assert listener.until("live")[1]["seq"] == 1
        floor_opens(owner)
        assert listener.receive()["seq"] == 2
