"""Connections at rest, and who waits for one: first come, first served."""

from collections import deque
from threading import Condition

from sqlalchemy.pool import ConnectionPoolEntry
from sqlalchemy.util.queue import Empty, Queue


class _Turn(Condition):
    """Of one who waits: what was handed over."""

    item: ConnectionPoolEntry | None = None


class FairQueue(Queue[ConnectionPoolEntry]):
    """The library's queue, whose `put` hands the item to whoever has waited longest.

    There, who gives a connection back may take it again before a waiter wakes, and some wait until
    their time is over. An item that is handed over is no longer in the queue.
    """

    def _init(self, maxsize: int) -> None:
        super()._init(maxsize)
        self._turns: deque[_Turn] = deque()

    @property
    def waiting(self) -> int:
        return len(self._turns)

    def put(
        self, item: ConnectionPoolEntry, block: bool = True, timeout: float | None = None
    ) -> None:
        with self.mutex:
            if not self._turns:
                super().put(item, block, timeout)
                return
            turn = self._turns.popleft()
            turn.item = item
            turn.notify()

    def get(self, block: bool = True, timeout: float | None = None) -> ConnectionPoolEntry:
        """Raises Empty when there is none within `timeout` seconds, or at once without `block`."""
        with self.mutex:
            if self.queue or not block:
                return super().get(block=False)
            return self._wait(timeout)

    def _wait(self, timeout: float | None) -> ConnectionPoolEntry:
        turn = _Turn(self.mutex)
        self._turns.append(turn)
        try:
            turn.wait_for(lambda: turn.item is not None, timeout)
        except BaseException:
            if turn.item is not None:
                self.put(turn.item)
            raise
        finally:
            if turn.item is None:
                self._turns.remove(turn)
        if turn.item is None:
            raise Empty
        return turn.item
