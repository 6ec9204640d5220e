"""The environment, read once. A running `make run` leaves its own in `$FYNLO_STATE/env`."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = Path(os.environ.get("FYNLO_STATE", BASE_DIR / ".local"))

env = environ.Env()


def require(*names: str) -> None:
    """Ends the process with one line that names every variable that is unset or empty.

    SystemExit and not ImproperlyConfigured: manage.py, Granian, uvicorn and Celery would each
    wrap the latter in a traceback.
    """
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        raise SystemExit(f"fynlo: not set: {', '.join(missing)} (deploy/env.example explains each)")


def require_pairs(name: str) -> dict[str, str]:
    """A variable written `key=value,key=value`; ends the process with one line when it is not."""
    try:
        pairs: dict[str, str] = env.dict(name)
    except ValueError:
        raise SystemExit(f"fynlo: {name} is not written key=value,key=value") from None
    return pairs


def read_local_stack() -> None:
    """Beside `make run`, commands find the same database: variables already set win."""
    written = STATE_DIR / "env"
    if written.is_file() and "DATABASE_URL" not in os.environ:
        env.read_env(written)
