"""Many use cases in one transaction: what a lock protects is read once.

An offline till's batch holds a hundred acts on a few orders. What such an act has locked stays as
it is to the end of the transaction, so a selector may keep it for the next. Outside of a batch
nothing is kept.
"""

from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar, cast

T = TypeVar("T")
_KEPT: ContextVar[dict[Hashable, Any] | None] = ContextVar("kept", default=None)


@contextmanager
def batch() -> Iterator[None]:
    """Inside one transaction, which must be rolled back when the block raises."""
    token = _KEPT.set({})
    try:
        yield
    finally:
        _KEPT.reset(token)


def kept(key: Hashable, read: Callable[[], T]) -> T:
    """What was kept under this key, or else what `read` finds, which is then kept."""
    known = _KEPT.get()
    if known is None:
        return read()
    if key not in known:
        known[key] = read()
    return cast("T", known[key])


def keep(key: Hashable, value: object) -> None:
    known = _KEPT.get()
    if known is not None:
        known[key] = value


@contextmanager
def forgetting() -> Iterator[None]:
    """Around an act that changes more than the batch keeps track of: it reads everything itself,
    and so does what comes after it."""
    token = _KEPT.set(None)
    try:
        yield
    finally:
        _KEPT.reset(token)
        known = _KEPT.get()
        if known is not None:
            known.clear()
