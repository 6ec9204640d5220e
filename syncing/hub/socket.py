import asyncio
from collections import deque
from collections.abc import Callable, Collection
from uuid import UUID

from fynlo.accounts.actor import Actor
from syncing.errors import CloseCode
from syncing.hub.limits import Limits
from syncing.hub.messages import Message


class Socket:
    """One client as the hub sees it: who it is, and what waits to be sent to it.

    `expires_at`: Unix seconds. `seq`: the last event given to the client. `on_end` is called
    once, with the code to close with; from then on nothing is queued.
    """

    def __init__(
        self,
        *,
        actor: Actor,
        streams: Collection[str],
        expires_at: int,
        limits: Limits,
        on_end: Callable[[CloseCode], None],
    ) -> None:
        self.actor = actor
        self.streams = frozenset(streams)
        self.expires_at = expires_at
        self.seq = 0
        self.heartbeat_at = 0.0
        self.sending_since: float | None = None
        self.has_ended = False
        self._limits = limits
        self._on_end = on_end
        self._queue: deque[tuple[str, int, float | None]] = deque()
        self._queued_bytes = 0
        self._filled = asyncio.Event()
        self._held: list[Message] | None = []
        self._held_bytes = 0
        self._held_too_many = False

    @property
    def is_live(self) -> bool:
        return self._held is None and not self.has_ended

    def belongs_to(self, ended: UUID) -> bool:
        """Whether `ended` is this client's session or device."""
        return ended in (self.actor.session_id, self.actor.device_id)

    def renew(self, actor: Actor, *, expires_at: int) -> None:
        """The same member with a new token."""
        self.actor = actor
        self.expires_at = expires_at

    def end(self, code: CloseCode) -> None:
        if not self.has_ended:
            self.has_ended = True
            self._queue.clear()
            self._held = None
            self._on_end(code)

    def offer(self, message: Message) -> None:
        """Call in the order of `seq`. What the client has already, or may not see, is skipped."""
        if message.stream not in self.streams or message.seq <= self.seq or self.has_ended:
            return
        if self._held is None:
            self.seq = message.seq
            self.put(message.text, message.size, message.published_at)
        else:
            self._hold(self._held, message)

    def pass_on(self, message: Message) -> None:
        """What is in no log: a client that is not live yet does without it."""
        if self.is_live and message.stream in self.streams:
            self.put(message.text, message.size, message.published_at)

    def _hold(self, held: list[Message], message: Message) -> None:
        """Up to half a queue, so that what was held fits into it."""
        self._held_bytes += message.size
        is_many = len(held) >= self._limits.queue_messages // 2
        if is_many or self._held_bytes > self._limits.queue_bytes // 2:
            held.clear()
            self._held_too_many = True
        else:
            held.append(message)

    def release(self) -> bool:
        """From reading the log to live: queues what was offered meanwhile.

        False when that was too much to keep: read the log again, then call again.
        """
        if self._held_too_many:
            self._held, self._held_bytes, self._held_too_many = [], 0, False
            return False
        held, self._held = self._held or [], None
        for message in held:
            self.offer(message)
        return True

    def put(self, text: str, size: int, published_at: float | None = None) -> None:
        """Queues one message, or ends a client that is too slow to take what is queued."""
        if self.has_ended:
            return
        self._queue.append((text, size, published_at))
        self._queued_bytes += size
        is_full = len(self._queue) > self._limits.queue_messages
        if is_full or self._queued_bytes > self._limits.queue_bytes:
            self.end(CloseCode.TOO_SLOW)
        else:
            self._filled.set()

    async def next(self) -> tuple[str, float | None]:
        """The next message to send, when there is one, and when it was published."""
        while not self._queue:
            self._filled.clear()
            await self._filled.wait()
        text, size, published_at = self._queue.popleft()
        self._queued_bytes -= size
        return text, published_at
