import asyncio
from collections.abc import Awaitable, Sequence
from typing import TypeVar

import pytest

from syncing.hub.together import Together

Answers = dict[str, int]
R = TypeVar("R")


class Slow:
    """Counts its rounds, and holds up each of them until it is let go."""

    def __init__(self) -> None:
        self.rounds: list[set[str]] = []
        self.has_begun, self.may_go = asyncio.Event(), asyncio.Event()

    async def answer(self, questions: Sequence[str]) -> Answers:
        self.rounds.append(set(questions))
        self.has_begun.set()
        await self.may_go.wait()
        return dict.fromkeys(questions, len(self.rounds))


def soon(work: Awaitable[R]) -> R:
    async def in_time() -> R:
        return await asyncio.wait_for(work, 10)

    return asyncio.run(in_time())


async def ask_while_busy(together: Together[str, int], slow: Slow, *questions: str) -> list[int]:
    """One question begins a round, the others come while it is at work."""
    first = asyncio.create_task(together.ask("first"))
    await slow.has_begun.wait()
    later = [asyncio.create_task(together.ask(question)) for question in questions]
    await asyncio.sleep(0)
    slow.may_go.set()
    return await asyncio.gather(first, *later)


def test_what_is_asked_meanwhile_is_answered_by_the_next_round() -> None:
    slow = Slow()
    together = Together(slow.answer, limit=10)
    answers = soon(ask_while_busy(together, slow, "first", "second", "second"))
    assert answers == [1, 2, 2, 2], "an answer must not be older than its question"
    assert slow.rounds == [{"first"}, {"first", "second"}]


def test_a_round_is_bounded() -> None:
    slow = Slow()
    soon(ask_while_busy(Together(slow.answer, limit=2), slow, "a", "b", "c"))
    assert [len(asked) for asked in slow.rounds] == [1, 2, 1]


def test_all_who_asked_are_told_what_went_wrong_and_the_next_round_goes_on() -> None:
    rounds = 0

    async def answer(questions: Sequence[str]) -> Answers:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise LookupError("away")
        return dict.fromkeys(questions, rounds)

    async def ask() -> int:
        together = Together(answer, limit=10)
        asked = (together.ask("a"), together.ask("b"))
        failed = await asyncio.gather(*asked, return_exceptions=True)
        assert [type(error) for error in failed] == [LookupError, LookupError]
        return await together.ask("a")

    assert soon(ask()) == 2


def test_who_leaves_takes_nobody_along() -> None:
    slow = Slow()
    together = Together(slow.answer, limit=10)

    async def leave() -> int:
        leaver, stays = (asyncio.create_task(together.ask("a")) for _ in range(2))
        await slow.has_begun.wait()
        leaver.cancel()
        slow.may_go.set()
        with pytest.raises(asyncio.CancelledError):
            await leaver
        return await stays

    assert soon(leave()) == 1
