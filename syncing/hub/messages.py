"""What the server says. Every text is encoded once, however many sockets it goes to."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from fynlo.events.envelopes import Written

ENDING = frozenset({"session.ended", "device.revoked"})


@dataclass(frozen=True, slots=True)
class Message:
    """One event on its way to sockets. `size` in bytes; `ends` is the session or device whose
    sockets must be closed because of it; `published_at` (Unix seconds) is None when it comes from
    the log."""

    seq: int
    stream: str
    text: str
    size: int
    ends: UUID | None
    published_at: float | None = None


def message(*, seq: int, stream: str, text: str, published_at: float | None = None) -> Message:
    ends = _ends(text) if stream == "staff" else None
    return Message(seq, stream, text, len(text.encode()), ends, published_at)


def _ends(text: str) -> UUID | None:
    event = orjson.loads(text)
    return UUID(event["id"]) if event["kind"] in ENDING else None


def from_log(written: Written) -> Message:
    return message(seq=written.seq, stream=written.stream, text=written.envelope)


def from_nudge(data: bytes) -> tuple[UUID, Message]:
    """Restaurant and message, as `fynlo.events.nudge` publishes them.

    Raises ValueError for anything else.
    """
    head, _, envelope = data.partition(b"\n")
    restaurant, seq, stream, published_at = head.decode().split(" ")
    said = message(
        seq=int(seq), stream=stream, text=envelope.decode(), published_at=float(published_at)
    )
    return UUID(restaurant), said


def text(kind: str, **fields: Any) -> str:
    return orjson.dumps({"type": kind, **fields}).decode()
