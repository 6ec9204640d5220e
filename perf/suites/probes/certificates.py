"""Certificates of an authority of our own, for a terminator that is looked at."""

from dataclasses import dataclass
from datetime import timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from fynlo.clock import utc_now


@dataclass(frozen=True)
class Certificate:
    """Files: `chain` and `key` are what a server needs, `authority` whom its clients trust."""

    chain: Path
    key: Path
    authority: Path


def certificate(folder: Path, *, host: str = "127.0.0.1", days: int = 90) -> Certificate:
    """For a host (name or address), until so many days from now; negative when it has expired."""
    ca_key, key = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    ca_name, name = _name("Probing authority"), _name(host)
    constraints = x509.BasicConstraints(ca=True, path_length=0)
    usage = _key_usage()
    authority = (
        _builder(ca_name, ca_name, ca_key, days=365)
        .add_extension(constraints, critical=True)
        .add_extension(usage, critical=True)
        .sign(ca_key, hashes.SHA256())
    )
    own = _builder(name, ca_name, key, days=days)
    leaf = own.add_extension(x509.SubjectAlternativeName([_alternative(host)]), critical=False)
    found = Certificate(folder / "chain.pem", folder / "key.pem", folder / "authority.pem")
    encoding = serialization.Encoding.PEM
    found.chain.write_bytes(leaf.sign(ca_key, hashes.SHA256()).public_bytes(encoding))
    found.authority.write_bytes(authority.public_bytes(encoding))
    form, unsealed = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    found.key.write_bytes(key.private_bytes(encoding, form, unsealed))
    return found


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, *, days: int
) -> x509.CertificateBuilder:
    now = utc_now()
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=365))
        .not_valid_after(now + timedelta(days=days))
    )


def _key_usage() -> x509.KeyUsage:
    signs = {"key_cert_sign": True, "crl_sign": True}
    rest = dict.fromkeys(
        (
            "digital_signature", "content_commitment", "key_encipherment", "data_encipherment",
            "key_agreement", "encipher_only", "decipher_only",
        ),
        False,
    )  # fmt: skip
    return x509.KeyUsage(**signs, **rest)


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _alternative(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ip_address(host))
    except ValueError:
        return x509.DNSName(host)
