"""Apple's gateway for merchant sessions, over TLS that asks for the merchant's certificate.

The standard library's server, because the certificate of the caller has to be seen.
"""

import hashlib
import json
import secrets
import ssl
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from cryptography import x509

from payments.sandbox.apple.authority import merchant_of
from payments.sandbox.apple.credentials import Credentials

PATH = "/paymentservices/paymentSession"
FIELDS = {"merchantIdentifier", "displayName", "initiative", "initiativeContext"}
LASTS_MS = 5 * 60 * 1000


def gateway(known: Credentials, port: int) -> ThreadingHTTPServer:
    server = ThreadingHTTPServer(("127.0.0.1", port), Sessions)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(known.path("gateway"))
    context.load_verify_locations(known.root)
    context.verify_mode = ssl.CERT_REQUIRED
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=False
    )
    return server


class Sessions(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def do_POST(self) -> None:
        body = self.rfile.read(min(int(self.headers.get("Content-Length", 0)), 65536))
        status, told = self._answer(body)
        text = json.dumps(told).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def _answer(self, body: bytes) -> tuple[int, dict[str, Any]]:
        if self.path != PATH:
            return 404, {"statusMessage": "Not Found"}
        try:
            asked = json.loads(body)
        except ValueError:
            return 400, {"statusMessage": "Bad Request"}
        if not _is_sound(asked):
            return 400, {"statusMessage": "Bad Request"}
        if asked["merchantIdentifier"] and self._merchant() != _hashed(asked["merchantIdentifier"]):
            return 417, {"statusMessage": "Expectation Failed"}
        return 200, _session(asked)

    def _merchant(self) -> str:
        assert isinstance(self.connection, ssl.SSLSocket)
        told = self.connection.getpeercert(binary_form=True)
        return merchant_of(x509.load_der_x509_certificate(told)) if told else ""

    def log_message(self, *args: object) -> None:
        return


def _hashed(merchant_id: str) -> str:
    return hashlib.sha256(merchant_id.encode()).hexdigest()


def _is_sound(asked: Any) -> bool:
    if not isinstance(asked, dict) or asked.keys() != FIELDS:
        return False
    if not all(isinstance(value, str) and value for value in asked.values()):
        return False
    context = asked["initiativeContext"]
    is_host = "/" not in context and ":" not in context and " " not in context
    return asked["initiative"] == "web" and len(asked["displayName"]) <= 64 and is_host


def _session(asked: dict[str, str]) -> dict[str, Any]:
    now = int(time.time() * 1000)
    return {
        "epochTimestamp": now,
        "expiresAt": now + LASTS_MS,
        "merchantSessionIdentifier": f"SSH{secrets.token_hex(32).upper()}",
        "nonce": secrets.token_hex(4),
        "merchantIdentifier": _hashed(asked["merchantIdentifier"]).upper(),
        "domainName": asked["initiativeContext"],
        "displayName": asked["displayName"],
        "signature": secrets.token_hex(64),
        "operationalAnalyticsIdentifier": f"{asked['displayName']}:sandbox",
        "retries": 0,
    }
