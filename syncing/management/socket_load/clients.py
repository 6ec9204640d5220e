"""One process full of WebSocket clients, told over a pipe what to do. Knows nothing of Django.

Times are nanoseconds of the machine's monotonic clock, which all of its processes share.
"""

import asyncio
import gc
import socket
from array import array
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection
from time import monotonic_ns

import uvloop
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.uri import parse_uri

EVENT = b'{"type":"event","seq":'
HELLO = b'{"type":"hello","seq":'
LIVE = b'{"type":"live"}'
SECOND = 1_000_000_000
SMALL_BUFFER = 8 * 1024


@dataclass(frozen=True, slots=True)
class Ticket:
    """Who connects: `place` is the number of the restaurant. `is_slow`: with little room to
    receive in."""

    place: int
    address: str
    token: str
    is_slow: bool = False


@dataclass(slots=True)
class Heard:
    """What one socket received, in the order in which it came: numbers, and when each was read.
    `due_at` is when it had to connect, `live_at` 0 when it never was live; `code` is None while
    it is open."""

    place: int
    due_at: int = 0
    live_at: int = 0
    code: int | None = None
    seqs: "array[int]" = field(default_factory=lambda: array("q"))
    at: "array[int]" = field(default_factory=lambda: array("q"))


class Client(asyncio.Protocol):
    """Reads frames as they arrive: no task and no queue for each, so that a thousand of these
    cost less than the server that is measured."""

    def __init__(self, fleet: "Fleet", ticket: Ticket, since: int | None) -> None:
        self.ticket = ticket
        self.heard = Heard(ticket.place)
        self.last = since
        self.transport: asyncio.Transport | None = None
        self._fleet = fleet
        self._uri = parse_uri(ticket.address + ("" if since is None else f"?since={since}"))
        self._frames = ClientProtocol(self._uri, max_size=None)

    async def connect(self, due_at: int) -> None:
        self.heard.due_at, self.heard.live_at, self.heard.code = due_at, 0, None
        loop = asyncio.get_running_loop()
        held = socket.socket()
        held.setblocking(False)
        if self.ticket.is_slow:
            held.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        try:
            await loop.sock_connect(held, (self._uri.host, self._uri.port))
            self.transport, _ = await loop.create_connection(lambda: self, sock=held)
        except OSError:
            held.close()
            self._end(1006)
            return
        request = self._frames.connect()
        request.headers["Authorization"] = f"Bearer {self.ticket.token}"
        self._frames.send_request(request)
        self._flush()

    def data_received(self, data: bytes) -> None:
        now = monotonic_ns()
        self._frames.receive_data(data)
        for found in self._frames.events_received():
            if isinstance(found, Frame) and found.opcode is Opcode.TEXT:
                self._take(bytes(found.data), now)
            else:
                self._flush()

    def _take(self, text: bytes, now: int) -> None:
        if text.startswith(EVENT):
            self.last = int(text[len(EVENT) : text.index(b",", len(EVENT))])
            self.heard.seqs.append(self.last)
            self.heard.at.append(now)
            self._fleet.count_one()
        elif text == LIVE:
            self.heard.live_at = now
            self._fleet.one_more_is_ready()
        elif text.startswith(HELLO) and self.last is None:
            self.last = int(text[len(HELLO) : text.index(b",", len(HELLO))])

    def connection_lost(self, error: Exception | None) -> None:
        self._frames.receive_eof()
        code = self._frames.close_code if self._frames.state > 1 else None
        self._end(code or 1006)

    def _end(self, code: int) -> None:
        self.heard.code = code
        if not self.heard.live_at:
            self._fleet.one_more_is_ready()

    def _flush(self) -> None:
        out = b"".join(self._frames.data_to_send())
        if out and self.transport:
            self.transport.write(out)

    def cut(self) -> None:
        """As when the network goes: no goodbye."""
        if self.transport:
            self.transport.abort()

    def read(self, *, is_reading: bool) -> None:
        if self.transport:
            self.transport.resume_reading() if is_reading else self.transport.pause_reading()


class Fleet:
    """The orders that a process takes. `received` counts events since the last `heard`."""

    def __init__(self) -> None:
        self.clients: list[Client] = []
        self._received = self._unready = 0
        self._are_ready = asyncio.Event()

    def count_one(self) -> None:
        self._received += 1

    def one_more_is_ready(self) -> None:
        self._unready -= 1
        if self._unready == 0:
            self._are_ready.set()

    async def received(self) -> int:
        return self._received

    async def closed(self) -> int:
        return sum(client.heard.code is not None for client in self.clients)

    async def connect(self, tickets: list[Ticket], per_second: float, patience_s: float) -> None:
        """Opens all at this rate, and waits until each is live or has failed."""
        clients = [Client(self, ticket, None) for ticket in tickets]
        self.clients += clients
        await self._open(clients, per_second, patience_s)

    async def resume(self, patience_s: float) -> None:
        """All that were closed connect at once, each from the last number that it has."""
        gone = [number for number, c in enumerate(self.clients) if c.heard.code is not None]
        for number in gone:
            old = self.clients[number]
            self.clients[number] = again = Client(self, old.ticket, old.last)
            again.heard = old.heard
        await self._open([self.clients[number] for number in gone], 1e9, patience_s)

    async def _open(self, clients: list[Client], per_second: float, patience_s: float) -> None:
        self._unready = len(clients)
        self._are_ready.clear()
        begun_at, opening = monotonic_ns(), []
        for number, client in enumerate(clients):
            due_at = begun_at + int(number * SECOND / per_second)
            if (wait := due_at - monotonic_ns()) > 0:
                await asyncio.sleep(wait / SECOND)
            opening.append(asyncio.create_task(client.connect(due_at)))
        if clients:
            with suppress(TimeoutError):
                await asyncio.wait_for(self._are_ready.wait(), patience_s)
            await asyncio.gather(*opening)

    async def heard(self) -> list[Heard]:
        """What each has received since it was last asked."""
        found = [client.heard for client in self.clients]
        for client in self.clients:
            was = client.heard
            client.heard = Heard(was.place, was.due_at, was.live_at, was.code)
        self._received = 0
        return found

    async def cut(self) -> None:
        for client in self.clients:
            client.cut()

    async def read(self, is_reading: bool) -> None:
        """The slow ones stop reading, or go on."""
        for client in self.clients:
            if client.ticket.is_slow:
                client.read(is_reading=is_reading)

    async def leave(self) -> None:
        """All go, and are forgotten."""
        await self.cut()
        self.clients.clear()
        self._received = 0


def obey(pipe: Connection) -> None:
    """The life of the process: orders in, answers out, until the pipe closes."""
    gc.disable()
    uvloop.run(_obey(pipe))


async def _obey(pipe: Connection) -> None:
    fleet = Fleet()
    with suppress(EOFError):
        while True:
            name, arguments = await asyncio.to_thread(pipe.recv)
            pipe.send(await getattr(fleet, name)(*arguments))
