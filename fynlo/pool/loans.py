"""Who has borrowed a connection, since when, and from where in the code."""

import sys
from dataclasses import dataclass
from threading import Lock, current_thread
from time import monotonic
from types import CodeType, FrameType
from typing import TypedDict

_DEPTH = 40
_OURS = ("/fynlo/pool/", "/django/db/", "/sqlalchemy/")


class Held(TypedDict):
    """`borrower`: the line of code that asked, and who called it, nearest first."""

    held_s: float
    thread: str
    borrower: list[str]


@dataclass(slots=True)
class Loan:
    began_at: float
    thread: str
    stack: list[tuple[CodeType, int]]
    is_reported: bool = False

    def held(self) -> Held:
        calls = [
            f"{code.co_filename}:{line} {code.co_name}"
            for code, line in self.stack
            if not any(folder in code.co_filename for folder in _OURS)
        ]
        return {
            "held_s": round(monotonic() - self.began_at, 1),
            "thread": self.thread,
            "borrower": calls[:8],
        }


class Loans:
    """By the identity of the loan. Noting one takes a few microseconds: no text is made."""

    def __init__(self) -> None:
        self._loans: dict[int, Loan] = {}
        self._lock = Lock()

    def begin(self, key: int) -> None:
        loan = Loan(monotonic(), current_thread().name, _stack())
        with self._lock:
            self._loans[key] = loan

    def end(self, key: int) -> None:
        with self._lock:
            self._loans.pop(key, None)

    def longer_than(self, seconds: float) -> list[Loan]:
        latest = monotonic() - seconds
        with self._lock:
            return [loan for loan in self._loans.values() if loan.began_at <= latest]


def _stack() -> list[tuple[CodeType, int]]:
    frame: FrameType | None = sys._getframe(2)
    found: list[tuple[CodeType, int]] = []
    while frame is not None and len(found) < _DEPTH:
        found.append((frame.f_code, frame.f_lineno))
        frame = frame.f_back
    return found
