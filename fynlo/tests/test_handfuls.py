"""What processes take of a limit together is never more than it has."""

from collections.abc import Callable, Sequence
from functools import partial
from threading import Barrier
from uuid import uuid4

import pytest
from django_redis import get_redis_connection

from fynlo.api import rates
from fynlo.api.handfuls import Handfuls, Limit
from fynlo.local.ports import wait_until
from fynlo.testing.races import at_once

SIXTY_FOURTH = 1200 // 64


def limit_of(most: int, window: int = 3600) -> Limit:
    return Limit(f"test-handfuls:{uuid4()}", most, window)


def passed(process: Handfuls, limit: Limit, times: int) -> int:
    return sum(process.spend([limit], rates._take)[0] >= 0 for _ in range(times))


def test_one_process_lets_pass_exactly_what_the_limit_has() -> None:
    limit = limit_of(1200)
    assert passed(Handfuls(), limit, 1300) == 1200


def test_what_remains_is_told_request_by_request() -> None:
    process, limit = Handfuls(), limit_of(200)
    told = [process.spend([limit], rates._take)[0] for _ in range(202)]
    assert told == [*range(199, -1, -1), -1, -2]


@pytest.mark.race
def test_processes_let_pass_no_more_together_and_lose_a_handful_each_at_most() -> None:
    limit, processes = limit_of(1200), [Handfuls() for _ in range(4)]
    shares = [partial(passed, one, limit, 500) for one in processes]
    assert 1200 - 4 * SIXTY_FOURTH <= sum(at_once(*shares)) <= 1200


@pytest.mark.race
def test_threads_that_take_at_once_share_what_both_took() -> None:
    limit, process, both = limit_of(640), Handfuls(), Barrier(2)

    def take(limits: Sequence[Limit]) -> Sequence[tuple[int, int, int]]:
        both.wait(30)
        return rates._take(limits)

    at_once(*[lambda: process.spend([limit], take)] * 2)
    assert passed(process, limit, 700) == 638


def test_a_till_that_asks_now_and_then_is_rarely_counted_in_redis() -> None:
    limit, process, questions = limit_of(1200), Handfuls(), []

    def take(limits: Sequence[Limit]) -> Sequence[tuple[int, int, int]]:
        questions.append(limits)
        return rates._take(limits)

    for _ in range(30):
        process.spend([limit], take)
    assert len(questions) == 2


def test_what_is_held_of_a_window_ends_with_it() -> None:
    process, limit = Handfuls(), limit_of(640, window=1)
    assert process.spend([limit], rates._take) == [639]
    redis = get_redis_connection("default")
    assert wait_until(lambda: not redis.exists(limit.key), seconds=10)
    assert process.spend([limit], rates._take) == [639]


def test_callers_do_not_share() -> None:
    process, mine, yours = Handfuls(), limit_of(1), limit_of(1)
    assert [process.spend([one], rates._take)[0] for one in (mine, yours, mine)] == [0, 0, -1]


@pytest.mark.race
def test_nothing_of_a_window_that_is_over_is_carried_into_the_next() -> None:
    """Two threads find nothing in hand; Redis begins a new window between their answers."""
    limit, process, both = limit_of(640), Handfuls(), Barrier(2)

    def take(ends_ms: int) -> Callable[[Sequence[Limit]], Sequence[tuple[int, int, int]]]:
        def answer(limits: Sequence[Limit]) -> Sequence[tuple[int, int, int]]:
            both.wait(30)
            return [(10, 10, ends_ms)]

        return answer

    at_once(*[partial(process.spend, [limit], take(ms)) for ms in (1_000, 60_000)])
    assert process.spend([limit], take(0)) == [640 - 2]
