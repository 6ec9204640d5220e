import shutil
from collections.abc import Sequence
from pathlib import Path

from fynlo.local.console import Console
from fynlo.local.environment import for_command, start_databases
from fynlo.local.errors import LocalError
from fynlo.local.owner import popen_as
from fynlo.local.state import State
from fynlo.local.supervisor import Stopped, Supervisor


def execute(state: State, command: Sequence[str]) -> int:
    """Runs a command beside the databases of `state`, which are started unless a stack runs there.

    Returns the command's exit code. Raises LocalError when it cannot be started.
    """
    if state.is_locked() and (variables := state.read_environment()):
        return _exit_code(popen_as(None, command, env=for_command(variables)).wait())
    supervisor = Supervisor(state, Console())
    try:
        environment = for_command(start_databases(supervisor))
        return _exit_code(supervisor.run_in_foreground(command, environment=environment))
    except Stopped:
        return 1
    finally:
        supervisor.stop()
        supervisor.console.close()


def _exit_code(code: int) -> int:
    """As a shell counts: 128 and the signal for a command that was killed."""
    return code if code >= 0 else 128 - code


def clean(folder: Path) -> None:
    """Removes the state folder, and the database that root may have had to place elsewhere."""
    if not folder.exists():
        return
    if not (folder / "lock").exists():
        raise LocalError(f"{folder} is not a state folder of Fynlo")
    if State(folder).is_locked():
        raise LocalError(f"a stack is running on {folder}: stop it first")
    cluster = folder / "postgres"
    if cluster.is_symlink():
        shutil.rmtree(cluster.resolve().parent)
    shutil.rmtree(folder)
