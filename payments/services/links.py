"""The address in a QR code: whoever has it may see one payment and pay it.

The token is 128 bits of an HMAC of the attempt's id, under a key made from SECRET_KEY: it cannot
be guessed, the same code can be drawn again, and the database holds its SHA-256 alone.
"""

import hashlib
from base64 import urlsafe_b64encode
from io import BytesIO
from uuid import UUID

import qrcode
from django.conf import settings
from django.utils.crypto import salted_hmac
from qrcode.image.pil import PilImage
from qrcode.image.svg import SvgPathImage

_SALT = "payments.services.links"
_BYTES = 16


def token_of(attempt_id: UUID) -> str:
    """22 characters that are safe in an address."""
    digest = salted_hmac(_SALT, str(attempt_id), algorithm="sha256").digest()
    return urlsafe_b64encode(digest[:_BYTES]).decode().rstrip("=")


def token_hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(attempt_id: UUID) -> str:
    """Where the guest's phone goes."""
    return f"{settings.PUBLIC_PAY_BASE_URL}/q/{token_of(attempt_id)}/"


def as_svg(attempt_id: UUID) -> bytes:
    code = qrcode.make(address_of(attempt_id), image_factory=SvgPathImage, box_size=10, border=4)
    return bytes(code.to_string())


def as_png(attempt_id: UUID) -> bytes:
    drawn = BytesIO()
    qrcode.make(address_of(attempt_id), image_factory=PilImage, border=4).save(drawn)
    return drawn.getvalue()
