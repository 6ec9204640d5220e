"""The WebSocket. Channels brings clients here; what they receive comes from the hub."""

import asyncio
from collections.abc import Coroutine
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import Any

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from fynlo.accounts.actor import Actor
from fynlo.accounts.errors import SessionEnded
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import durable
from fynlo.errors import DependencyDown, DomainError
from syncing.errors import CloseCode, SocketRefused
from syncing.hub import threads
from syncing.hub.hub import Hub
from syncing.hub.messages import text
from syncing.hub.socket import Socket
from syncing.selectors import sockets as selectors
from syncing.serializers import socket as serializers
from syncing.services.acknowledging import acknowledge

hub = Hub()


class Nowhere(AsyncWebsocketConsumer):  # type: ignore[misc]
    """Refuses the handshake on any other path."""

    channel_layer_alias = "none"

    async def connect(self) -> None:
        await self.close()


class Events(AsyncWebsocketConsumer):  # type: ignore[misc]
    """`/ws/v1/events/`: what one member may see of their restaurant, as it happens.

    Delivery is the hub's, so the consumer joins no channel layer.
    """

    channel_layer_alias = "none"

    def __init__(self) -> None:
        super().__init__()
        self._socket: Socket | None = None
        self._since: int | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def __call__(self, *asgi: Any) -> None:
        try:
            await super().__call__(*asgi)
        finally:
            await self._clean_up()

    async def connect(self) -> None:
        if not serializers.origin_is_allowed(self.scope, settings.ALLOWED_ORIGINS):
            await self.close()
            return
        offered = serializers.SUBPROTOCOL in self.scope["subprotocols"]
        await self.accept(serializers.SUBPROTOCOL if offered else None)
        try:
            self._admit(serializers.request(self.scope))
        except SocketRefused as refused:
            await self.close(refused.code)

    def _admit(self, request: serializers.Request) -> None:
        self._since = request.since
        self._socket = hub.admit(
            actor=request.identity.actor,
            streams=request.streams,
            expires_at=request.identity.expires_at,
            on_end=self._end,
        )
        self._start(self._serve(self._socket))

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _clean_up(self) -> None:
        tasks = tuple(self._tasks)
        for task in tasks:
            task.cancel()
        if self._socket:
            hub.leave(self._socket)
        await asyncio.gather(*tasks, return_exceptions=True)

    def _end(self, code: CloseCode) -> None:
        """Stops whatever is being sent, and closes."""
        hub.figures.closed(code)
        for task in self._tasks:
            task.cancel()
        self._start(self._close(code))

    async def _close(self, code: CloseCode) -> None:
        with suppress(OSError):
            await self.close(code)

    async def _serve(self, socket: Socket) -> None:
        try:
            await self._greet(socket)
            await self._send_queue(socket)
        except SessionEnded:
            socket.end(CloseCode.REFUSED)
        except threads.DATABASE_AWAY:
            socket.end(CloseCode.TRY_AGAIN)
        except OSError:
            return  # The client has gone; Channels is told by the server.

    async def _greet(self, socket: Socket) -> None:
        """Joins first and looks afterwards, so that nothing falls between log and live."""
        await hub.join(socket)
        extent = await _admission(socket)
        beat_s = hub.limits.heartbeat_s
        await self.send(text("hello", seq=extent.last, heartbeat_s=beat_s))
        socket.seq = extent.last if self._since is None else self._since
        if reason := _must_refetch(self._since, extent):
            socket.seq = extent.last
            await self.send(text("refetch", reason=reason))
        await self._catch_up(socket, is_behind=socket.seq < extent.last)

    async def _catch_up(self, socket: Socket, *, is_behind: bool) -> None:
        """Missed events from the log, then the word live, then what came in meanwhile."""
        if is_behind:
            await self._send_missed(socket)
        _say(socket, "live")
        while not socket.release():
            await self._send_missed(socket)

    async def _send_missed(self, socket: Socket) -> None:
        is_more = True
        while is_more:
            place = selectors.Place(
                socket.actor.restaurant_id, socket.streams, socket.seq, hub.limits.page
            )
            page = await threads.until_answered(partial(hub.pages.ask, place))
            for written in page.events:
                await self._send(socket, written.envelope)
                socket.seq = written.seq
                hub.figures.delivered(None)
            is_more = page.is_more

    async def _send_queue(self, socket: Socket) -> None:
        while True:
            message, published_at = await socket.next()
            await self._send(socket, message)
            hub.figures.delivered(published_at)

    async def _send(self, socket: Socket, message: str) -> None:
        socket.sending_since = asyncio.get_running_loop().time()
        await self.send(message)
        socket.sending_since = None

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        socket = self._socket
        if socket is None or socket.has_ended:
            return
        try:
            await self._answer(socket, serializers.message(text_data))
        except SocketRefused as refused:
            socket.end(refused.code)

    async def _answer(self, socket: Socket, message: dict[str, Any]) -> None:
        match message.get("type"):
            case "ping":
                _say(socket, "pong")
            case "auth":
                await self._renew(socket, serializers.identity_of(message.get("token")))
            case "ack":
                await self._acknowledge(socket, serializers.seq(message.get("seq")))
            case _:
                raise SocketRefused(CloseCode.MALFORMED)

    async def _renew(self, socket: Socket, identity: serializers.Identity) -> None:
        """The hub knows the new session before it is looked up, as in `_greet`."""
        actor = identity.actor
        if (
            actor.membership_id != socket.actor.membership_id
            or not socket.streams <= serializers.allowed_streams(actor)
        ):
            raise SocketRefused(CloseCode.REFUSED)
        socket.renew(actor, expires_at=identity.expires_at)
        try:
            await threads.until_answered(partial(_admission, socket))
        except SessionEnded as error:
            raise SocketRefused(CloseCode.REFUSED) from error
        until = datetime.fromtimestamp(identity.expires_at, UTC)
        _say(socket, "authenticated", expires_at=as_utc_text(until))

    async def _acknowledge(self, socket: Socket, seq: int) -> None:
        try:
            await threads.run(threads.ACKS, partial(_acknowledge, socket.actor, seq))
        except DomainError as error:
            _say(socket, "refused", seq=seq, code=error.code)
        except threads.DATABASE_AWAY:
            _say(socket, "refused", seq=seq, code=DependencyDown.code)
        else:
            _say(socket, "acknowledged", seq=seq)


def _say(socket: Socket, kind: str, **fields: Any) -> None:
    said = text(kind, **fields)
    socket.put(said, len(said))


async def _admission(socket: Socket) -> selectors.Extent:
    """Raises SessionEnded."""
    actor = socket.actor
    extent = await hub.admissions.ask(selectors.Caller(actor.restaurant_id, actor.session_id))
    if extent is None:
        raise SessionEnded
    return extent


def _must_refetch(since: int | None, extent: selectors.Extent) -> str | None:
    """Why the log cannot bring this client up to date, if it cannot."""
    if since is None or since == extent.last:
        return None
    if since > extent.last:
        return "since_is_ahead"
    is_gone = extent.oldest == 0 or since < extent.oldest - 1
    return "since_is_too_old" if is_gone else None


def _acknowledge(by: Actor, seq: int) -> None:
    with durable():
        acknowledge(by=by, now=utc_now(), seq=seq)
