"""What an account is given when it signs up: made once, kept in the stand-in's folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Credentials:
    """`control_token` opens `/_sandbox/`, which the real Stripe does not have."""

    secret_key: str
    publishable_key: str
    webhook_secret: str
    control_token: str


def credentials(folder: Path) -> Credentials:
    """Those of this folder; made when there are none."""
    path = folder / "client.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        partial = path.with_suffix(".partial")
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            json.dump(asdict(_made()), file, indent=2)
        partial.rename(path)
    return Credentials(**json.loads(path.read_text()))


def _made() -> Credentials:
    return Credentials(
        secret_key=f"sk_test_{secrets.token_hex(16)}",
        publishable_key=f"pk_test_{secrets.token_hex(16)}",
        webhook_secret=f"whsec_{secrets.token_hex(16)}",
        control_token=secrets.token_urlsafe(24),
    )
