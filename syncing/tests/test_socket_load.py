"""The measurement itself: it must see a loss, and leave nothing behind."""

from array import array
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest
from django.core.management import CommandError, call_command

from fynlo.accounts.models import Restaurant, User
from fynlo.events.models import Event
from syncing.management.socket_load.clients import Heard
from syncing.management.socket_load.figures import Figure, latencies, losses, percentiles
from syncing.management.socket_load.fleet import Clients, clients
from syncing.management.socket_load.scenarios import SCENARIOS, Stage
from syncing.management.socket_load.server import found
from syncing.management.socket_load.writer import Log

LOSSLESS = ("broadcast", "restaurants", "reconnect")


@pytest.fixture(scope="module")
def crowd() -> Iterator[Clients]:
    with clients(2) as running:
        yield running


def by_name(figures: list[Figure]) -> dict[str, float]:
    return {figure.name: figure.value for figure in figures}


@pytest.mark.parametrize("name", LOSSLESS)
def test_every_socket_receives_what_the_log_has(address: str, crowd: Clients, name: str) -> None:
    stage = Stage(found(address), crowd, sockets=20, seconds=1)
    figures = by_name(SCENARIOS[name](stage))
    assert figures["deliveries"] > 0
    assert figures["lost"] == figures["told twice"] == 0
    assert figures["sockets whose sequence differs from the log"] == 0
    assert not Event.objects.exists()
    assert not Restaurant.objects.exists()
    assert not User.objects.exists()


def test_the_command_writes_its_figures(address: str, tmp_path: Path) -> None:
    written = tmp_path / "figures.json"
    call_command(
        "socket_load", against=address, scenario=["connect"], sockets=20, seconds=1, json=written
    )
    (measured,) = orjson.loads(written.read_bytes())
    live = measured["figures"][0]
    assert (measured["scenario"], live["name"], live["value"]) == ("connect", "sockets live", 100)


def test_the_command_ends_with_1_when_a_criterion_is_missed(
    address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(SCENARIOS, "connect", lambda stage: [Figure("x", 2, "ms", at_most=1)])
    with pytest.raises(SystemExit) as ended:
        call_command("socket_load", against=address, scenario=["connect"], sockets=20)
    assert ended.value.code == 1


@pytest.mark.parametrize(
    ("seqs", "lost", "doubled", "unequal"),
    [([1, 2, 3], 0, 0, 0), ([1, 3], 1, 0, 1), ([1, 2, 2, 3], 0, 1, 1), ([2, 1, 3], 0, 0, 1)],
    ids=["whole", "a gap", "a repetition", "out of order"],
)
def test_a_sequence_that_differs_is_seen(
    seqs: list[int], lost: int, doubled: int, unequal: int
) -> None:
    log = Log({(0, seq): (0, 0) for seq in (1, 2, 3)})
    figures = by_name(losses(log, [Heard(0, seqs=array("q", seqs), at=array("q", seqs))]))
    assert (figures["lost"], figures["told twice"]) == (lost, doubled)
    assert figures["sockets whose sequence differs from the log"] == unequal


def test_latency_counts_from_the_commit_or_from_when_the_event_was_due() -> None:
    log = Log({(0, 1): (1_000_000, 3_000_000)})
    heard = [Heard(0, seqs=array("q", [1]), at=array("q", [8_000_000]))]
    assert latencies(log, heard) == [5000]
    assert latencies(log, heard, since="due") == [7000]
    assert percentiles("x", [5000])[1].value == pytest.approx(5, rel=0.01)


def test_only_servers_of_this_machine_are_put_under_load() -> None:
    with pytest.raises(CommandError, match="this machine"):
        found("ws://192.0.2.1:8001/ws/v1/events/")
