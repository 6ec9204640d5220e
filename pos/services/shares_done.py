"""How much of a long piece of work is done, told to whoever wants to know."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

Tell = Callable[[float], None]
"""Called with the share of the work that is done, from 0 to 1."""
T = TypeVar("T")


def to_nobody(share: float) -> None:
    """Nobody wants to know."""


def within(tell: Tell, first: float, last: float) -> Tell:
    """For a part of the work, which is from `first` to `last` of the whole."""
    return lambda share: tell(first + (last - first) * share)


def counted(rows: Sequence[T], tell: Tell) -> Iterator[T]:
    """The rows, told of every hundred."""
    for place, row in enumerate(rows):
        if place % 100 == 0:
            tell(place / len(rows))
        yield row
