import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from fynlo.local.ports import answers, wait_until
from fynlo.local.run import PROJECT
from fynlo.local.state import State
from fynlo.local.tests.stacks import finish, start

TELL_PORTS_AND_WAIT = (
    "import os, sys, urllib.parse as parse\n"
    "urls = (os.environ['DATABASE_URL'], os.environ['REDIS_URL'])\n"
    "print('ports', os.getpid(), *(parse.urlsplit(url).port for url in urls), flush=True)\n"
    "__import__('signal').pause()\n"
)


def start_databases(
    state: Path, *options: str, **variables: str
) -> tuple[subprocess.Popen[str], int, list[int]]:
    """The supervisor, the process number of its command, and the ports of its databases."""
    command = ["--", sys.executable, "-c", TELL_PORTS_AND_WAIT]
    supervisor = start(state, "exec", *options, *command, **variables)
    assert supervisor.stdout is not None
    while not (line := supervisor.stdout.readline()).startswith("ports "):
        assert supervisor.poll() is None
    _, pid, *ports = line.split()
    return supervisor, int(pid), [int(port) for port in ports]


def is_running(pid: int) -> bool:
    """For a negative number: whether any process of that group is."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything(state: Path, number: signal.Signals) -> None:
    supervisor, command, ports = start_databases(state)
    assert all(answers(port) for port in ports)
    supervisor.send_signal(number)
    supervisor.communicate(timeout=30)
    assert not is_running(command)
    assert not any(answers(port) for port in ports)
    assert not State(state).is_locked()


def test_a_killed_supervisor_leaves_no_process_and_no_temporary_folder(state: Path) -> None:
    state.mkdir()
    supervisor, command, ports = start_databases(state, "--throw-away", TMPDIR=str(state))
    assert list(state.iterdir())
    supervisor.kill()
    supervisor.communicate()
    assert wait_until(lambda: not is_running(command), seconds=20)
    assert wait_until(lambda: not any(answers(port) for port in ports), seconds=20)
    assert wait_until(lambda: not list(state.iterdir()), seconds=20)


def test_a_stack_can_start_right_after_its_supervisor_was_killed(state: Path) -> None:
    supervisor, _, _ = start_databases(state)
    supervisor.kill()
    supervisor.communicate()
    assert finish(state, "exec", "--", "true").returncode == 0


def test_two_stacks_run_side_by_side(state: Path) -> None:
    left, _, left_ports = start_databases(state / "left")
    right, _, right_ports = start_databases(state / "right")
    assert len({*left_ports, *right_ports}) == 4
    left.terminate()
    left.communicate(timeout=30)
    assert all(answers(port) for port in right_ports)
    right.terminate()
    right.communicate(timeout=30)


DEAF_CHILD = """
from pathlib import Path
from fynlo.local import supervisor
from fynlo.local.console import Console
from fynlo.local.process import Service
from fynlo.local.state import State

supervisor.STOP_SECONDS = 0.2
stack = supervisor.Supervisor(State(Path({state!r})), Console())
deaf = ["sh", "-c", "trap '' TERM; echo $$ > {state}/pid; echo up; sleep 99 & wait; sleep 99"]
stack.start(Service(name="deaf", command=deaf, ready_text="up"))
stack.stop()
"""


def test_a_child_that_ignores_sigterm_is_killed_with_its_children(state: Path) -> None:
    script = DEAF_CHILD.format(state=str(state))
    subprocess.run([sys.executable, "-c", script], cwd=PROJECT, check=True, timeout=30)
    group = int((state / "pid").read_text())
    assert wait_until(lambda: not is_running(-group), seconds=5)


def test_the_exit_code_of_the_command_is_passed_on(state: Path) -> None:
    given = {"DATABASE_URL": "postgresql://given", "REDIS_URL": "redis://given"}
    assert finish(state, "exec", "--", "sh", "-c", "exit 7", **given).returncode == 7
    assert finish(state, "exec", "--", "sh", "-c", "kill -9 $$", **given).returncode == 137
