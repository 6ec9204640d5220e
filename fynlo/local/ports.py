import random
import socket
import time
from collections.abc import Callable

from fynlo.local.errors import LocalError

LOOPBACK = "127.0.0.1"
# Below the range that systems hand to outgoing connections, so that a server
# that is restarted finds its port still free.
PRIVATE_PORTS = range(15000, 32000)


def is_free(port: int) -> bool:
    with socket.socket(socket.AF_INET, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((LOOPBACK, port))
        except OSError:
            return False
    return True


def answers(port: int) -> bool:
    try:
        socket.create_connection((LOOPBACK, port), timeout=1).close()
    except OSError:
        return False
    return True


def free_port() -> int:
    for port in random.sample(PRIVATE_PORTS, k=200):
        if is_free(port):
            return port
    raise LocalError("no free port was found on 127.0.0.1")


def read_port(name: str, value: str) -> int:
    """The port that the variable `name` asks for. Raises LocalError if nothing can listen there."""
    if not value.isdecimal() or not 1 <= int(value) <= 65535:
        raise LocalError(f"{name} must be a port between 1 and 65535, not {value!r}")
    port = int(value)
    if not is_free(port):
        raise LocalError(f"port {port} is in use or not allowed: set {name} to another one")
    return port


def wait_until(condition: Callable[[], bool], *, seconds: float) -> bool:
    """Whether `condition` became true within `seconds`."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True
