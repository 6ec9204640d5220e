"""SIGKILL for parts of a stack that `make run` has started, found by its state folder."""

import os
import random
import signal
import threading
from collections import Counter
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
from django.core.management.base import CommandError
from redis import Redis, RedisError

from fynlo.local.ports import answers, wait_until

WORDS = {
    "websocket": "uvicorn",
    "worker": "celery --quiet --app fynlo worker",
    "web": "granian",
}
PARTS = (*WORDS, "postgres", "redis")


class Killer(threading.Thread):
    """One part every `every_s` seconds until `stop`; `killed` counts them. The supervisor starts
    each again."""

    def __init__(self, state: Path, *, every_s: float, seed: int) -> None:
        super().__init__(daemon=True)
        self.state, self.every_s = state, every_s
        self.dice = random.Random(seed)  # noqa: S311
        self.killed: Counter[str] = Counter()
        self.done = threading.Event()

    def run(self) -> None:
        order: list[str] = []
        while not self.done.wait(self.every_s):
            order = order or self.dice.sample(PARTS, len(PARTS))
            part = order.pop()
            pids = pids_of(self.state, part)
            for pid in pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            self.killed[part] += bool(pids)

    def stop(self) -> None:
        self.done.set()
        self.join(timeout=10)


def wait_until_whole(state: Path, stack: dict[str, Any], *, seconds: float) -> None:
    """Every part runs and answers again. Raises CommandError when that takes longer."""
    ports = [urlsplit(stack[name]).port or 0 for name in ("http", "websocket")]

    def is_whole() -> bool:
        return (
            all(pids_of(state, part) for part in PARTS)
            and all(answers(port) for port in ports)
            and _is_ready(stack["http"])
        )

    if not wait_until(is_whole, seconds=seconds):
        raise CommandError(f"The stack is not whole again after {seconds:g} s.")


def _is_ready(http: str) -> bool:
    """PostgreSQL, Redis and the broker, as the web process finds them."""
    try:
        return httpx.get(f"{http}/health/ready/", timeout=5).is_success
    except httpx.HTTPError:
        return False


def pids_of(state: Path, part: str) -> list[int]:
    """The processes of one part of this stack and of no other."""
    if part == "postgres":
        with suppress(OSError, ValueError):
            return [int((state / "postgres" / "postmaster.pid").read_text().split("\n")[0])]
        return []
    if part == "redis":
        return _redis_of(state)
    return [
        process.pid
        for process in psutil.process_iter(["pid", "cmdline"])
        if WORDS[part] in " ".join(process.info["cmdline"] or []) and _is_of(process, state)
    ]


def _redis_of(state: Path) -> list[int]:
    """As it says itself: it writes its title over its environment."""
    lines = (state / "env").read_text().splitlines()
    url = dict(line.split("=", 1) for line in lines)["REDIS_URL"]
    with suppress(RedisError):
        told: Any = Redis.from_url(url, socket_timeout=1).info("server")
        return [int(told["process_id"])]
    return []


def _is_of(process: psutil.Process, state: Path) -> bool:
    with suppress(psutil.Error):
        named = process.environ().get("FYNLO_STATE") == str(state)
        return named or str(state) in " ".join(process.cmdline())
    return False
