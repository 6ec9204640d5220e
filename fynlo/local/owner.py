"""PostgreSQL refuses to run as root: started by root, it runs as a system user of its own."""

import os
import pwd
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fynlo.local.errors import LocalError

USER = "fynlo"


@dataclass(frozen=True)
class Owner:
    uid: int
    gid: int


def database_owner(cluster: Path) -> Owner | None:
    """Who runs PostgreSQL: None is us; for root it is the cluster's owner, or `fynlo`."""
    if os.geteuid() != 0:
        return None
    if cluster.exists() and (found := cluster.stat()).st_uid != 0:
        return Owner(found.st_uid, found.st_gid)
    entry = _ensure_user()
    return Owner(entry.pw_uid, entry.pw_gid)


def _ensure_user() -> pwd.struct_passwd:
    """The user `fynlo`, created when missing; `nobody` where no user can be created."""
    useradd = shutil.which("useradd")
    if useradd and not _find_user(USER):
        command = [useradd, "--system", "--no-create-home", "--shell", "/bin/false", USER]
        subprocess.run(command, capture_output=True, check=False)
    found = _find_user(USER) or _find_user("nobody")
    if found is None:
        raise LocalError("PostgreSQL cannot run as root: run this as an ordinary user")
    return found


def _find_user(name: str) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(name)
    except KeyError:
        return None


def popen_as(
    owner: Owner | None, command: Sequence[str], **options: Any
) -> subprocess.Popen[bytes]:
    """Starts `command` as `owner`. Raises LocalError if that is not allowed or it is missing."""
    if owner is not None:
        options |= {"user": owner.uid, "group": owner.gid, "extra_groups": []}
    try:
        return subprocess.Popen(list(command), **options)
    except OSError as error:
        raise LocalError(f"{command[0]} could not be started: {error.strerror}") from error


def run_as(owner: Owner | None, command: Sequence[str]) -> tuple[int, list[str]]:
    """Exit code and output lines of a command that ends by itself."""
    process = popen_as(
        owner,
        command,
        cwd="/",
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output, _ = process.communicate()
    return process.returncode, output.decode(errors="replace").splitlines()


def can(owner: Owner | None, permission: str, path: Path) -> bool:
    """Whether `owner` may read ("r"), write ("w") or execute ("x") the path."""
    return run_as(owner, ["/bin/sh", "-c", f'test -{permission} "$0"', str(path)])[0] == 0
