"""A dependency that goes away and comes back: a TCP wire in front of it that a test can cut."""

import socket
from contextlib import suppress
from threading import Lock, Thread

LOOPBACK = "127.0.0.1"


class Wire:
    """Listens on a port of its own and passes every byte on, until it is cut."""

    def __init__(self, host: str, port: int) -> None:
        self._target = (host, port)
        self._ends: list[socket.socket] = []
        self._lock = Lock()
        self._listener = socket.create_server((LOOPBACK, 0))
        self.port: int = self._listener.getsockname()[1]
        self._serve()

    def cut(self) -> None:
        """Breaks what is connected, and refuses what would connect."""
        with self._lock:
            _break(self._listener)
            while self._ends:
                _break(self._ends.pop())

    def mend(self) -> None:
        """Connects again, on the same port."""
        self._listener = socket.create_server((LOOPBACK, self.port))
        self._serve()

    def _serve(self) -> None:
        Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                near = listener.accept()[0]
                far = socket.create_connection(self._target)
            except OSError:
                return
            with self._lock:
                self._ends += [near, far]
            for ends in ((near, far), (far, near)):
                Thread(target=_pass_on, args=ends, daemon=True).start()


def _pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while data := source.recv(65536):
            target.sendall(data)
    _break(source)
    _break(target)


def _break(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
    end.close()
