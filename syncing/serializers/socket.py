"""What clients send: the handshake and the messages. Nothing here asks a database."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs

import orjson

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import STREAM_PERMISSIONS
from fynlo.accounts.errors import TokenInvalid
from fynlo.api.tokens import actor_of, expires_at
from syncing.errors import CloseCode, SocketRefused

SUBPROTOCOL = "fynlo.v1"
BEARER = "bearer."
MESSAGE_LIMIT = 64 * 1024
SEQ_LIMIT = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Identity:
    """Who a token names, and until when (Unix seconds)."""

    actor: Actor
    expires_at: int


@dataclass(frozen=True, slots=True)
class Request:
    """`since` is None when the client wants only what is new."""

    identity: Identity
    streams: frozenset[str]
    since: int | None


def origin_is_allowed(scope: Mapping[str, Any], allowed: list[str]) -> bool:
    """Browsers always name their origin; other clients have none."""
    origin = header(scope, b"origin")
    return origin is None or origin.rstrip("/") in {known.rstrip("/") for known in allowed}


def header(scope: Mapping[str, Any], name: bytes) -> str | None:
    values = (value for key, value in scope["headers"] if key.lower() == name)
    found: bytes | None = next(values, None)
    return None if found is None else found.decode("latin-1").strip()


def request(scope: Mapping[str, Any]) -> Request:
    """Raises SocketRefused: SIGN_IN, MALFORMED, or REFUSED for a stream of another role."""
    identity = identity_of(_token(scope))
    query = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True)
    return Request(identity, _streams(query, identity.actor), _since(query))


def identity_of(token: Any) -> Identity:
    """Raises SocketRefused when it is not a good access token."""
    if not isinstance(token, str):
        raise SocketRefused(CloseCode.SIGN_IN)
    try:
        return Identity(actor_of(token), expires_at(token))
    except TokenInvalid as error:
        raise SocketRefused(CloseCode.SIGN_IN) from error


def _token(scope: Mapping[str, Any]) -> str | None:
    scheme, _, token = (header(scope, b"authorization") or "").partition(" ")
    if scheme.lower() == "bearer":
        return token.strip()
    offered = (name for name in scope["subprotocols"] if name.startswith(BEARER))
    found: str | None = next(offered, None)
    return found and found.removeprefix(BEARER)


def _streams(query: dict[str, list[str]], actor: Actor) -> frozenset[str]:
    allowed = allowed_streams(actor)
    if "streams" not in query:
        return allowed
    asked = frozenset(",".join(query["streams"]).split(","))
    if not asked <= STREAM_PERMISSIONS.keys():
        raise SocketRefused(CloseCode.MALFORMED)
    if not asked <= allowed:
        raise SocketRefused(CloseCode.REFUSED)
    return asked


def allowed_streams(actor: Actor) -> frozenset[str]:
    return frozenset(name for name, needed in STREAM_PERMISSIONS.items() if actor.may(needed))


def _since(query: dict[str, list[str]]) -> int | None:
    if "since" not in query:
        return None
    text = query["since"][-1]
    if not (text.isascii() and text.isdecimal() and len(text) < 20):
        raise SocketRefused(CloseCode.MALFORMED)
    return seq(int(text))


def seq(value: Any) -> int:
    """Raises SocketRefused when it cannot be an event's number."""
    if type(value) is not int or not 0 <= value <= SEQ_LIMIT:
        raise SocketRefused(CloseCode.MALFORMED)
    return value


def message(text: str | None) -> dict[str, Any]:
    """Raises SocketRefused for binary, too long, or anything but a JSON object."""
    if text is None or len(text) > MESSAGE_LIMIT or len(text.encode()) > MESSAGE_LIMIT:
        raise SocketRefused(CloseCode.MALFORMED)
    try:
        found = orjson.loads(text)
    except orjson.JSONDecodeError as error:
        raise SocketRefused(CloseCode.MALFORMED) from error
    if not isinstance(found, dict):
        raise SocketRefused(CloseCode.MALFORMED)
    return found
