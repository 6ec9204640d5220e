"""What operations cost the server is what they cost, and not what came before them."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from fynlo.local.run import PROJECT
from perf.laboratory.context import Context, Options, Target
from perf.laboratory.driving import Operation, drive, sequential
from perf.laboratory.keeping import over_all
from perf.laboratory.measuring import block
from perf.laboratory.scenario import Scenario
from perf.laboratory.till import Till

BLOCKS = 10
EACH_MS = 1.0


@pytest.fixture
def lab() -> Iterator[Context]:
    """Beside a server whose answers cost what they are asked to."""
    words = [sys.executable, "-m", "perf.tests.costly_server"]
    with subprocess.Popen(words, cwd=PROJECT, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}"
        yield Context(Target({"http": url}, {}, server.pid), Options())
        server.kill()


def looks(lab: Context) -> Operation:
    """What each worker opens costs as much as two hundred operations."""
    till = Till(lab.target.http)
    till.get(f"/{200 * EACH_MS * 1000:.0f}")
    return lambda: till.get(f"/{EACH_MS * 1000:.0f}")


def test_set_up_costs_operations_nothing_and_short_blocks_add_up(lab: Context) -> None:
    """A block spends little more than the 10 ms in which processor time is told."""
    scenario = Scenario("look", "", drive(looks, sequential(iterations=10 * BLOCKS)), ())
    blocks = [block(lab, scenario, lambda message: None) for _ in range(BLOCKS)]
    figures, errors = over_all(blocks)
    assert not errors
    assert EACH_MS * 0.7 < figures["cpu_other_ms_per_operation"] < EACH_MS * 3
    spent_s = figures["cpu_other_ms_per_operation"] * figures["operations"] / 1000
    clock_s = sum(one["seconds"] for one in blocks)
    assert figures["server_cpu"] == pytest.approx(spent_s / clock_s)
