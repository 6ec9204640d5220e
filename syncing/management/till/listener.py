"""The till's ear: a WebSocket that resumes from the last number it heard, however it was cut."""

import json
import threading
import time
from collections.abc import Callable
from typing import Any

from websockets.exceptions import WebSocketException
from websockets.sync.client import ClientConnection, connect
from websockets.typing import Subprotocol

Event = dict[str, Any]


class Listener:
    """Collects events in `events` (by number) from `since` on, in a thread of its own."""

    def __init__(
        self,
        url: str,
        access: str,
        *,
        since: int | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.url, self.access, self.since = url, access, since
        self.events: dict[int, Event] = {}
        self.repeats = self.reconnects = 0
        self.out_of_order = 0
        self.live = threading.Event()
        self._on_event = on_event
        self._stopping = threading.Event()
        self._heard = threading.Condition()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> "Listener":
        self._thread.start()
        return self

    def stop(self) -> None:
        self._stopping.set()
        self._thread.join(timeout=10)

    def wait_for(self, seq: int, *, seconds: float) -> bool:
        """Whether everything up to this number was heard in time."""
        return self.wait_until(lambda: max(self.events, default=0) >= seq, seconds=seconds)

    def wait_until(self, condition: Callable[[], bool], *, seconds: float) -> bool:
        """Whether it became true with an event, or was, in time."""
        with self._heard:
            return self._heard.wait_for(condition, seconds)

    def _run(self) -> None:
        while not self._stopping.is_set():
            try:
                with self._connect() as socket:
                    self._listen(socket)
            except (OSError, WebSocketException, TimeoutError):
                self.live.clear()
            if not self._stopping.is_set():
                self.reconnects += 1
                time.sleep(0.2)

    def _connect(self) -> ClientConnection:
        since = "" if self.since is None else f"?since={self.since}"
        protocols = [Subprotocol("fynlo.v1"), Subprotocol(f"bearer.{self.access}")]
        return connect(self.url + since, subprotocols=protocols, open_timeout=5, close_timeout=2)

    def _listen(self, socket: ClientConnection) -> None:
        while not self._stopping.is_set():
            try:
                message = json.loads(socket.recv(timeout=0.5))
            except TimeoutError:
                continue
            self._take(message)

    def _take(self, message: dict[str, Any]) -> None:
        if message["type"] == "hello" and self.since is None:
            self.since = message["seq"]
        elif message["type"] == "live":
            self.live.set()
        elif message["type"] == "event":
            self._keep(message)

    def _keep(self, event: Event) -> None:
        seq = event["seq"]
        is_repeat = seq in self.events
        self.repeats += is_repeat
        self.out_of_order += not is_repeat and seq < max(self.events, default=0)
        if self._on_event and not is_repeat:
            self._on_event(event)
        with self._heard:
            self.events[seq] = event
            self.since = max(seq, self.since or 0)
            self._heard.notify_all()
