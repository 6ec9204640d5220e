"""Secrets at rest: a column that PostgreSQL, its dumps and its logs only ever see encrypted.

Fernet (AES-128-CBC with HMAC-SHA-256) under keys made from `settings.FIELD_KEYS`: the first key
seals, all of them open. A secret that no key opens reads as an error, never as an empty text.
"""

import base64
import hashlib
from typing import Any

from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.db import models


def seal(secret: str) -> str:
    """Sealing the same text twice gives two different tokens."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(token: str) -> str:
    """Raises cryptography.fernet.InvalidToken when it was sealed under a key that is gone."""
    return _keys().decrypt(token.encode()).decode()


def reseal(token: str) -> str:
    """The same secret under the newest key. Raises InvalidToken as `unseal` does."""
    return _keys().rotate(token.encode()).decode()


def _keys() -> MultiFernet:
    digests = [hashlib.sha256(secret.encode()).digest() for secret in settings.FIELD_KEYS]
    return MultiFernet([Fernet(base64.urlsafe_b64encode(digest)) for digest in digests])


class SealedField(models.TextField[Any, Any]):
    """Plain text in Python, sealed in the database; an empty text stays empty.

    It cannot be searched by: two equal secrets are stored differently.
    """

    def get_prep_value(self, value: Any) -> Any:
        text = super().get_prep_value(value)
        return seal(text) if text else text

    def from_db_value(self, value: str | None, expression: object, connection: object) -> Any:
        return unseal(value) if value else value
