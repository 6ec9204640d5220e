"""Redis for those who can do without it, and must not wait for it again and again."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock
from time import monotonic

from django.conf import settings
from django_redis import get_redis_connection
from redis import Redis, exceptions

AWAY = (exceptions.ConnectionError, exceptions.TimeoutError)


class NotAsked(exceptions.ConnectionError):
    """Redis did not answer a moment ago."""


class Patience:
    """After a failure one caller in REDIS_PAUSE_S seconds tries again; the others do not wait.

    Without it a Redis that hangs would cost every request its timeout several times over.
    """

    def __init__(self) -> None:
        self._asks_again_at: float | None = None
        self._lock = Lock()

    def may_ask(self) -> bool:
        with self._lock:
            if self._asks_again_at is None:
                return True
            return monotonic() >= self._asks_again_at and self._pause()

    def failed(self) -> None:
        with self._lock:
            self._pause()

    def succeeded(self) -> None:
        with self._lock:
            self._asks_again_at = None

    def _pause(self) -> bool:
        self._asks_again_at = monotonic() + settings.REDIS_PAUSE_S
        return True


_patience = Patience()


@contextmanager
def asking() -> Iterator[Redis]:
    """The connection of the cache, or Redis in general for who has one of their own.

    Raises NotAsked, a RedisError, when Redis failed to answer anybody here within the pause.
    """
    if not _patience.may_ask():
        raise NotAsked("it did not answer a moment ago")
    try:
        yield get_redis_connection("default")
    except AWAY:
        _patience.failed()
        raise
    _patience.succeeded()
