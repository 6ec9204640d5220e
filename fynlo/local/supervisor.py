import os
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import NoReturn

from fynlo.local import guardian
from fynlo.local.console import Console
from fynlo.local.errors import DiskFull, LocalError
from fynlo.local.owner import popen_as
from fynlo.local.ports import wait_until
from fynlo.local.process import Process, Service, failure
from fynlo.local.state import State

START_SECONDS = 60.0
STOP_SECONDS = 10.0
QUICK_END_SECONDS = 5.0
QUICK_ENDS = 10


class Stopped(Exception):
    """Someone asked the stack to stop."""


class Supervisor:
    """Starts services in order, keeps them running and leaves no process behind.

    A service that ends before it ever answered stops the stack. One that ends later is started
    again, with a line that says so; ending ten times in a row within five seconds of its start
    stops the stack.
    """

    def __init__(self, state: State, console: Console) -> None:
        """Raises LocalError if another stack runs on this state."""
        self.state = state
        self.console = console
        self._waves: list[list[Process]] = []
        self._quick_ends: Counter[str] = Counter()
        self._signals: list[int] = []
        self._parent = os.getppid()
        self._guardian = _start_guardian(state.lock())
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_signal)
        self.remove_at_end(state.ready_file, state.environment_file)
        if state.throw_away:
            self.remove_at_end(state.folder)

    def remove_at_end(self, *paths: Path) -> None:
        """These are removed once everything has stopped, even if the supervisor is killed."""
        for path in paths:
            self._tell_guardian(f"remove {path}")

    def start(self, *services: Service) -> None:
        """Starts them side by side; returns when all answer. Raises LocalError if one ends."""
        wave: list[Process] = []
        self._waves.append(wave)
        for service in services:
            if service.log:
                service.log.unlink(missing_ok=True)
            wave.append(self._spawn(service))
        for process in wave:
            self._wait_until_ready(process)

    def run(
        self, name: str, command: Sequence[str], *, environment: Mapping[str, str], folder: Path
    ) -> list[str]:
        """Runs a command to its end and returns what it printed. Raises LocalError if it fails."""
        process = self._spawn(
            Service(name=name, command=command, environment=environment, folder=folder, quiet=True)
        )
        self._waves.append([process])
        while not process.has_ended():
            self.raise_if_stopped()
            time.sleep(0.02)
        self._forget(self._waves.pop())
        if process.exit_code() != 0:
            raise self._give_up(process, f"{name} {process.ending()}")
        return process.output()

    def run_in_foreground(self, command: Sequence[str], *, environment: Mapping[str, str]) -> int:
        """Runs a command on our terminal, keeps the services running, returns its exit code."""
        popen = popen_as(None, command, env=dict(environment))
        self._tell_guardian(f"only {popen.pid} {signal.SIGTERM:d}")
        while popen.poll() is None:
            self._keep_running()
            self._pass_on_signals(popen)
            time.sleep(0.05)
        self._tell_guardian(f"gone {popen.pid}")
        return popen.returncode

    def watch(self) -> NoReturn:
        """Keeps everything running until someone asks to stop. Raises Stopped or LocalError."""
        while True:
            self.raise_if_stopped()
            self._keep_running()
            time.sleep(0.1)

    def stop(self) -> None:
        """Stops everything in reverse order. One more signal ends the patience."""
        self._signals.clear()
        while self._waves:
            wave = self._waves.pop()
            for process in wave:
                process.signal(process.service.stop_signal)
            wait_until(partial(self._has_stopped, wave), seconds=STOP_SECONDS)
            self._forget(wave)
        assert self._guardian.stdin is not None
        self._guardian.stdin.close()
        self._guardian.wait()

    def raise_if_stopped(self) -> None:
        is_orphan_of_make = "MAKELEVEL" in os.environ and os.getppid() != self._parent
        if self._signals or is_orphan_of_make:
            raise Stopped

    def _spawn(self, service: Service) -> Process:
        process = Process(service, self.console)
        self._tell_guardian(f"watch {process.pid} {service.stop_signal:d}")
        if service.cluster:
            self._tell_guardian(f"cluster {service.cluster}")
        return process

    def _wait_until_ready(self, process: Process) -> None:
        name = process.service.name
        deadline = time.monotonic() + START_SECONDS
        while not process.is_ready():
            self.raise_if_stopped()
            if process.has_ended():
                raise self._give_up(process, f"{name} did not start")
            if time.monotonic() > deadline:
                raise self._give_up(process, f"{name} does not answer after {START_SECONDS:.0f} s")
            time.sleep(0.05)

    def _keep_running(self) -> None:
        for wave in self._waves:
            for position, process in enumerate(wave):
                if process.has_ended():
                    wave[position] = self._start_again(process)

    def _start_again(self, process: Process) -> Process:
        name, ending = process.service.name, process.ending()
        self._forget([process])
        if time.monotonic() - process.started_at > QUICK_END_SECONDS:
            self._quick_ends[name] = 0
        quick_ends = self._quick_ends[name]
        if quick_ends == QUICK_ENDS:
            raise self._give_up(process, f"{name} does not stay up: it {ending}")
        time.sleep(min(0.2 * quick_ends, 1))
        self._quick_ends[name] += 1
        self.console.say(f"{name} {ending}: starting it again")
        return self._spawn(process.service)

    def _give_up(self, process: Process, what: str) -> LocalError:
        error = failure(what, process.output())
        if process.service.quiet and not isinstance(error, DiskFull):
            for line in process.output():
                self.console.say(line, name=process.service.name)
        return error

    def _has_stopped(self, wave: list[Process]) -> bool:
        return bool(self._signals) or all(process.has_ended() for process in wave)

    def _forget(self, wave: list[Process]) -> None:
        for process in wave:
            process.signal(signal.SIGKILL)
            process.exit_code()
            if process.service.cluster:
                guardian.kill_servers_in(process.service.cluster)
            self._tell_guardian(f"gone {process.pid}")

    def _pass_on_signals(self, popen: subprocess.Popen[bytes]) -> None:
        """A terminal sends Ctrl-C to the command as well: it needs no second one."""
        for number in self._signals:
            if number != signal.SIGINT or not sys.stdin.isatty():
                popen.send_signal(number)
        self._signals.clear()

    def _note_signal(self, number: int, _frame: FrameType | None) -> None:
        self._signals.append(number)

    def _tell_guardian(self, order: str) -> None:
        assert self._guardian.stdin is not None
        with suppress(BrokenPipeError):
            self._guardian.stdin.write(order.encode() + b"\n")
            self._guardian.stdin.flush()


def _start_guardian(lock: int) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-I", "-S", str(guardian.__file__)]
    return subprocess.Popen(
        command, stdin=subprocess.PIPE, pass_fds=[lock], start_new_session=True, cwd="/"
    )
