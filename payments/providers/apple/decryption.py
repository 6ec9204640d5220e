"""Opening a token with the key of our own payment processing certificate.

Whoever does this sees card numbers and is in full scope of PCI DSS: it is for demonstrations,
tests and an acquirer to come. What was opened stays in memory; it is neither logged nor stored.
"""

import hashlib
import json
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.concatkdf import ConcatKDFHash
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_der_public_key,
    load_pem_private_key,
)

from payments.errors import AppleTokenInvalid, ProviderAuth
from payments.providers.apple.tokens import AppleToken

_ALGORITHM = b"\x0did-aes256-GCM"
_ZEROS = bytes(16)
# ISO 4217 numbers of the currencies that restaurants have here.
NUMBERS = {
    "AUD": "036",
    "CAD": "124",
    "CHF": "756",
    "CZK": "203",
    "DKK": "208",
    "EUR": "978",
    "GBP": "826",
    "HUF": "348",
    "ISK": "352",
    "JPY": "392",
    "KWD": "414",
    "NOK": "578",
    "NZD": "554",
    "PLN": "985",
    "SEK": "752",
    "SGD": "702",
    "USD": "840",
}


@dataclass(frozen=True, slots=True)
class ProcessingKey:
    """`fingerprint` is what a token's publicKeyHash says: SHA-256 of the public key."""

    fingerprint: str
    private: ec.EllipticCurvePrivateKey = field(repr=False)


@dataclass(frozen=True, slots=True)
class OpenedToken:
    """`amount` in minor units; `currency` as its ISO 4217 number."""

    amount: int
    currency: str
    number: str = field(repr=False)
    expires: str = field(repr=False)
    cryptogram: str = field(repr=False)


def processing_keys(paths: Sequence[str]) -> list[ProcessingKey]:
    """Raises ProviderAuth when a file cannot be read."""
    try:
        return [_processing_key(Path(path).read_bytes()) for path in paths]
    except (OSError, ValueError) as error:
        raise ProviderAuth from error


def _processing_key(pem: bytes) -> ProcessingKey:
    private = load_pem_private_key(pem, None)
    public = x509.load_pem_x509_certificate(pem).public_key()
    if not isinstance(private, ec.EllipticCurvePrivateKey):
        raise ValueError("an elliptic-curve key is needed")
    told = public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return ProcessingKey(b64encode(hashlib.sha256(told).digest()).decode(), private)


def decrypt(token: AppleToken, *, keys: Sequence[ProcessingKey], merchant_id: str) -> OpenedToken:
    """Call with a verified token. Raises AppleTokenInvalid (`reason` key or data)."""
    names = [one for one in keys if one.fingerprint == token.public_key_hash]
    if not names:
        raise AppleTokenInvalid("key")
    secret = _secret(names[0].private, token.ephemeral_key, merchant_id)
    try:
        return _opened(json.loads(AESGCM(secret).decrypt(_ZEROS, token.data, None)))
    except (InvalidTag, ValueError, KeyError, TypeError):
        raise AppleTokenInvalid("data") from None


def _secret(private: ec.EllipticCurvePrivateKey, ephemeral: bytes, merchant_id: str) -> bytes:
    """`exchange` returns 32 bytes whatever the number: leading zeros are part of it."""
    try:
        public = load_der_public_key(ephemeral)
        if not isinstance(public, ec.EllipticCurvePublicKey):
            raise AppleTokenInvalid("key")
        shared = private.exchange(ec.ECDH(), public)
    except ValueError as error:
        raise AppleTokenInvalid("key") from error
    party = hashlib.sha256(merchant_id.encode()).digest()
    return ConcatKDFHash(SHA256(), 32, _ALGORITHM + b"Apple" + party).derive(shared)


def _opened(told: dict[str, Any]) -> OpenedToken:
    return OpenedToken(
        amount=int(told["transactionAmount"]),
        currency=str(told["currencyCode"]),
        number=told["applicationPrimaryAccountNumber"],
        expires=told["applicationExpirationDate"],
        cryptogram=told["paymentData"]["onlinePaymentCryptogram"],
    )


def check_amount(opened: OpenedToken, *, amount: int, currency: str) -> None:
    """Raises AppleTokenInvalid (`reason` amount)."""
    if (opened.amount, opened.currency) != (amount, NUMBERS.get(currency)):
        raise AppleTokenInvalid("amount")
