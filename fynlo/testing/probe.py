"""Somebody who asks the same question all the time, and notes every answer."""

import statistics
import threading
import time
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

import httpx

PAUSE_S = 0.02


@dataclass(frozen=True)
class Answer:
    """`at`: when it came (monotonic seconds); `took`: seconds; status 0: the connection broke."""

    at: float
    took: float
    status: int
    kind: str
    retry_after: str
    code: str


class Probe:
    """Asks from a thread of its own while it is entered."""

    def __init__(self, base: str, path: str, access: str) -> None:
        headers = {"Authorization": f"Bearer {access}"}
        self.answers: list[Answer] = []
        self._path = path
        self._http = httpx.Client(base_url=f"{base}/api/v1/", headers=headers, timeout=20)
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stopping.set()
        self._thread.join(30)

    def since(self, moment: float) -> list[Answer]:
        """The answers to what was asked after this moment."""
        return [answer for answer in self.answers if answer.at - answer.took >= moment]

    def _run(self) -> None:
        while not self._stopping.wait(PAUSE_S):
            self.answers.append(self._ask())

    def _ask(self) -> Answer:
        started = time.monotonic()
        try:
            answer = self._http.get(self._path)
        except httpx.TransportError:
            return Answer(time.monotonic(), time.monotonic() - started, 0, "", "", "")
        kind = answer.headers.get("Content-Type", "")
        problem: dict[str, Any] = answer.json() if "problem" in kind else {}
        retry_after = answer.headers.get("Retry-After", "")
        now = time.monotonic()
        code = str(problem.get("code", ""))
        return Answer(now, now - started, answer.status_code, kind, retry_after, code)


def median_ms(answers: list[Answer]) -> float:
    return statistics.median(answer.took for answer in answers) * 1000
