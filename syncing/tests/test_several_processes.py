"""Several WebSocket processes behind one port, and what is left when they are killed."""

from collections.abc import Iterator
from os import environ
from urllib.parse import quote

import psutil
import pytest
from django.conf import settings

from fynlo.local.ports import free_port, wait_until
from fynlo.testing.cast import Member, sign_in
from fynlo.testing.sockets import PATIENCE_S, Listener
from syncing.management.socket_load.server import Server, started
from syncing.selectors.realtime import realtime
from syncing.tests.happenings import floor_opens

pytestmark = pytest.mark.django_db(transaction=True)
# The kernel shares clients out as it likes: with so many, no process is left without.
ENOUGH = 100
# How long what a killed process has said of itself is believed.
LAPSES_S = 10


@pytest.fixture
def server(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    """Two processes that share a port, on the databases of this test."""
    database = settings.DATABASES["default"]
    user = f"{database['USER']}:{quote(database['PASSWORD'])}"
    place = f"{database['HOST']}:{database['PORT']}/{database['NAME']}"
    monkeypatch.setenv("DATABASE_URL", f"postgresql://{user}@{place}")
    assert environ["DJANGO_SETTINGS_MODULE"] == "fynlo.settings.test"
    with started("uvicorn-2", free_port()) as running:
        yield running


def processes() -> int:
    known = realtime()
    return known.processes if known else 0


def connections() -> int:
    known = realtime()
    return known.connections if known else 0


def workers(server: Server) -> list[psutil.Process]:
    """Those that hold sockets; a process that keeps track of what was shared runs beside them."""
    found = server.process.children()
    return [child for child in found if "spawn_main" in " ".join(child.cmdline())]


def listen(server: Server, owner: Member, *, since: int) -> Listener:
    """On a session of its own: no process lets one have many sockets."""
    return Listener.of(sign_in(owner.membership), server.address, since=since)


def test_sockets_of_every_process_hear_everything_and_resume_when_all_are_killed(
    server: Server, owner: Member
) -> None:
    listeners: list[Listener] = []
    while processes() < 2 and len(listeners) < ENOUGH:
        listeners.append(listen(server, owner, since=0).live())
    assert processes() == 2
    for _ in range(5):
        floor_opens(owner)
    heard = [[event["seq"] for event in listener.events(5)] for listener in listeners]
    for worker in workers(server):
        worker.kill()
    floor_opens(owner)
    again = [listen(server, owner, since=seqs[-1]) for seqs in heard]
    floor_opens(owner)
    for seqs, listener in zip(heard, again, strict=True):
        seqs += [event["seq"] for event in listener.events(2)]
    assert heard == [[1, 2, 3, 4, 5, 6, 7]] * len(listeners)
    assert wait_until(lambda: connections() == len(again), seconds=LAPSES_S + PATIENCE_S)
    for listener in (*listeners, *again):
        listener.connection.close()
