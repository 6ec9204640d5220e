"""A thousand clients that come back at once ask PostgreSQL a few questions, not thousands."""

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Mapping, Sequence
from typing import Generic, TypeVar

Q = TypeVar("Q", bound=Hashable)
A = TypeVar("A")


class Together(Generic[Q, A]):
    """Questions that come while others are being answered are answered together afterwards, at
    most `limit` at a time, and the same question once. No answer is older than its question.

    `answer` must have an answer for every question.
    """

    def __init__(
        self, answer: Callable[[Sequence[Q]], Awaitable[Mapping[Q, A]]], *, limit: int
    ) -> None:
        self._answer = answer
        self._limit = limit
        self._waiting: dict[Q, asyncio.Future[A]] = {}
        self._work: asyncio.Task[None] | None = None

    async def ask(self, question: Q) -> A:
        """Raises what answering raises."""
        loop = asyncio.get_running_loop()
        future = self._waiting.setdefault(question, loop.create_future())
        if self._work is None or self._work.done():
            self._work = asyncio.create_task(self._answer_all())
        return await asyncio.shield(future)

    async def _answer_all(self) -> None:
        while self._waiting:
            asked = dict(tuple(self._waiting.items())[: self._limit])
            for question in asked:
                del self._waiting[question]
            await self._answer_some(asked)

    async def _answer_some(self, asked: Mapping[Q, "asyncio.Future[A]"]) -> None:
        (outcome,) = await asyncio.gather(self._answer(tuple(asked)), return_exceptions=True)
        for question, future in asked.items():
            if isinstance(outcome, BaseException):
                future.set_exception(outcome)
                future.exception()  # or asyncio complains when everybody who asked has gone
            else:
                future.set_result(outcome[question])
