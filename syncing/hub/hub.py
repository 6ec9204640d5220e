"""One per process: a single Redis subscription, and every local socket by restaurant."""

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from contextlib import suppress
from functools import partial
from typing import TypeVar
from uuid import UUID

from django.conf import settings

from fynlo.accounts.actor import Actor
from fynlo.clock import utc_now
from fynlo.events.nudge import PASSING
from syncing.errors import CloseCode, SocketRefused
from syncing.hub import threads
from syncing.hub.feed import Feed
from syncing.hub.figures import Figures
from syncing.hub.limits import Limits
from syncing.hub.messages import from_nudge, text
from syncing.hub.nudges import Nudges
from syncing.hub.report import Present, Reports
from syncing.hub.socket import Socket
from syncing.hub.together import Together
from syncing.selectors import sockets as selectors

Q = TypeVar("Q")
A = TypeVar("A")
logger = logging.getLogger(__name__)


def _by_threads(
    answer: Callable[[Sequence[Q]], Mapping[Q, A]],
) -> Callable[[Sequence[Q]], Awaitable[Mapping[Q, A]]]:
    return lambda questions: threads.run(threads.CLIENTS, partial(answer, questions))


class Hub:
    """Works from the first socket to the last. Everything here runs in the event loop."""

    def __init__(self) -> None:
        self.limits = Limits()
        self.figures = Figures()
        self.admissions = Together(_by_threads(selectors.admissions), limit=1000)
        self.pages = Together(_by_threads(selectors.pages), limit=50)
        self._newest = Together(_by_threads(selectors.last_seqs), limit=1000)
        self._sockets: set[Socket] = set()
        self._feeds: dict[UUID, Feed] = {}
        self._work: asyncio.Task[None] | None = None
        self._changed = asyncio.Event()

    @property
    def is_at_work(self) -> bool:
        return self._work is not None

    def admit(
        self,
        *,
        actor: Actor,
        streams: Collection[str],
        expires_at: int,
        on_end: Callable[[CloseCode], None],
    ) -> Socket:
        """A socket that counts until `leave`. Raises SocketRefused when there are too many."""
        self.start()
        of_session = sum(s.actor.session_id == actor.session_id for s in self._sockets)
        if (
            of_session >= self.limits.sockets_per_session
            or len(self._sockets) >= self.limits.sockets_per_process
        ):
            raise SocketRefused(CloseCode.TOO_MANY)
        socket = Socket(
            actor=actor,
            streams=streams,
            expires_at=expires_at,
            limits=self.limits,
            on_end=on_end,
        )
        self._sockets.add(socket)
        return socket

    async def join(self, socket: Socket) -> None:
        """From here on the socket is offered every event of its restaurant."""
        restaurant = socket.actor.restaurant_id
        if restaurant not in self._feeds:
            seq = await self._newest.ask(restaurant)
            feed = Feed(restaurant, seq=seq, page=self.limits.page)
            self._feeds.setdefault(restaurant, feed)
        socket.heartbeat_at = asyncio.get_running_loop().time() + self.limits.heartbeat_s
        self._feeds[restaurant].sockets.add(socket)

    def leave(self, socket: Socket) -> None:
        """The last one to leave stops the hub."""
        self._sockets.discard(socket)
        feed = self._feeds.get(socket.actor.restaurant_id)
        if feed:
            feed.sockets.discard(socket)
            if not feed.sockets:
                feed.stop()
                del self._feeds[feed.restaurant_id]
        if not self._sockets:
            self.stop()

    def start(self) -> None:
        """Does nothing when it is at work already."""
        if self._work is None:
            self.limits = Limits(**settings.REALTIME)
            self._work = asyncio.create_task(self._run())
            self._work.add_done_callback(self._on_done)

    def stop(self) -> None:
        if self._work:
            self._work.cancel()
            self._work = None

    async def _run(self) -> None:
        self._changed = asyncio.Event()
        nudges = Nudges(settings.REDIS_URL, on_nudge=self._on_nudge, on_change=self._changed.set)
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(nudges.listen())
            tasks.create_task(self._poll_forever(nudges))
            tasks.create_task(self._tick_forever())
            tasks.create_task(self._reports().tell())

    def _reports(self) -> Reports:
        return Reports(
            settings.REDIS_URL,
            every_s=self.limits.report_s,
            figures=lambda: self.figures.report(connections=len(self._sockets)),
            present=self._present,
        )

    def _present(self) -> Present:
        """The paired devices that have a socket here."""
        actors = (socket.actor for socket in self._sockets if socket.is_live)
        return frozenset((a.restaurant_id, a.device_id) for a in actors if a.device_id)

    def _on_done(self, work: asyncio.Task[None]) -> None:
        """A hub that breaks sends its clients away: they come back and resume."""
        if not work.cancelled() and (error := work.exception()):
            logger.error("the hub has failed", exc_info=error)
            self._work = None
            for socket in tuple(self._sockets):
                socket.end(CloseCode.RESTARTING)

    def _on_nudge(self, data: bytes) -> None:
        try:
            restaurant, said = from_nudge(data)
            if feed := self._feeds.get(restaurant):
                feed.pass_on(said) if said.seq == PASSING else feed.offer(said)
        except ValueError as error:
            logger.warning("a nudge that cannot be read was dropped: %s", error)

    async def _poll_forever(self, nudges: Nudges) -> None:
        while True:
            await self._poll()
            delay = self.limits.poll_s if nudges.is_connected else self.limits.poll_alone_s
            with suppress(TimeoutError):
                async with asyncio.timeout(delay):
                    await self._changed.wait()
            self._changed.clear()

    async def _poll(self) -> None:
        """Finds what Redis has not told."""
        query = partial(selectors.last_seqs, tuple(self._feeds))
        found = await threads.run_until_answered(threads.LIVE, query)
        for restaurant, seq in found.items():
            if feed := self._feeds.get(restaurant):
                feed.reach(seq)

    async def _tick_forever(self) -> None:
        while True:
            await asyncio.sleep(self.limits.tick_s)
            now, unix_now = asyncio.get_running_loop().time(), utc_now().timestamp()
            for feed in tuple(self._feeds.values()):
                for socket in tuple(feed.sockets):
                    self._tick(socket, feed, now, unix_now)

    def _tick(self, socket: Socket, feed: Feed, now: float, unix_now: float) -> None:
        if socket.expires_at <= unix_now:
            socket.end(CloseCode.SIGN_IN)
        elif socket.sending_since and now - socket.sending_since > self.limits.stall_s:
            socket.end(CloseCode.TOO_SLOW)
        elif socket.is_live and now >= socket.heartbeat_at:
            socket.heartbeat_at = now + self.limits.heartbeat_s
            beat = text("heartbeat", seq=max(feed.seq, socket.seq))
            socket.put(beat, len(beat))
