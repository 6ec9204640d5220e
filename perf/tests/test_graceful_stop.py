"""A service that is asked to stop tells what it has seen before it is gone: nothing is lost.

By itself it would have told within two seconds.
"""

import os
import signal
from typing import Any

import httpx
import pytest
from celery import Celery

from fynlo.local.ports import wait_until
from fynlo.testing.live import Stack
from fynlo.testing.sockets import Listener
from perf.selectors.endpoints import endpoints
from perf.selectors.processes import hours

pytestmark = pytest.mark.xdist_group("laboratory")
TIMES = 20


@pytest.fixture
def watched(stack: Stack, settings: Any) -> Stack:
    """Figures are read from its Redis."""
    default = {**settings.CACHES["default"], "LOCATION": stack.variables["REDIS_URL"]}
    settings.CACHES = {**settings.CACHES, "default": default}
    return stack


def stop(stack: Stack, words: str) -> None:
    """SIGTERM; returns when the supervisor has started it again."""
    before = stack.service_pid(words)
    assert before is not None
    os.kill(before, signal.SIGTERM)
    assert wait_until(lambda: stack.service_pid(words) not in (None, before), seconds=30)


def counted(name: str, kind: str) -> int:
    return sum(row["count"] for row in endpoints(hours(), kind=kind) if row["name"] == name)


def test_granian(watched: Stack) -> None:
    known = counted("GET nowhere", "web")
    for _ in range(TIMES):
        assert httpx.get(f"{watched.ready['http']}/nowhere/").status_code == 404
    stop(watched, "granian")
    assert counted("GET nowhere", "web") == known + TIMES


def test_the_processes_of_a_worker(watched: Stack) -> None:
    known, redis = counted("api.sweep", "worker"), watched.redis
    with Celery(broker=watched.variables["REDIS_URL"]) as sender:
        for _ in range(TIMES):
            sender.send_task("api.sweep")
    assert wait_until(lambda: not redis.llen("celery") and not redis.hlen("unacked"), seconds=30)
    stop(watched, "celery --quiet --app fynlo worker")
    assert counted("api.sweep", "worker") == known + TIMES


def test_uvicorn(watched: Stack) -> None:
    """Statements of sockets belong to no request."""
    owner, known = watched.ready["logins"]["owner"], counted("websocket", "thread")
    login = {"email": owner["email"], "password": owner["password"]}
    signed_in = httpx.post(f"{watched.ready['http']}/api/v1/auth/login/", json=login).json()
    for _ in range(TIMES):
        with Listener(watched.ready["websocket"], signed_in["access"]) as socket:
            socket.live()
    stop(watched, "uvicorn")
    assert counted("websocket", "thread") >= known + TIMES
