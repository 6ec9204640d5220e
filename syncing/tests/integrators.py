"""An integrator's server on this machine: real HTTP, as well-behaved as a test wants it."""

import hashlib
import hmac
import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from queue import Queue
from threading import Event, Thread
from typing import Any

import orjson

PATIENCE_S = 30


@dataclass(frozen=True, slots=True)
class Got:
    """One request, as it came."""

    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def event(self) -> dict[str, Any]:
        parsed: dict[str, Any] = orjson.loads(self.body)
        return parsed

    def is_signed_by(self, secret: str) -> bool:
        """As the documents tell integrators to look."""
        pairs = [part.split("=", 1) for part in self.headers["Fynlo-Signature"].split(",")]
        (seconds,) = [value for name, value in pairs if name == "t"]
        signed = f"{seconds}.".encode() + self.body
        expected = hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        given = [value for name, value in pairs if name == "v1"]
        return any(hmac.compare_digest(expected, one) for one in given)


@dataclass
class Integrator:
    """Answers `statuses` in turn, then 200. `hangs`: until `let_go`; `trickles`: a byte at a time;
    `drops`: hangs up instead; `headers` and `says` go with every answer."""

    port: int = 0
    statuses: list[int] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    says: bytes = b"ok"
    hangs: bool = False
    trickles: bool = False
    drops: bool = False
    let_go: Event = field(default_factory=Event)
    got: Queue[Got] = field(default_factory=Queue)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook"

    def next(self) -> Got:
        return self.got.get(timeout=PATIENCE_S)

    def all(self) -> list[Got]:
        """What came up to now."""
        return [self.got.get_nowait() for _ in range(self.got.qsize())]

    def answer(self, request: BaseHTTPRequestHandler) -> None:
        if self.hangs:
            self.let_go.wait(PATIENCE_S)
        if self.trickles:
            request.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
            while not self.let_go.wait(0.2):
                request.wfile.write(b"x")
            return
        if self.drops:
            request.close_connection = True
            return
        request.send_response(self.statuses.pop(0) if self.statuses else 200)
        for name, value in self.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(self.says)))
        request.end_headers()
        request.wfile.write(self.says)


@contextmanager
def integrating(*, certificate: Path | None = None) -> Iterator[Integrator]:
    """With a certificate (PEM, its key beside it): over TLS."""
    integrator = Integrator()

    class Hook(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            integrator.got.put(Got(self.path, dict(self.headers), body))
            try:
                integrator.answer(self)
            except OSError:
                self.close_connection = True

        def log_message(self, *args: object) -> None:
            return

    class Server(ThreadingHTTPServer):
        daemon_threads = True
        block_on_close = False

        def handle_error(self, *args: object) -> None:
            return

    with Server(("127.0.0.1", 0), Hook) as server:
        if certificate:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(certificate)
            server.socket = context.wrap_socket(server.socket, server_side=True)
        integrator.port = server.server_port
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        try:
            yield integrator
        finally:
            integrator.let_go.set()
            server.shutdown()
            thread.join()
