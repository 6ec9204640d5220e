"""Apple Pay payment tokens of version EC_v1, as they arrive, and what their signature says.

https://developer.apple.com/documentation/passkit/payment-token-format-reference
"""

import binascii
import hashlib
import hmac
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import cms
from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtensionOID, ObjectIdentifier

from payments.errors import AppleTokenInvalid

LEAF = ObjectIdentifier("1.2.840.113635.100.6.29")
INTERMEDIATE = ObjectIdentifier("1.2.840.113635.100.6.2.14")
# Of the signing time, as seen when the token arrives.
OLDEST = timedelta(minutes=5)
AHEAD = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class AppleToken:
    """`transaction` and `application_data` as hexadecimal text, the latter the SHA-256 of what
    was asked for; the rest decoded."""

    transaction: str
    application_data: str
    public_key_hash: str
    ephemeral_key: bytes = field(repr=False)
    data: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @property
    def signed(self) -> bytes:
        hexadecimal = bytes.fromhex(self.transaction) + bytes.fromhex(self.application_data)
        return self.ephemeral_key + self.data + hexadecimal


def parse(told: Mapping[str, Any]) -> AppleToken:
    """What PassKit calls paymentData. Raises AppleTokenInvalid."""
    if told.get("version") != "EC_v1":
        raise AppleTokenInvalid("version")
    try:
        header = told["header"]
        token = AppleToken(
            transaction=header["transactionId"].lower(),
            application_data=header.get("applicationData", "").lower(),
            public_key_hash=header["publicKeyHash"],
            ephemeral_key=b64decode(header["ephemeralPublicKey"], validate=True),
            data=b64decode(told["data"], validate=True),
            signature=b64decode(told["signature"], validate=True),
        )
        is_whole = bool(token.signed and token.transaction)
    except (KeyError, TypeError, AttributeError, ValueError, binascii.Error) as error:
        raise AppleTokenInvalid("form") from error
    if not is_whole:
        raise AppleTokenInvalid("form")
    return token


def application_data_of(asked: bytes) -> str:
    """What a token's header says of the `applicationData` of its request."""
    return hashlib.sha256(asked).hexdigest()


def verify(token: AppleToken, *, root: x509.Certificate, application_data: str) -> datetime:
    """When it was signed. Call `check_fresh` with it, unless the token is of a museum.

    Raises AppleTokenInvalid; `reason` names the step: form, certificates, chain, signature,
    application_data.
    """
    content, signer = _signer(token.signature)
    leaf, intermediate = _certificates(content, signer)
    signed_at = _check_signature(token, signer, leaf)
    _check_chain(leaf, intermediate, root, at=signed_at)
    if not hmac.compare_digest(token.application_data.encode(), application_data.encode()):
        raise AppleTokenInvalid("application_data")
    return signed_at


def check_fresh(signed_at: datetime, *, now: datetime) -> None:
    """Raises AppleTokenInvalid (`reason` time)."""
    if not now - OLDEST <= signed_at <= now + AHEAD:
        raise AppleTokenInvalid("time")


def _signer(signature: bytes) -> tuple[Any, Any]:
    """The signed data and its one signer."""
    try:
        told = cms.ContentInfo.load(signature)
        content = told["content"]
        signers = content["signer_infos"]
        if told["content_type"].native != "signed_data" or len(signers) != 1:
            raise AppleTokenInvalid("form")
        return content, signers[0]
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AppleTokenInvalid("form") from error


def _certificates(content: Any, signer: Any) -> tuple[x509.Certificate, x509.Certificate]:
    """The signer's own and the one above it, known by what Apple marks them with."""
    try:
        rows = [one.chosen.dump() for one in content["certificates"]]
        found = [x509.load_der_x509_certificate(row) for row in rows]
        name = signer["sid"].chosen
        serial, issuer = name["serial_number"].native, name["issuer"].dump()
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise AppleTokenInvalid("certificates") from error
    leaves = [one for one in found if _is_marked(one, LEAF)]
    above = [one for one in found if _is_marked(one, INTERMEDIATE)]
    if len(leaves) != 1 or len(above) != 1:
        raise AppleTokenInvalid("certificates")
    leaf = leaves[0]
    if leaf.serial_number != serial or leaf.issuer.public_bytes() != issuer:
        raise AppleTokenInvalid("certificates")
    return leaf, above[0]


def _is_marked(certificate: x509.Certificate, mark: ObjectIdentifier) -> bool:
    try:
        certificate.extensions.get_extension_for_oid(mark)
    except (x509.ExtensionNotFound, ValueError):
        return False
    return True


def _check_signature(token: AppleToken, signer: Any, leaf: x509.Certificate) -> datetime:
    try:
        attributes = {one["type"].native: one["values"][0] for one in signer["signed_attrs"]}
        algorithms = (
            signer["digest_algorithm"]["algorithm"].native,
            signer["signature_algorithm"]["algorithm"].native,
        )
        digest: bytes = attributes["message_digest"].native
        signed_at: datetime = attributes["signing_time"].native
        key, signature = leaf.public_key(), signer["signature"].native
        signed = signer["signed_attrs"].untag().dump()
    except (ValueError, TypeError, KeyError, AttributeError, IndexError) as error:
        raise AppleTokenInvalid("form") from error
    if algorithms != ("sha256", "sha256_ecdsa") or not isinstance(key, ec.EllipticCurvePublicKey):
        raise AppleTokenInvalid("form")
    if not hmac.compare_digest(digest, hashlib.sha256(token.signed).digest()):
        raise AppleTokenInvalid("signature")
    try:
        key.verify(signature, signed, ec.ECDSA(hashes.SHA256()))
    except InvalidSignature as error:
        raise AppleTokenInvalid("signature") from error
    return signed_at


def _check_chain(
    leaf: x509.Certificate,
    intermediate: x509.Certificate,
    root: x509.Certificate,
    *,
    at: datetime,
) -> None:
    """Signed by one another up to the pinned root, and all valid when the token was signed."""
    try:
        leaf.verify_directly_issued_by(intermediate)
        intermediate.verify_directly_issued_by(root)
        may_issue = intermediate.extensions.get_extension_for_oid(ExtensionOID.BASIC_CONSTRAINTS)
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise AppleTokenInvalid("chain") from error
    chain = (leaf, intermediate, root)
    is_valid = all(one.not_valid_before_utc <= at <= one.not_valid_after_utc for one in chain)
    if not is_valid or not getattr(may_issue.value, "ca", False):
        raise AppleTokenInvalid("chain")
