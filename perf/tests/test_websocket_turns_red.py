"""What spoils the WebSocket is found by its suite."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

import pytest

from fynlo.testing.live import Stack
from perf.tests.broken import measure

pytestmark = pytest.mark.xdist_group("laboratory")
HALTED_S, AT_WORK_S = 0.9, 0.1


@contextmanager
def stuttering(stack: Stack) -> Iterator[None]:
    """The WebSocket server stands still nine tenths of the time, as on a machine that swaps."""
    pid, is_over = stack.service_pid("uvicorn"), Event()
    assert pid is not None

    def stutter() -> None:
        while not is_over.wait(AT_WORK_S):
            os.kill(pid, signal.SIGSTOP)
            is_over.wait(HALTED_S)
            os.kill(pid, signal.SIGCONT)

    thread = Thread(target=stutter)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def test_a_websocket_that_is_whole_passes(stack: Stack) -> None:
    found = measure(stack, "websocket", "broadcast", is_whole=True)
    assert (found.says, found.errors) == ("", {})


def test_a_websocket_that_is_late_is_found(stack: Stack) -> None:
    with stuttering(stack):
        found = measure(stack, "websocket", "broadcast")
    assert found.figures["lost"] == 0
    assert "p95_ms is " in found.says
    assert "must be (at most 250)" in found.says
