"""A server that spends so many microseconds of processor on an answer: `GET /3000` takes 3 ms.

`python -m perf.tests.costly_server` prints its port and serves until it is killed.
"""

import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from time import thread_time


class Costly(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        until = thread_time() + int(self.path.strip("/")) / 1e6
        while thread_time() < until:
            pass
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *words: object) -> None:
        """Nothing."""


if __name__ == "__main__":
    server = HTTPServer(("127.0.0.1", 0), Costly)
    sys.stdout.write(f"{server.server_port}\n")
    sys.stdout.flush()
    server.serve_forever()
