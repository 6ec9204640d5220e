"""What signing in and pairing answer, and the shapes of it for OpenAPI."""

from datetime import datetime
from typing import Any

import orjson
import qrcode
from django.conf import settings
from django.db.models import QuerySet
from qrcode.image.svg import SvgPathImage

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Role
from fynlo.accounts.documents import DEVICE, MEMBER, RESTAURANT
from fynlo.accounts.models import Session
from fynlo.accounts.selectors import member_rows, restaurant_rows
from fynlo.accounts.services.devices import Offer, Paired
from fynlo.accounts.services.sessions import actor_of
from fynlo.api import tokens
from fynlo.clock import as_utc_text
from fynlo.documents import Document, schema

_TEXT = {"type": "string"}
_ID = {"type": "string", "format": "uuid"}
_INSTANT = {"type": "string", "format": "date-time"}


def _object(**properties: dict[str, Any]) -> dict[str, Any]:
    return {"type": "object", "properties": properties, "required": list(properties)}


_CALLER = {
    "user": schema(MEMBER),
    "restaurant": schema(RESTAURANT),
    "role": {"type": "string", "enum": Role.values},
    "permissions": {"type": "array", "items": _TEXT},
    "session": _ID,
    "device": {"anyOf": [_ID, {"type": "null"}]},
    "websocket_url": _TEXT,
}
ME = _object(**_CALLER)
SIGNED_IN = _object(access=_TEXT, refresh=_TEXT, expires_at=_INSTANT, **_CALLER)
PAIRING_CODE = _object(code=_TEXT, kind=_TEXT, expires_at=_INSTANT, pairing_url=_TEXT, qr_svg=_TEXT)
PAIRED = _object(device=schema(DEVICE), token=_TEXT, restaurant=schema(RESTAURANT))


def signed_in(session: Session, *, now: datetime) -> str:
    """The tokens of a session, and who its member is. `expires_at` is the access token's end."""
    opened = {
        "access": tokens.access_token(session, now=now),
        "refresh": tokens.refresh_token(session),
        "expires_at": as_utc_text(tokens.expiry_of(session, now=now)),
    }
    return _json(opened | _caller(actor_of(session)))


def me(actor: Actor) -> str:
    return _json(_caller(actor))


def _caller(actor: Actor) -> dict[str, Any]:
    return {
        "user": _document(MEMBER, member_rows(actor.membership_id)),
        "restaurant": _document(RESTAURANT, restaurant_rows(actor.restaurant_id)),
        "role": actor.role.value,
        "permissions": sorted(actor.permissions),
        "session": actor.session_id,
        "device": actor.device_id,
        "websocket_url": settings.WEBSOCKET_URL,
    }


def _document(document: Document, rows: QuerySet[Any]) -> orjson.Fragment:
    return orjson.Fragment(document.read(rows)[0])


def pairing_code(offer: Offer) -> str:
    """The QR code holds the address that the app opens; the SVG needs nothing else to be shown."""
    address = f"fynlo://pair?server={settings.PUBLIC_URL}&code={offer.code}"
    return _json(
        {
            "code": offer.code,
            "kind": offer.kind,
            "expires_at": as_utc_text(offer.expires_at),
            "pairing_url": address,
            "qr_svg": qrcode.make(address, image_factory=SvgPathImage).to_string().decode(),
        }
    )


def paired(device: Paired) -> str:
    return _json(
        {
            "device": orjson.Fragment(device.document),
            "token": device.token,
            "restaurant": _document(RESTAURANT, restaurant_rows(device.restaurant_id)),
        }
    )


def _json(answer: dict[str, Any]) -> str:
    return orjson.dumps(answer).decode()
