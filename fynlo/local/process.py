import os
import signal
import subprocess
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fynlo.local.console import Console
from fynlo.local.errors import DiskFull, LocalError
from fynlo.local.owner import Owner, popen_as

NO_SPACE = ("No space left on device", "could not extend file")
TELLING = ("FATAL", "PANIC", "Error", "ERROR", "error", "invalid")


@dataclass(frozen=True, kw_only=True)
class Service:
    """One process of the stack. It answers once it printed `ready_text` and `is_ready` is true.

    Its output goes to the console, or to the file `log`, or nowhere when it is quiet.
    What of PostgreSQL is left in the folder `cluster` when it has ended is killed.
    """

    name: str
    command: Sequence[str]
    is_ready: Callable[[], bool] = lambda: True
    ready_text: str = ""
    environment: Mapping[str, str] = field(default_factory=lambda: dict(os.environ))
    folder: Path = Path("/")
    stop_signal: int = signal.SIGTERM
    owner: Owner | None = None
    stdin: str = ""
    cluster: Path | None = None
    log: Path | None = None
    quiet: bool = False

    @property
    def is_shown(self) -> bool:
        return self.log is None and not self.quiet


class Process:
    """A running service. It leads a process group of its own."""

    def __init__(self, service: Service, console: Console) -> None:
        self.service = service
        self.started_at = time.monotonic()
        self._console = console
        self._lines: deque[str] = deque(maxlen=1000)
        self._has_printed_ready_text = False
        self._popen = _start(service)
        self.pid = self._popen.pid
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def is_ready(self) -> bool:
        if self.service.ready_text and not self._has_printed_ready_text:
            return False
        return self.service.is_ready()

    def has_ended(self) -> bool:
        return self._popen.poll() is not None

    def exit_code(self) -> int:
        """Waits for the end; negative for a signal."""
        return self._popen.wait()

    def ending(self) -> str:
        """How it ended, in words."""
        code = self.exit_code()
        if code < 0:
            return f"was killed by {signal.Signals(-code).name}"
        return f"ended with exit code {code}"

    def output(self) -> list[str]:
        """The last lines that it printed; all of them once it has ended."""
        if self.has_ended():
            self._reader.join(timeout=1)
        return list(self._lines)

    def signal(self, number: int) -> None:
        """Signals the whole group."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, number)

    def _read(self) -> None:
        assert self._popen.stdout is not None
        with (self.service.log or Path(os.devnull)).open("a") as log:
            for raw in self._popen.stdout:
                line = raw.decode(errors="replace").rstrip()
                with suppress(OSError):
                    print(line, file=log, flush=True)
                self._note(line)

    def _note(self, line: str) -> None:
        if self.service.ready_text and self.service.ready_text in line:
            self._has_printed_ready_text = True
        if line:
            self._lines.append(line)
            if self.service.is_shown:
                self._console.say(line, name=self.service.name)


def _start(service: Service) -> subprocess.Popen[bytes]:
    popen = popen_as(
        service.owner,
        service.command,
        env=dict(service.environment),
        cwd=service.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    assert popen.stdin is not None
    with suppress(BrokenPipeError):
        popen.stdin.write(service.stdin.encode())
        popen.stdin.close()
    return popen


def failure(what: str, output: Iterable[str]) -> LocalError:
    """What happened and the most telling line of the output, in one line."""
    lines = [line.strip() for line in output]
    for words in (NO_SPACE, TELLING):
        for line in reversed(lines):
            if any(word in line for word in words):
                if words is NO_SPACE:
                    return DiskFull(f"the disk is full: {line}")
                return LocalError(f"{what}: {line}")
    return LocalError(f"{what}: {lines[-1]}" if lines else what)
