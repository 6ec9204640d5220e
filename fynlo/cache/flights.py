"""One loader for each key: who asks while it loads waits for what it brings."""

from collections.abc import Callable, Hashable
from concurrent.futures import Future
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Flights(Generic[T]):
    """Of this process."""

    def __init__(self) -> None:
        self._flying: dict[Hashable, Future[T]] = {}
        self._lock = Lock()

    def board(self, key: Hashable, load: Callable[[], T]) -> tuple[T, bool]:
        """What `load` returns, here (True) or in the thread that is loading this key already.

        Raises what `load` raises here; when it fails elsewhere, it is tried here.
        """
        with self._lock:
            other = self._flying.get(key)
            flight = self._flying.setdefault(key, Future())
        if other is None:
            return self._fly(key, flight, load), True
        return (load(), True) if other.exception() else (other.result(), False)

    def _fly(self, key: Hashable, flight: "Future[T]", load: Callable[[], T]) -> T:
        try:
            found = load()
        except BaseException as error:
            self._land(key)
            flight.set_exception(error)
            raise
        self._land(key)
        flight.set_result(found)
        return found

    def _land(self, key: Hashable) -> None:
        with self._lock:
            del self._flying[key]
