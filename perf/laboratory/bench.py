"""The measuring process, seen from the one that runs and keeps."""

import os
import queue
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import asdict
from types import TracebackType
from typing import Any

import orjson

from fynlo.clock import utc_now
from perf.laboratory.context import Options, Target
from perf.laboratory.scenario import Scenario
from perf.laboratory.stack import Wanted

START_S = 60.0


class Bench:
    """A context manager. A block that takes longer than its scenario may ends the process; the
    next block starts another."""

    def __init__(self, target: Target, options: Options, suite: str, *, wanted: Wanted) -> None:
        self._first = {"target": asdict(target), "options": asdict(options), "suite": suite}
        self._environment = {
            **os.environ,
            **target.variables,
            "DEBUG": "false",
            "DJANGO_SETTINGS_MODULE": wanted.settings or "fynlo.settings.development",
        }
        self._project = wanted.project
        self._settings: dict[str, Any] = {}
        self._process: subprocess.Popen[str] | None = None
        self._answers: queue.Queue[dict[str, Any] | None] = queue.Queue()

    def __enter__(self) -> "Bench":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._end()

    def settings(self) -> dict[str, Any]:
        """Those of the stack that matter for its speed; none when an old commit does not tell."""
        if self._process is None:
            self._start()
        return self._settings

    def measure(
        self, scenario: Scenario, on_progress: Callable[[int, int], None]
    ) -> dict[str, Any]:
        """One block, as it is kept; a block that failed as a whole has one error and no figures."""
        process = self._process or self._start()
        assert process.stdin is not None
        try:
            process.stdin.write(scenario.name + "\n")
            process.stdin.flush()
        except BrokenPipeError:
            return self._failed("the measuring process has ended")
        deadline = time.monotonic() + scenario.limit_s
        while (message := self._next(deadline)) is not None:
            if "progress" in message:
                on_progress(message["progress"]["done"], message["progress"]["total"])
            elif "block" in message:
                block: dict[str, Any] = message["block"]
                return block
        if time.monotonic() >= deadline:
            return self._failed(f"not done after {scenario.limit_s:.0f} s")
        return self._failed("the measuring process has ended")

    def _next(self, deadline: float) -> dict[str, Any] | None:
        try:
            return self._answers.get(timeout=max(0.0, deadline - time.monotonic()))
        except queue.Empty:
            return None

    def _failed(self, why: str) -> dict[str, Any]:
        self._end()
        return {
            "started_at": utc_now().isoformat(),
            "histogram": "",
            "errors": {why: 1},
            "seconds": 0.0,
            "figures": {"operations": 1, "success_rate": 0.0},
            "calibration_ms": 0.0,
        }

    def _start(self) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "perf.laboratory"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env=self._environment,
            cwd=self._project,
        )
        self._process = process
        self._answers = queue.Queue()
        threading.Thread(target=_read, args=(process, self._answers), daemon=True).start()
        assert process.stdin is not None
        process.stdin.write(orjson.dumps(self._first).decode() + "\n")
        process.stdin.flush()
        ready = self._next(time.monotonic() + START_S) or {}
        self._settings = ready.get("settings", {})
        return process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None


def _read(process: "subprocess.Popen[str]", answers: "queue.Queue[dict[str, Any] | None]") -> None:
    """None at the end. Children of a scenario are its own to end."""
    assert process.stdout is not None
    for line in process.stdout:
        answers.put(orjson.loads(line))
    answers.put(None)
