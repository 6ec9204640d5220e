"""A certification authority of our own, with the marks that Apple puts on its certificates."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID, ObjectIdentifier

LEAF = ObjectIdentifier("1.2.840.113635.100.6.29")
INTERMEDIATE = ObjectIdentifier("1.2.840.113635.100.6.2.14")
MERCHANT = ObjectIdentifier("1.2.840.113635.100.6.32")
ASN1_NULL = b"\x05\x00"


@dataclass(frozen=True)
class Issued:
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> str:
        """The certificate and its key."""
        key = self.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        return self.certificate_pem + key.decode()

    @property
    def certificate_pem(self) -> str:
        return self.certificate.public_bytes(Encoding.PEM).decode()


def issue(
    name: str,
    *,
    above: Issued | None = None,
    is_authority: bool = False,
    marks: Sequence[x509.ExtensionType] = (),
    curve: ec.EllipticCurve | None = None,
    begins: datetime | None = None,
    lasts: timedelta = timedelta(days=3650),
) -> Issued:
    """A certificate signed by `above`, or by itself."""
    key = ec.generate_private_key(curve or ec.SECP256R1())
    begins = begins or datetime.now(UTC) - timedelta(days=1)
    subject = _name(name)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(above.certificate.subject if above else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + lasts)
        .add_extension(x509.BasicConstraints(ca=is_authority, path_length=None), critical=True)
    )
    for mark in marks:
        builder = builder.add_extension(mark, critical=False)
    return Issued(builder.sign(above.key if above else key, hashes.SHA256()), key)


def _name(common: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.COMMON_NAME, common),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Fynlo Sandbox"),
        ]
    )


def mark(oid: ObjectIdentifier, value: bytes = ASN1_NULL) -> x509.ExtensionType:
    return x509.UnrecognizedExtension(oid, value)


def merchant_mark(merchant_id: str) -> x509.ExtensionType:
    """As Apple writes it: the SHA-256 of the merchant's id, in hexadecimal, as a UTF8String."""
    text = hashlib.sha256(merchant_id.encode()).hexdigest().upper().encode()
    return mark(MERCHANT, b"\x0c" + bytes([len(text)]) + text)


def merchant_of(certificate: x509.Certificate) -> str:
    """The hexadecimal SHA-256 of the merchant's id; empty without Apple's mark."""
    try:
        found = certificate.extensions.get_extension_for_oid(MERCHANT).value
    except x509.ExtensionNotFound:
        return ""
    assert isinstance(found, x509.UnrecognizedExtension)
    return found.value[2:].decode().lower()


def on_this_machine() -> x509.ExtensionType:
    names = [x509.DNSName("localhost"), x509.IPAddress(IPv4Address("127.0.0.1"))]
    return x509.SubjectAlternativeName(names)
