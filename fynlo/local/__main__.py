"""`run` all of Fynlo, `exec` a command beside its databases, `clean` the state folder."""

import argparse
import os
import sys
from pathlib import Path

from fynlo.local.commands import clean, execute
from fynlo.local.errors import LocalError
from fynlo.local.run import run
from fynlo.local.state import State


def main() -> int:
    arguments = _parser().parse_args()
    try:
        return _dispatch(arguments)
    except LocalError as error:
        print(f"fynlo: {error}", file=sys.stderr)
    except OSError as error:
        print(f"fynlo: {error.strerror}: {error.filename or ''}".rstrip(": "), file=sys.stderr)
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m fynlo.local", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run", help="run everything until Ctrl-C")
    commands.add_parser("clean", help="remove the state folder and its database")
    command = commands.add_parser("exec", help="run a command beside PostgreSQL and Redis")
    command.add_argument("--throw-away", action="store_true", help="on databases of its own")
    command.add_argument("words", nargs="+", metavar="-- COMMAND")
    return parser


def _dispatch(arguments: argparse.Namespace) -> int:
    folder = Path(os.environ.get("FYNLO_STATE") or ".local")
    if arguments.command == "run":
        run(State(folder))
    elif arguments.command == "clean":
        clean(folder)
    else:
        state = State.temporary() if arguments.throw_away else State(folder)
        return execute(state, arguments.words)
    return 0


if __name__ == "__main__":
    sys.exit(main())
