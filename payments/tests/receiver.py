"""A till's own address for webhooks, in a test's hands."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from queue import Queue
from threading import Thread


@dataclass(frozen=True, slots=True)
class Delivery:
    body: bytes
    headers: dict[str, str]


@dataclass
class Receiver:
    """`refusals`: how many are answered 503 before the first is taken."""

    url: str = ""
    refusals: int = 0
    taken: Queue[Delivery] = field(default_factory=Queue)

    def next(self) -> Delivery:
        return self.taken.get(timeout=10)


@contextmanager
def receiving() -> Iterator[Receiver]:
    receiver = Receiver()

    class Answer(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.refusals -= 1
            is_refused = receiver.refusals >= 0
            if not is_refused:
                receiver.taken.put(Delivery(body, dict(self.headers)))
            self.send_response(503 if is_refused else 200)
            self.end_headers()

        def log_message(self, *args: object) -> None:
            return

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        thread = Thread(target=server.serve_forever, daemon=True)
        thread.start()
        receiver.url = f"http://127.0.0.1:{server.server_port}/hook/"
        yield receiver
        server.shutdown()
        thread.join()
