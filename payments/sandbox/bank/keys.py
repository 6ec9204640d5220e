"""The keys that sign webhooks, and how they are published."""

import base64
from typing import Any, cast
from uuid import uuid4

from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePublicKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key

from payments.sandbox.bank.credentials import new_key
from payments.sandbox.bank.store import Row, Store

P521_BYTES = 66


def current_key(store: Store) -> Row:
    """`kid` and `pem` of the newest; the first is made here."""
    newest = "SELECT * FROM keys ORDER BY id DESC LIMIT 1"
    return store.row(newest) or rotate(store)


def rotate(store: Store) -> Row:
    """A new key signs from now on; the old ones are no longer published."""
    store.run("DELETE FROM keys")
    key = {"kid": str(uuid4()), "pem": new_key()}
    store.insert("keys", **key)
    return key


def jwks(store: Store) -> dict[str, list[dict[str, Any]]]:
    """RFC 7517."""
    current_key(store)
    return {"keys": [_jwk(row) for row in store.rows("SELECT * FROM keys ORDER BY id DESC")]}


def _jwk(row: Row) -> dict[str, str]:
    private = load_pem_private_key(row["pem"].encode(), None)
    numbers = cast("EllipticCurvePublicKey", private.public_key()).public_numbers()
    point = {"x": _coordinate(numbers.x), "y": _coordinate(numbers.y)}
    return {"kty": "EC", "alg": "ES512", "crv": "P-521", "kid": row["kid"], **point}


def _coordinate(number: int) -> str:
    raw = number.to_bytes(P521_BYTES, "big")
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
