"""Load is what it says, and a stalled server cannot hide behind the client that waits for it."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from time import sleep

from perf.laboratory.context import Context, Options, Target
from perf.laboratory.driving import AtRate, Operation, Workers, Workload
from perf.laboratory.recording import Outcome, summary
from perf.laboratory.till import Till

STALL_S = 1.0


class Stalling(BaseHTTPRequestHandler):
    """Answers at once, but for one pause in which nobody is answered."""

    protocol_version = "HTTP/1.1"
    gate = threading.Lock()
    asked = 0

    def do_GET(self) -> None:
        with self.gate:
            Stalling.asked += 1
            if Stalling.asked == 100:
                sleep(STALL_S)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing."""


@contextmanager
def stalling_server() -> Iterator[Context]:
    Stalling.asked = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), Stalling)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    target = Target({"http": f"http://127.0.0.1:{server.server_port}"}, {})
    try:
        yield Context(target, Options())
    finally:
        server.shutdown()
        server.server_close()


def asks(path: str = "/") -> Workload:
    def workload(lab: Context) -> Operation:
        till = Till(lab.target.http)
        return lambda: till.get(path)

    return workload


def figures(outcome: Outcome) -> dict[str, float]:
    return summary(outcome.histogram, outcome.errors, outcome.seconds)


def test_a_stall_is_in_the_p99_of_a_fixed_rate() -> None:
    """200 requests a second for 3 s: those of the second in which it stalls are a third of all, and
    each waited for what was left of it."""
    with stalling_server() as lab:
        load = AtRate(per_second=200, seconds=3, workers=8, warm_up=0, blocks=1)
        found = figures(load.drive(lab, asks()))
    assert found["operations"] == 600
    assert found["p99_ms"] > STALL_S * 900
    assert found["p90_ms"] > STALL_S * 400


def test_a_client_that_waits_would_have_hidden_it() -> None:
    """What the fixed rate is for: the same stall, and the same number of requests."""
    with stalling_server() as lab:
        load = Workers(workers=1, iterations=600, warm_up=0, blocks=1)
        found = figures(load.drive(lab, asks()))
    assert found["max_ms"] > STALL_S * 900
    assert found["p99_ms"] < STALL_S * 400


def test_each_worker_does_its_share() -> None:
    with stalling_server() as lab:
        outcome = Workers(workers=4, iterations=30, warm_up=2, blocks=10).drive(lab, asks())
    assert outcome.operations == 4 * 3
    assert Stalling.asked == 4 * (3 + 2)


def test_users_and_duration_that_are_asked_for_win() -> None:
    with stalling_server() as lab:
        asked = Context(lab.target, Options(users=3, duration_s=2.0))
        outcome = Workers(workers=1, iterations=1, warm_up=1, blocks=10).drive(asked, asks())
    assert 0.2 <= outcome.seconds < 2.0
    assert outcome.operations > 3


def test_refusals_are_counted_by_kind() -> None:
    with stalling_server() as lab:
        outcome = Workers(workers=2, iterations=5, warm_up=0, blocks=1).drive(lab, asks("/broken"))
    assert outcome.errors == {"500": 10}
    assert figures(outcome)["success_rate"] == 0


def test_nobody_to_ask_is_an_error_too() -> None:
    lab = Context(Target({"http": "http://127.0.0.1:9"}, {}), Options())
    outcome = Workers(workers=1, iterations=2, warm_up=0, blocks=1).drive(lab, asks())
    assert [kind.split(":")[0] for kind in outcome.errors] == ["ConnectionRefusedError"]
