"""A process that outlives the supervisor just long enough to leave nothing behind.

The supervisor starts this file by its path and writes orders to its standard input:
`watch PID SIGNAL` (PID leads a process group), `only PID SIGNAL` (PID shares the supervisor's),
`gone PID`, `cluster PATH` (PostgreSQL runs there), `remove PATH`.
However the supervisor ends, SIGKILL included, the input closes:
what is still watched is then stopped and the paths are removed.
It inherits the lock of the state folder, so that the lock is held until all of that is done.
"""

import contextlib
import os
import shutil
import signal
import sys
import time
from pathlib import Path

PATIENCE = 8.0


def send(target: int, number: int) -> bool:
    """Whether there was still a process (or, for a negative target, a group) to receive it."""
    try:
        os.kill(target, number)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def kill_servers_in(cluster: Path) -> None:
    """Kills every `postgres` that works in this folder; returns when none is left (Linux).

    Servers that are busy outlive their killed parent, in sessions of their own.
    """
    for folder in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if is_server_in(cluster, folder):
                os.kill(int(folder.parent.name), signal.SIGKILL)
            while is_server_in(cluster, folder):
                time.sleep(0.02)


def is_server_in(cluster: Path, folder: Path) -> bool:
    name = (folder.parent / "comm").read_text()
    return name == "postgres\n" and folder.readlink() == cluster


def read_orders() -> tuple[dict[int, int], dict[str, list[Path]]]:
    watched: dict[int, int] = {}
    paths: dict[str, list[Path]] = {"cluster": [], "remove": []}
    for line in sys.stdin:
        order, _, rest = line.rstrip("\n").partition(" ")
        if order in paths:
            paths[order].append(Path(rest))
            continue
        pid, _, number = rest.partition(" ")
        target = int(pid) if order == "only" else -int(pid)
        if order == "gone":
            watched.pop(int(pid), None)
            watched.pop(-int(pid), None)
        else:
            watched[target] = int(number)
    return watched, paths


def is_any_left(watched: dict[int, int]) -> bool:
    return any(send(target, 0) for target in watched)


def stop(watched: dict[int, int]) -> None:
    for target, number in watched.items():
        send(target, number)
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and is_any_left(watched):
        time.sleep(0.05)
    for target in watched:
        send(target, signal.SIGKILL)


def remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def main() -> None:
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    watched, paths = read_orders()
    stop(watched)
    for cluster in paths["cluster"]:
        kill_servers_in(cluster)
    for path in paths["remove"]:
        remove(path)


if __name__ == "__main__":
    main()
