"""What a client is given when it signs up: made once, kept in the stand-in's folder."""

import json
import os
import secrets
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

ACCOUNTS = {"house": "GBP", "house_eur": "EUR", "rival": "EUR", "rival_gbp": "GBP"}


@dataclass(frozen=True, slots=True)
class Credentials:
    """`private_key` signs the client's requests (PEM, P-521); `accounts` are its merchant accounts
    by name; `control_token` opens `/_sandbox/`, which the real bank does not have."""

    client_id: str
    client_secret: str
    kid: str
    private_key: str
    control_token: str
    accounts: dict[str, str]

    @property
    def public_key(self) -> str:
        public = load_pem_private_key(self.private_key.encode(), None).public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()

    def currency_of(self, account: str) -> str | None:
        """None when the client has no such account."""
        names = {pk: name for name, pk in self.accounts.items()}
        return ACCOUNTS[names[account]] if account in names else None


def credentials(folder: Path) -> Credentials:
    """Those of this folder; made when there are none."""
    path = folder / "client.json"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        _write(path, asdict(_made()))
    return Credentials(**json.loads(path.read_text()))


def write_environment(folder: Path, url: str) -> None:
    """The variables by which Fynlo finds the bank, as `environment.json`."""
    known = credentials(folder)
    accounts = {ACCOUNTS[name]: known.accounts[name] for name in ("house", "rival")}
    variables = {
        "TRUELAYER_CLIENT_ID": known.client_id,
        "TRUELAYER_CLIENT_SECRET": known.client_secret,
        "TRUELAYER_KID": known.kid,
        "TRUELAYER_PRIVATE_KEY": known.private_key.replace("\n", "\\n"),
        "TRUELAYER_MERCHANT_ACCOUNTS": ",".join(f"{c}={pk}" for c, pk in accounts.items()),
        "TRUELAYER_AUTH_URL": url,
        "TRUELAYER_API_URL": url,
        "TRUELAYER_HOSTED_URL": url,
        "TRUELAYER_WEBHOOK_JWKS_URL": f"{url}/.well-known/jwks",
    }
    _write(folder / "environment.json", variables)


def _write(path: Path, content: dict[str, Any]) -> None:
    """The whole file or nothing, for its owner's eyes only."""
    partial = path.with_suffix(".partial")
    descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump(content, file, indent=2)
    partial.rename(path)


def _made() -> Credentials:
    return Credentials(
        client_id=f"sandbox-{secrets.token_hex(4)}",
        client_secret=str(uuid4()),
        kid=str(uuid4()),
        private_key=new_key(),
        control_token=secrets.token_urlsafe(24),
        accounts={name: str(uuid4()) for name in ACCOUNTS},
    )


def new_key() -> str:
    """A P-521 key as PEM."""
    key = ec.generate_private_key(ec.SECP521R1())
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
