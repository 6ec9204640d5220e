import contextlib
import errno
import fcntl
import json
import os
import secrets
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fynlo.local.errors import DiskFull, LocalError
from fynlo.local.ports import wait_until

HANDOVER_SECONDS = 15.0


@dataclass(frozen=True)
class Secrets:
    secret_key: str
    postgres: str
    redis: str


class State:
    """The folder in which one stack keeps everything; one stack at a time holds its lock."""

    def __init__(self, folder: Path, *, throw_away: bool = False) -> None:
        self.folder = folder.absolute()
        self.throw_away = throw_away
        self.ready_file = self.folder / "ready.json"
        self.environment_file = self.folder / "env"
        self._lock_file = self.folder / "lock"
        self._create()

    @classmethod
    def temporary(cls) -> "State":
        folder = Path(tempfile.mkdtemp(prefix="fynlo-"))
        folder.chmod(0o711)
        return cls(folder, throw_away=True)

    def _create(self) -> None:
        if self.folder.exists() and not self.folder.is_dir():
            raise LocalError(f"{self.folder} is not a folder: set FYNLO_STATE to another path")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryFile(dir=self.folder) as probe:
                probe.write(b"x" * 4096)
        except OSError as error:
            raise _unwritable(self.folder, error) from error

    def is_locked(self) -> bool:
        with contextlib.closing(_Lock(self._lock_file)) as lock:
            return not lock.take()

    def lock(self) -> int:
        """The descriptor that holds the lock. Raises LocalError if another stack holds it."""
        lock = _Lock(self._lock_file)
        if not lock.take() and not self._wait_for_ended_stack(lock):
            raise LocalError(
                f"a stack is already running on {self.folder} (process {lock.holder()}): "
                "stop it or set FYNLO_STATE to another folder"
            )
        lock.sign()
        for stale in (self.ready_file, self.environment_file):
            stale.unlink(missing_ok=True)
        return lock.descriptor

    def _wait_for_ended_stack(self, lock: "_Lock") -> bool:
        """A killed supervisor's processes still need a moment to stop."""
        holder = lock.holder()
        if holder is None or _is_alive(holder):
            return False
        return wait_until(lock.take, seconds=HANDOVER_SECONDS)

    def secrets(self) -> Secrets:
        """This folder's own passwords, made on first use."""
        path = self.folder / "secrets.json"
        if not path.exists():
            names = ("secret_key", "postgres", "redis")
            self.write(path, json.dumps({name: secrets.token_hex(32) for name in names}))
        try:
            return Secrets(**json.loads(path.read_text()))
        except (OSError, ValueError, TypeError) as error:
            raise LocalError(f"{path} cannot be read: this state folder is broken") from error

    def write(self, path: Path, text: str) -> None:
        """Writes the whole file or nothing, for its owner's eyes only."""
        partial = path.with_name(path.name + ".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        partial.rename(path)

    def write_environment(self, environment: dict[str, str]) -> None:
        self.write(self.environment_file, "".join(f"{k}={v}\n" for k, v in environment.items()))

    def read_environment(self) -> dict[str, str]:
        """The variables of the stack that runs on this folder; empty until they are known."""
        if not self.environment_file.exists():
            return {}
        lines = self.environment_file.read_text().splitlines()
        return dict(line.split("=", 1) for line in lines)

    def write_ready(self, content: dict[str, Any]) -> None:
        self.write(self.ready_file, json.dumps(content, indent=2) + "\n")

    def require_space(self, folder: Path, *, megabytes: int) -> None:
        free = shutil.disk_usage(folder).free // 2**20
        if free < megabytes:
            raise DiskFull(f"the disk is full: {folder} needs {megabytes} MB, {free} MB are free")


class _Lock:
    def __init__(self, path: Path) -> None:
        try:
            self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
        except OSError as error:
            raise _unwritable(path, error) from error

    def take(self) -> bool:
        try:
            fcntl.flock(self.descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def sign(self) -> None:
        os.truncate(self.descriptor, 0)
        os.pwrite(self.descriptor, str(os.getpid()).encode(), 0)

    def holder(self) -> int | None:
        text = os.pread(self.descriptor, 20, 0).decode()
        return int(text) if text.isdecimal() else None

    def close(self) -> None:
        os.close(self.descriptor)


def _unwritable(path: Path, error: OSError) -> LocalError:
    if error.errno == errno.ENOSPC:
        return DiskFull(f"the disk is full: {path} cannot be written")
    return LocalError(f"the state folder cannot be used: {path}: {error.strerror}")


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
