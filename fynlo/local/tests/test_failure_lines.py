import shutil
import socket
import subprocess
from pathlib import Path

import pytest

from fynlo.local.errors import DiskFull
from fynlo.local.ports import LOOPBACK
from fynlo.local.process import failure
from fynlo.local.run import PROJECT
from fynlo.local.state import State
from fynlo.local.tests.stacks import finish, only_line, start


def test_a_port_in_use_is_named_with_the_variable_that_changes_it(state: Path) -> None:
    with socket.create_server((LOOPBACK, 0)) as taken:
        port = taken.getsockname()[1]
        line = only_line(finish(state, "run", HTTP_PORT=str(port)))
    assert f"port {port} is in use" in line
    assert "HTTP_PORT" in line


@pytest.mark.parametrize("port", ["abc", "0", "70000", "-1", ""])
def test_a_port_that_is_none_is_refused(state: Path, port: str) -> None:
    assert "WS_PORT must be a port" in only_line(finish(state, "run", WS_PORT=port))


def test_web_and_websocket_cannot_share_a_port(state: Path) -> None:
    line = only_line(finish(state, "run", HTTP_PORT="18567", WS_PORT="18567"))
    assert "HTTP_PORT and WS_PORT are both 18567" in line


def test_a_file_in_place_of_the_state_folder_is_named(state: Path) -> None:
    state.write_text("not a folder")
    assert f"{state} is not a folder" in only_line(finish(state, "exec", "--", "true"))


def test_a_state_folder_that_cannot_be_made_is_named() -> None:
    line = only_line(finish(Path("/proc/fynlo"), "exec", "--", "true"))
    assert "the state folder cannot be used: /proc/fynlo" in line


def test_a_cluster_of_another_postgresql_is_left_alone(state: Path) -> None:
    (state / "postgres").mkdir(parents=True)
    (state / "postgres" / "PG_VERSION").write_text("16\n")
    line = only_line(finish(state, "exec", "--", "true"))
    assert "was made by PostgreSQL 16, not 18" in line
    assert (state / "postgres" / "PG_VERSION").read_text() == "16\n"


def test_a_folder_that_is_no_cluster_is_left_alone(state: Path) -> None:
    (state / "postgres").mkdir(parents=True)
    (state / "postgres" / "thesis.txt").write_text("precious")
    assert "is not a PostgreSQL cluster" in only_line(finish(state, "exec", "--", "true"))
    assert (state / "postgres" / "thesis.txt").read_text() == "precious"


def test_a_cluster_with_missing_files_says_what_postgresql_says(state: Path) -> None:
    assert finish(state, "exec", "--", "true").returncode == 0
    shutil.rmtree(state / "postgres" / "global")
    assert "postgres did not start: " in only_line(finish(state, "exec", "--", "true"))


def test_broken_secrets_are_named(state: Path) -> None:
    state.mkdir()
    (state / "secrets.json").write_text("{")
    assert "secrets.json cannot be read" in only_line(finish(state, "exec", "--", "true"))


def test_a_second_stack_on_the_same_state_is_refused(state: Path) -> None:
    first = start(
        state, "exec", "--", "sh", "-c", "echo up; exec sleep 300", REDIS_URL="redis://given"
    )
    assert first.stdout is not None
    while "up" not in first.stdout.readline():
        assert first.poll() is None
    try:
        line = only_line(finish(state, "exec", "--", "true"))
    finally:
        first.terminate()
        first.communicate(timeout=30)
    assert f"already running on {state} (process {first.pid})" in line


def test_a_full_disk_is_called_a_full_disk(state: Path) -> None:
    with pytest.raises(DiskFull, match="needs 1000000000 MB"):
        State(state).require_space(state, megabytes=10**9)
    lines = ["creating files", "initdb: error: could not write file: No space left on device", "ok"]
    assert str(failure("PostgreSQL", lines)).startswith("the disk is full: initdb: error")


def test_a_command_that_does_not_exist_is_named(state: Path) -> None:
    line = only_line(finish(state, "exec", "--throw-away", "--", "/no/such/program"))
    assert "/no/such/program could not be started: No such file or directory" in line


def test_a_python_that_is_too_old_is_refused(state: Path) -> None:
    (state / "requirements").mkdir(parents=True)
    (state / "requirements" / "dev.txt").write_text("")
    make = ["make", "--no-print-directory", "-f", str(PROJECT / "Makefile"), "run", "PYTHON=false"]
    result = subprocess.run(make, cwd=state, capture_output=True, text=True, check=False)
    assert result.returncode != 0
    assert result.stderr.startswith("fynlo: Python 3.11 or newer is needed")
    assert not (state / ".venv").exists()
