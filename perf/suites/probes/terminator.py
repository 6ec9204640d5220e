"""TLS in front of something that speaks plainly, on this machine: what nginx is in production."""

import socket
import ssl
import threading
from contextlib import suppress
from socketserver import BaseRequestHandler, ThreadingTCPServer
from types import TracebackType
from typing import Any

from perf.suites.probes.certificates import Certificate

PIECE = 64 * 1024


def server_context(certificate: Certificate) -> ssl.SSLContext:
    """TLS 1.2 and 1.3, as in `deploy/nginx.conf`."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.load_cert_chain(certificate.chain, certificate.key)
    return context


class Terminator:
    """A context manager; `port` is where it listens. Bytes go to `target` and back."""

    def __init__(self, context: ssl.SSLContext, target: tuple[str, int]) -> None:
        self._server = _Server(context, target)
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    def __enter__(self) -> "Terminator":
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingTCPServer):
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext, target: tuple[str, int]) -> None:
        self.context, self.target = context, target
        super().__init__(("127.0.0.1", 0), _Connection)


class _Connection(BaseRequestHandler):
    server: _Server

    def handle(self) -> None:
        """Who does not like our certificate, or our ciphers, goes away."""
        with suppress(OSError):
            client = self.server.context.wrap_socket(self.request, server_side=True)
            with client, socket.create_connection(self.server.target, timeout=30) as target:
                there = threading.Thread(target=_pour, args=(client, target), daemon=True)
                there.start()
                _pour(target, client)
                there.join(timeout=1)


def _pour(source: Any, sink: Any) -> None:
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
        sink.shutdown(socket.SHUT_WR)
