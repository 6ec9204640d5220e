import asyncio
from functools import partial
from uuid import UUID

from fynlo.events import reading
from syncing.errors import CloseCode
from syncing.hub import threads
from syncing.hub.messages import Message, from_log
from syncing.hub.socket import Socket


class Feed:
    """One restaurant's events: handed to the local sockets once each, in the order of `seq`.

    Events come from Redis while each is the successor of the last. After a gap they come from
    the log, which has every event up to any number that was ever announced.
    """

    def __init__(self, restaurant_id: UUID, *, seq: int, page: int) -> None:
        self.restaurant_id = restaurant_id
        self.seq = seq
        self.sockets: set[Socket] = set()
        self._announced = seq
        self._page = page
        self._reading: asyncio.Task[None] | None = None

    def offer(self, message: Message) -> None:
        """An event that may be early, late or a repetition."""
        self._expel(message)
        if message.seq == self.seq + 1 and self._reading is None:
            self._hand_on(message)
        else:
            self.reach(message.seq)

    def pass_on(self, message: Message) -> None:
        """What is in no log."""
        for socket in self.sockets:
            socket.pass_on(message)

    def reach(self, seq: int) -> None:
        """The log has events up to `seq`: reads those that have not been handed on."""
        self._announced = max(self._announced, seq)
        if self._announced > self.seq and self._reading is None:
            self._reading = asyncio.create_task(self._read())

    def stop(self) -> None:
        if self._reading:
            self._reading.cancel()

    async def _read(self) -> None:
        try:
            while self.seq < self._announced:
                await self._read_to(self._announced)
        finally:
            self._reading = None

    async def _read_to(self, announced: int) -> None:
        """A number that the log no longer has is passed over once the log has been read."""
        is_more = True
        while is_more:
            query = partial(
                reading.after, restaurant_id=self.restaurant_id, seq=self.seq, limit=self._page
            )
            found = await threads.run_until_answered(threads.LIVE, query)
            for written in found:
                message = from_log(written)
                self._expel(message)
                self._hand_on(message)
            is_more = len(found) == self._page
        self.seq = max(self.seq, announced)

    def _hand_on(self, message: Message) -> None:
        self.seq = message.seq
        for socket in self.sockets:
            socket.offer(message)

    def _expel(self, message: Message) -> None:
        if message.ends:
            for socket in self.sockets:
                if socket.belongs_to(message.ends):
                    socket.end(CloseCode.REFUSED)
