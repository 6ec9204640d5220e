"""The environment, read once. A running `make run` leaves its own in `$FYNLO_STATE/env`."""

import os
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit

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


def is_stand_in(url: str) -> bool:
    """Whether a provider's address leads to this machine, a private network or a sandbox."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    try:
        is_near = not ip_address(host).is_global
    except ValueError:
        is_near = "." not in host or host.endswith((".local", ".internal", ".localhost"))
    return parts.scheme != "https" or is_near or "sandbox" in host


def refuse_stand_ins(urls: dict[str, str]) -> None:
    """Ends the process with one line that names every variable that leads to a stand-in."""
    found = sorted(name for name, url in urls.items() if is_stand_in(url))
    if found:
        raise SystemExit(
            f"fynlo: no real provider: {', '.join(found)} (DEMO_MODE=true allows a sandbox)"
        )


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
