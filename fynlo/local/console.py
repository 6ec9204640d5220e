import contextlib
import queue
import sys
import threading

CAPACITY = 10_000


class Console:
    """Prints lines from every process on one thread.

    A terminal that does not read (Ctrl-S, a full pipe, a closed one) must not freeze a till:
    when the queue is full, lines are dropped.
    """

    def __init__(self) -> None:
        self._lines: queue.Queue[str | None] = queue.Queue(CAPACITY)
        self._thread = threading.Thread(target=self._print, daemon=True)
        self._thread.start()

    def say(self, text: str, *, name: str = "fynlo") -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(f"{name:<8} | {text}\n")

    def show(self, text: str) -> None:
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(text + "\n")

    def close(self) -> None:
        """Prints what is waiting, for a second at most."""
        with contextlib.suppress(queue.Full):
            self._lines.put_nowait(None)
        self._thread.join(timeout=1)

    def _print(self) -> None:
        while (line := self._lines.get()) is not None:
            with contextlib.suppress(OSError, ValueError):
                sys.stdout.write(line)
                sys.stdout.flush()
