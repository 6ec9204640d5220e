"""Access and refresh tokens: simplejwt, HS256, key rotation by `kid` (RFC 7515, 4.1.4).

An access token names everything an Actor is made of, so that no request needs a query for it.
"""

from datetime import datetime
from functools import cache, lru_cache
from time import time
from typing import Any
from uuid import UUID

import jwt
from django.conf import settings
from rest_framework_simplejwt.backends import TokenBackend
from rest_framework_simplejwt.exceptions import TokenBackendError

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Role
from fynlo.accounts.errors import TokenInvalid
from fynlo.accounts.models import Session

ALGORITHM = "HS256"


@cache
def _backend(key_id: str) -> TokenBackend:
    return TokenBackend(ALGORITHM, settings.SIGNING_KEYS[key_id])


def _encode(payload: dict[str, Any]) -> str:
    """Signed with the first key of `SIGNING_KEYS`; the others still verify."""
    key_id = next(iter(settings.SIGNING_KEYS))
    key = _backend(key_id).prepared_signing_key
    return jwt.encode(payload, key, algorithm=ALGORITHM, headers={"kid": key_id})


def _decode(token: str, kind: str) -> dict[str, Any]:
    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        if key_id not in settings.SIGNING_KEYS:
            raise TokenInvalid
        payload: dict[str, Any] = _backend(key_id).decode(token)
    except (jwt.InvalidTokenError, TokenBackendError) as error:
        raise TokenInvalid from error
    if payload.get("typ") != kind or "exp" not in payload:
        raise TokenInvalid
    return payload


def expiry_of(session: Session, *, now: datetime) -> datetime:
    """15 minutes from now, but never past the session's own end."""
    return min(now + settings.ACCESS_TOKEN_LIFETIME, session.expires_at)


def access_token(session: Session, *, now: datetime) -> str:
    """The token that a request carries. What differs from the role is in it only where it does."""
    member = session.membership
    payload = {
        "typ": "access",
        "exp": int(expiry_of(session, now=now).timestamp()),
        "usr": str(session.user_id),
        "mem": str(session.membership_id),
        "res": str(session.restaurant_id),
        "rol": member.role,
        "ses": str(session.pk),
        "dev": str(session.device_id) if session.device_id else None,
    }
    differs = {"plus": member.granted, "less": member.withheld, "pin": member.pin_must_change}
    payload.update({name: value for name, value in differs.items() if value})
    return _encode(payload)


def refresh_token(session: Session) -> str:
    """Good once: its `jti` must be the session's present one."""
    payload = {
        "typ": "refresh",
        "exp": int(session.expires_at.timestamp()),
        "ses": str(session.pk),
        "jti": str(session.refresh_id),
    }
    return _encode(payload)


def actor_of(token: str) -> Actor:
    """Raises TokenInvalid when it is forged, expired, not an access token, or of another form."""
    actor, expires_at = _proven(token, tuple(settings.SIGNING_KEYS))
    if expires_at <= time():
        raise TokenInvalid
    return actor


@lru_cache(maxsize=10_000)
def _proven(token: str, key_ids: tuple[str, ...]) -> tuple[Actor, int]:
    """Who a genuine token names, and its end in Unix seconds: neither changes while the keys do
    not. A till sends the same one with every request."""
    payload = _decode(token, "access")
    try:
        return _actor(payload), int(payload["exp"])
    except (KeyError, ValueError) as error:
        raise TokenInvalid from error


def _actor(payload: dict[str, Any]) -> Actor:
    device = payload["dev"]
    return Actor(
        restaurant_id=UUID(payload["res"]),
        role=Role(payload["rol"]),
        user_id=UUID(payload["usr"]),
        membership_id=UUID(payload["mem"]),
        session_id=UUID(payload["ses"]),
        device_id=UUID(device) if device else None,
        granted=frozenset(payload.get("plus", ())),
        withheld=frozenset(payload.get("less", ())),
        must_change_pin="pin" in payload,
    )


def expires_at(token: str) -> int:
    """Unix seconds. Raises TokenInvalid."""
    return int(_decode(token, "access")["exp"])


def refresh_claims(token: str) -> tuple[UUID, UUID]:
    """Session id and refresh id. Raises TokenInvalid."""
    payload = _decode(token, "refresh")
    return UUID(payload["ses"]), UUID(payload["jti"])
