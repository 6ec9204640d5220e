"""The environment, read once. A running `make run` leaves its own in `$FYNLO_STATE/env`."""

import os
from pathlib import Path

import environ

BASE_DIR = Path(__file__).resolve().parent.parent.parent
STATE_DIR = Path(os.environ.get("FYNLO_STATE", BASE_DIR / ".local"))

env = environ.Env()


def read_local_stack() -> None:
    """Beside `make run`, commands find the same database: variables already set win."""
    written = STATE_DIR / "env"
    if written.is_file() and "DATABASE_URL" not in os.environ:
        env.read_env(written)
