"""PgBouncer as deploy/pgbouncer.ini has it, in front of the database of the tests."""

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest

from fynlo.local.owner import database_owner, popen_as
from fynlo.local.ports import LOOPBACK, answers, free_port, wait_until
from fynlo.settings.env import BASE_DIR

SHIPPED = BASE_DIR / "deploy" / "pgbouncer.ini"
PLACES = f"{os.environ.get('PATH', '')}:/usr/sbin"


@contextmanager
def pgbouncer(parameters: dict[str, Any], *, connections: int) -> Iterator[int]:
    """Its port on this machine. It keeps so many connections to the database that `parameters`
    (libpq) lead to."""
    program = os.environ.get("PGBOUNCER") or shutil.which("pgbouncer", path=PLACES)
    if program is None:
        pytest.fail(
            "The pool is tested behind PgBouncer: apt-get install pgbouncer, or set PGBOUNCER"
            " to it.",
            pytrace=False,
        )
    port = free_port()
    with TemporaryDirectory(prefix="fynlo-pgbouncer-") as folder:
        home = Path(folder)
        home.chmod(0o755)
        written = home / "pgbouncer.ini"
        written.write_text(_as_shipped(parameters, port, connections))
        with (home / "log").open("wb") as log:
            owner = database_owner(home / "none")
            process = popen_as(owner, [program, str(written)], stdout=log, stderr=log)
        try:
            assert wait_until(lambda: answers(port), seconds=20), (home / "log").read_text()
            yield port
        finally:
            process.terminate()
            process.wait(20)


def _as_shipped(parameters: dict[str, Any], port: int, connections: int) -> str:
    """With another address and without passwords: all of this is on one machine."""
    place = " ".join(
        f"{name}={parameters[name]}" for name in ("host", "port", "dbname", "user", "password")
    )
    changes = {
        r"^fynlo = host=\S+ port=\S+ dbname=\S+": f"{parameters['dbname']} = {place}",
        r"^listen_addr = .*": f"listen_addr = {LOOPBACK}",
        r"^listen_port = .*": f"listen_port = {port}",
        r"^auth_type = .*": "auth_type = any",
        r"^(auth_file|admin_users) = .*": "",
        r"^default_pool_size = .*": f"default_pool_size = {connections}",
        r"^reserve_pool_size = .*": "reserve_pool_size = 0",
    }
    text = SHIPPED.read_text()
    for pattern, line in changes.items():
        text, count = re.subn(pattern, line, text, flags=re.MULTILINE)
        assert count, pattern
    return text
