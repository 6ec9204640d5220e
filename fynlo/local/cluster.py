"""The files of the embedded PostgreSQL: `postgres` in the state folder, or a link to them."""

import os
import secrets
import shutil
from pathlib import Path

from fynlo.local.errors import LocalError
from fynlo.local.owner import Owner, can, run_as
from fynlo.local.process import failure
from fynlo.local.programs import REACHABLE
from fynlo.local.state import State
from fynlo.local.supervisor import Supervisor

MAJOR = "18"
USER = "fynlo"
NEW_CLUSTER_MB = 120
OLD_CLUSTER_MB = 20


def create_cluster(supervisor: Supervisor, link: Path, owner: Owner | None, programs: Path) -> None:
    """Makes the cluster beside its final name and moves it there when it is whole."""
    state = supervisor.state
    place = _place(link, owner)
    if place != link.parent and state.throw_away:
        supervisor.remove_at_end(place)
    state.require_space(place, megabytes=NEW_CLUSTER_MB)
    partial, password_file = place / "postgres.partial", place / "postgres.password"
    shutil.rmtree(partial, ignore_errors=True)
    partial.mkdir(mode=0o700)
    state.write(password_file, state.secrets().postgres)
    if owner is not None:
        for path in (partial, password_file):
            os.chown(path, owner.uid, owner.gid)
    try:
        _initialise(programs, partial, password_file, owner, is_synced=not state.throw_away)
    finally:
        password_file.unlink()
    partial.rename(place / "postgres")
    if place != link.parent:
        link.symlink_to(place / "postgres")


def checked_cluster(state: State, link: Path) -> Path:
    """The real folder of the cluster. Raises LocalError when it is not one of ours."""
    cluster = link.resolve()
    try:
        major = (cluster / "PG_VERSION").read_text().strip()
    except OSError as error:
        raise LocalError(
            f"{link} is not a PostgreSQL cluster ({error.strerror}): "
            "move it away or set FYNLO_STATE to another folder"
        ) from error
    if major != MAJOR:
        raise LocalError(
            f"{link} was made by PostgreSQL {major}, not {MAJOR}: "
            "move it away or set FYNLO_STATE to another folder"
        )
    state.require_space(cluster, megabytes=OLD_CLUSTER_MB)
    return cluster


def _place(link: Path, owner: Owner | None) -> Path:
    """The state folder, or a folder of its own that `owner` can reach."""
    if can(owner, "x", link.parent):
        return link.parent
    place = REACHABLE / f"cluster-{secrets.token_hex(8)}"
    try:
        place.mkdir(parents=True)
        for folder in (REACHABLE, place):
            folder.chmod(0o755)
    except OSError as error:
        raise LocalError(
            f"PostgreSQL, which does not run as root, can reach neither {link.parent} "
            f"nor {REACHABLE}: set FYNLO_STATE to a folder that everyone can reach"
        ) from error
    return place


def _initialise(
    programs: Path, folder: Path, password_file: Path, owner: Owner | None, *, is_synced: bool
) -> None:
    # The password is random and long: hashing it slowly would only delay every connection.
    command = [
        str(programs / "initdb"),
        f"--pgdata={folder}",
        f"--username={USER}",
        f"--pwfile={password_file}",
        "--auth=scram-sha-256",
        "--set=scram_iterations=1",
        "--encoding=UTF8",
        "--locale=C",
        "--locale-provider=builtin",
        "--builtin-locale=C.UTF-8",
        "--no-instructions",
    ]
    code, lines = run_as(owner, command if is_synced else [*command, "--no-sync"])
    if code != 0:
        raise failure("PostgreSQL could not create its cluster", lines)
