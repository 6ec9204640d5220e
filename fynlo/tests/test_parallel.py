import asyncio
import os
from threading import Barrier, Event, current_thread

import pytest
from django.db import connection

from fynlo.parallel import Balance, Strategy, run_parallel

EVERYWHERE = [Strategy.THREAD, Strategy.PROCESS, Strategy.HYBRID, Strategy.CELERY]


def halve(number: int) -> int:
    if number % 2:
        raise ValueError(f"{number} is odd")
    return number // 2


async def halve_later(number: int) -> int:
    await asyncio.sleep(0)
    return halve(number)


def pid_of(_: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("strategy", [*EVERYWHERE, Strategy.ASYNC])
def test_each_item_is_done_and_each_failure_told_without_losing_the_rest(
    strategy: Strategy,
) -> None:
    work = halve_later if strategy is Strategy.ASYNC else halve
    told: list[tuple[int, int]] = []
    report = run_parallel(
        work, range(10), strategy=strategy, workers=2, progress=lambda *at: told.append(at)
    )
    assert report.results == [0, None, 1, None, 2, None, 3, None, 4, None]
    assert [failure.index for failure in report.failures] == [1, 3, 5, 7, 9]
    assert "3 is odd" in str(report.failures[1].error)
    assert (report.done, report.not_begun, told[-1]) == (10, 0, (10, 10))
    assert [done for done, _ in told] == sorted({done for done, _ in told})


def test_work_in_processes_is_not_done_here() -> None:
    report = run_parallel(pid_of, range(4), strategy=Strategy.PROCESS, workers=2)
    assert os.getpid() not in report.results


def test_threads_work_at_the_same_time() -> None:
    together = Barrier(4)
    report = run_parallel(lambda _: together.wait(20), range(4), workers=4)
    assert sorted(report.results) == [0, 1, 2, 3]


def test_who_is_free_gets_the_next_item_and_in_turn_everybody_the_same() -> None:
    """One item lasts as long as all the others together."""
    others_done = Event()
    done: list[int] = []

    def work(number: int) -> str:
        if number == 0:
            assert others_done.wait(20)
        else:
            done.append(number)
            if len(done) == 9:
                others_done.set()
        return current_thread().name

    names = run_parallel(work, range(10), workers=2).results
    assert names.count(names[0]) == 1
    done.clear()
    others_done.set()
    names = run_parallel(work, range(10), workers=2, balance=Balance.ROUND_ROBIN).results
    assert len(set(names[::2])) == len(set(names[1::2])) == 1


def test_a_run_that_is_stopped_finishes_what_it_has_begun_and_begins_nothing() -> None:
    stop = Event()

    def work(number: int) -> int:
        if number == 3:
            stop.set()
        return number

    report = run_parallel(work, range(100), workers=1, stop=stop)
    assert report.results[3] == 3
    assert 0 < report.not_begun == report.results.count(None) < 97


def test_chunks_grow_while_items_are_quick() -> None:
    chunks: list[int] = []
    report = run_parallel(abs, range(5000), workers=2, progress=lambda done, _: chunks.append(done))
    assert report.done == 5000
    assert len(chunks) < 500


def test_nothing_to_do_is_done_at_once() -> None:
    assert run_parallel(halve, []).results == []


@pytest.mark.django_db(transaction=True)
def test_threads_give_their_connections_back() -> None:
    def ask(number: int) -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT %s", [number])
            return int(cursor.fetchone()[0])

    assert run_parallel(ask, range(20), workers=4).results == list(range(20))
