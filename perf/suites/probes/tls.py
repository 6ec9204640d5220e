"""The protocol, the ciphers and the certificate of a TLS endpoint."""

import socket
import ssl
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import httpx
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from fynlo.clock import utc_now
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.suites.probes.certificates import certificate
from perf.suites.probes.findings import Findings, Severity
from perf.suites.probes.terminator import Terminator, server_context

TIMEOUT_S = 10
SOON = timedelta(days=14)
OLD = (ssl.TLSVersion.TLSv1, ssl.TLSVersion.TLSv1_1)
WEAK = "aNULL:eNULL:3DES:RC4:DES:EXPORT:MD5:@SECLEVEL=0"
NOTHING_GIVEN = "no TLS endpoint given"


def given_endpoint(lab: Context) -> Outcome:
    """The one that the run was pointed at. A plain address has none: it is skipped."""
    parts, findings = urlsplit(lab.target.http), Findings()
    if parts.scheme != "https":
        return Outcome(skipped=NOTHING_GIVEN)
    look_at(findings, parts.hostname or "", parts.port or 443)
    return findings.outcome()


def own_terminator(lab: Context) -> Outcome:
    """One of our own in front of the stack, by an authority of our own."""
    findings, parts = Findings(), urlsplit(lab.target.http)
    with TemporaryDirectory() as folder:
        made = certificate(Path(folder))
        target = (parts.hostname or "", parts.port or 80)
        with Terminator(server_context(made), target) as terminator:
            look_at(findings, "127.0.0.1", terminator.port, authority=made.authority)
            trusting = ssl.create_default_context(cafile=str(made.authority))
            url = f"https://127.0.0.1:{terminator.port}/health/live/"
            status = httpx.get(url, verify=trusting, timeout=TIMEOUT_S).status_code
            findings.probe(status == 200, Severity.HIGH, f"GET {url}: {status}")
    return findings.outcome()


def look_at(findings: Findings, host: str, port: int, *, authority: Path | None = None) -> None:
    """`authority`: a file of whom to trust; those of this machine without."""
    where = f"{host}:{port}"
    trusting = ssl.create_default_context(cafile=str(authority) if authority else None)
    refusal = _refusal(host, port, trusting)
    findings.probe(not refusal, Severity.CRITICAL, f"{where}: {refusal}")
    for version in OLD:
        holds = bool(_refusal(host, port, _careless("ALL:@SECLEVEL=0", version)))
        findings.probe(holds, Severity.HIGH, f"{where}: speaks {version.name}")
    weak = _careless(WEAK, ssl.TLSVersion.TLSv1_2)
    holds = bool(_refusal(host, port, weak))
    findings.probe(holds, Severity.HIGH, f"{where}: takes a weak cipher")
    for version in (ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3):
        _look_at_cipher(findings, host, port, version)
    _look_at_certificate(findings, host, port)


def _look_at_cipher(findings: Findings, host: str, port: int, version: ssl.TLSVersion) -> None:
    context = _careless("DEFAULT", version)
    try:
        with _connected(host, port, context) as connection:
            name = (connection.cipher() or ("none",))[0]
    except OSError as error:
        finding = f"{host}:{port}: does not speak {version.name}: {error}"
        is_needed = version is ssl.TLSVersion.TLSv1_3
        findings.probe(not is_needed, Severity.MEDIUM, finding)
        return
    secret = name.startswith(("ECDHE", "DHE", "TLS_"))
    findings.probe(secret, Severity.MEDIUM, f"{host}:{port}: {name} keeps no forward secrecy")
    sealed = any(kind in name for kind in ("GCM", "CHACHA20", "CCM"))
    findings.probe(sealed, Severity.MEDIUM, f"{host}:{port}: {name} is not authenticated")


def _look_at_certificate(findings: Findings, host: str, port: int) -> None:
    with _connected(host, port, _careless("DEFAULT", ssl.TLSVersion.TLSv1_2)) as connection:
        found = x509.load_der_x509_certificate(connection.getpeercert(binary_form=True) or b"")
    left, where = found.not_valid_after_utc - utc_now(), f"{host}:{port}"
    findings.probe(left > timedelta(0), Severity.CRITICAL, f"{where}: its certificate has expired")
    findings.probe(left > SOON, Severity.MEDIUM, f"{where}: its certificate has {left.days} days")
    key, hashed = found.public_key(), found.signature_hash_algorithm
    strong = not isinstance(key, rsa.RSAPublicKey) or key.key_size >= 2048
    findings.probe(strong, Severity.HIGH, f"{where}: its certificate has a short key")
    signed = hashed is None or hashed.name not in ("md5", "sha1")
    findings.probe(signed, Severity.HIGH, f"{where}: its certificate is signed with SHA-1")
    findings.count("days_left", left.days)


def _careless(ciphers: str, version: ssl.TLSVersion) -> ssl.SSLContext:
    """Trusts anybody, and speaks this version only: to see what is offered."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    context.minimum_version = context.maximum_version = version
    context.set_ciphers(ciphers)
    return context


def _connected(host: str, port: int, context: ssl.SSLContext) -> ssl.SSLSocket:
    plain = socket.create_connection((host, port), timeout=TIMEOUT_S)
    return context.wrap_socket(plain, server_hostname=host)


def _refusal(host: str, port: int, context: ssl.SSLContext) -> str:
    """Why there is no connection; empty when there is one."""
    try:
        _connected(host, port, context).close()
    except ssl.SSLCertVerificationError as error:
        return error.verify_message
    except OSError as error:
        return str(error)
    return ""
