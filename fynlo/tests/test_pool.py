"""The pool on a real PostgreSQL."""

import ctypes
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress
from functools import partial
from threading import Event, get_ident
from typing import Any
from unittest.mock import patch

import orjson
import psycopg2
import pytest
from django.db import connection, connections, transaction

from fynlo.local.ports import wait_until
from fynlo.pool.elastic import ElasticPool, Exhausted
from fynlo.pool.figures import _figures, figures
from fynlo.pool.keeper import Keeper
from fynlo.pool.limits import Limits
from fynlo.pool.pools import close_pool, pool_of
from fynlo.testing.cast import Member
from fynlo.testing.races import at_once, beside

pytestmark = pytest.mark.django_db(transaction=True)
MakePool = Callable[..., ElasticPool]


@pytest.fixture
def make_pool() -> Iterator[MakePool]:
    """A pool beside the one of the tests themselves; `kept` when a thread is to size it."""
    made: list[ElasticPool] = []
    parameters = {**connection.get_connection_params(), "application_name": "pooled"}

    def make(*, kept: bool = False, **limits: Any) -> ElasticPool:
        pool = ElasticPool(lambda: psycopg2.connect(**parameters), Limits(**limits))
        made.append(pool)
        if kept:
            Keeper(pool)
        return pool

    yield make
    for pool in made:
        pool.close()


def ask(pool: ElasticPool, statement: str = "SELECT 1") -> Any:
    loan = pool.borrow()
    try:
        cursor: Any = loan.cursor()
        cursor.execute(statement)
        return cursor.fetchone()[0]
    finally:
        loan.rollback()
        pool.give_back(loan)


def sessions() -> int:
    """As PostgreSQL counts them."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE application_name = 'pooled'")
        return int(cursor.fetchone()[0])


def end_sessions() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(pg_terminate_backend(pid, 10000)) FROM pg_stat_activity"
            " WHERE application_name = 'pooled'"
        )


def test_it_grows_when_four_fifths_are_lent_out_and_not_before(make_pool: MakePool) -> None:
    pool = make_pool(smallest=5, largest=8)
    loans = [pool.borrow()]
    pool.grow()
    loans += [pool.borrow() for _ in range(2)]
    assert (pool.open_now, pool.is_pressed) == (5, False)
    loans.append(pool.borrow())
    assert pool.is_pressed
    pool.grow()
    assert (pool.open_now, sessions(), pool.is_pressed) == (7, 7, False)
    loans += [pool.borrow() for _ in range(2)]
    pool.grow()
    assert (pool.open_now, pool.is_pressed) == (8, False)
    assert _figures(pool)["grown"] == 7
    for loan in loans:
        pool.give_back(loan)


def test_what_is_idle_is_closed_down_to_the_smallest_size(make_pool: MakePool) -> None:
    pool = make_pool(kept=True, smallest=2, largest=10, idle_s=0.1)
    loans = [pool.borrow() for _ in range(8)]
    assert wait_until(lambda: pool.open_now == 10, seconds=20)
    for loan in loans:
        pool.give_back(loan)
    assert wait_until(lambda: pool.open_now == 2, seconds=20)
    assert wait_until(lambda: sessions() == 2, seconds=20)
    assert _figures(pool)["shrunk"] == 8
    assert ask(pool) == 1


def test_what_is_needed_again_and_again_is_kept(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=10)
    loans = [pool.borrow() for _ in range(4)]
    for loan in loans:
        pool.give_back(loan)
    pool.shrink()
    assert pool.open_now == 4
    pool.shrink()
    assert pool.open_now == 0


def test_a_connection_that_postgresql_ended_is_replaced_unnoticed(make_pool: MakePool) -> None:
    pool = make_pool(smallest=3, largest=5)
    ask(pool)
    pool.grow()
    end_sessions()
    assert [ask(pool) for _ in range(5)] == [1] * 5
    assert _figures(pool)["replaced"] > 0
    assert _figures(pool)["errors"] == 0


def test_a_connection_that_has_rested_for_long_is_tried_out_first(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, check_s=0)
    with patch("fynlo.pool.elastic._CHECK", "SELECT 1/0"):
        before = ask(pool, "SELECT pg_backend_pid()")
        assert ask(pool, "SELECT pg_backend_pid()") != before
    assert _figures(pool)["replaced"] == 1


def test_who_waits_gets_what_comes_back(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, wait_s=20)
    loan = pool.borrow()
    with beside(lambda: ask(pool, "SELECT 42")) as answer:
        assert wait_until(lambda: _figures(pool)["waits"] == 1, seconds=20)
        pool.give_back(loan)
    assert answer.result() == 42


def is_waiting_for(pool: ElasticPool, count: int) -> bool:
    return pool._pool.waiting == count


def test_who_gives_back_and_asks_again_comes_after_who_waits(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, wait_s=60)
    served: list[str] = []

    def borrow_as(who: str) -> None:
        loan = pool.borrow()
        served.append(who)
        pool.give_back(loan)

    for _ in range(20):
        loan = pool.borrow()
        with beside(partial(borrow_as, "waits")):
            assert wait_until(partial(is_waiting_for, pool, 1), seconds=20)
            pool.give_back(loan)
            borrow_as("asks again")
    assert served == ["waits", "asks again"] * 20


def test_who_waits_is_served_in_the_order_of_asking(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=2, wait_s=60)
    served: list[int] = []

    def borrow_as(number: int) -> None:
        loan = pool.borrow()
        served.append(number)
        pool.give_back(loan)

    loans = [pool.borrow() for _ in range(2)]
    with ExitStack() as all_of_them:
        for number in range(8):
            all_of_them.enter_context(beside(partial(borrow_as, number)))
            assert wait_until(partial(is_waiting_for, pool, number + 1), seconds=20)
        pool.give_back(loans.pop())
    assert served == list(range(8))
    pool.give_back(loans.pop())


def test_nothing_is_lost_when_some_give_up_just_as_it_comes_back(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=2, wait_s=0.001)

    def ask_often() -> None:
        for _ in range(100):
            with suppress(Exhausted):
                ask(pool, "SELECT pg_sleep(0.001)")

    at_once(*[ask_often] * 6)
    assert _figures(pool)["timeouts"] > 0
    assert (pool.checkedout(), pool.checkedin(), pool._pool.waiting) == (0, 2, 0)


def test_what_was_handed_to_a_thread_that_ends_goes_to_the_next(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, wait_s=60)
    loan = pool.borrow()
    idents: list[int] = []

    def wait_and_end() -> None:
        idents.append(get_ident())
        with pytest.raises(SystemExit):
            pool.borrow()

    with beside(wait_and_end) as ended:
        assert wait_until(partial(is_waiting_for, pool, 1), seconds=20)
        with beside(lambda: ask(pool)) as answer:
            assert wait_until(partial(is_waiting_for, pool, 2), seconds=20)
            thread, error = ctypes.c_ulong(idents[0]), ctypes.py_object(SystemExit)
            ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, error)
            pool.give_back(loan)
            ended.result()
            assert answer.result() == 1
    assert (pool.checkedout(), pool.checkedin()) == (0, 1)


def test_who_waits_opens_another_in_place_of_what_was_thrown_away(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, wait_s=60)
    before = ask(pool, "SELECT pg_backend_pid()")
    loan = pool.borrow()
    with beside(lambda: ask(pool, "SELECT pg_backend_pid()")) as answer:
        assert wait_until(partial(is_waiting_for, pool, 1), seconds=20)
        pool.discard(loan)
        assert answer.result() != before
    assert (pool.open_now, sessions()) == (1, 1)


def test_who_waits_tries_itself_when_another_could_not_open_one(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, wait_s=60)
    is_asked, may_fail = Event(), Event()
    opens = pool._open

    def fails() -> Any:
        pool._open = opens
        is_asked.set()
        assert may_fail.wait(20)
        raise psycopg2.OperationalError("PostgreSQL is away")

    def is_told() -> None:
        with pytest.raises(psycopg2.OperationalError):
            pool.borrow()

    pool._open = fails
    with beside(is_told) as told:
        assert is_asked.wait(20)
        with beside(lambda: ask(pool)) as answer:
            assert wait_until(partial(is_waiting_for, pool, 1), seconds=20)
            may_fail.set()
            told.result()
            assert answer.result(timeout=30) == 1
    assert (pool.open_now, pool.checkedout()) == (1, 0)


def test_who_waits_too_long_is_told_that_the_pool_is_exhausted(make_pool: MakePool) -> None:
    pool = make_pool(smallest=0, largest=1, wait_s=0.05)
    loan = pool.borrow()
    with pytest.raises(Exhausted, match="all 1 connections are lent out"):
        pool.borrow()
    pool.give_back(loan)
    assert (ask(pool), _figures(pool)["timeouts"]) == (1, 1)


def test_a_request_that_gets_no_connection_is_answered_503(owner: Member) -> None:
    owner.get("orders/")
    connections.close_all()
    settings = connection.settings_dict
    close_pool(connection.get_connection_params())
    has_it, may_end = Event(), Event()

    def hold() -> None:
        with connections["default"].cursor():
            has_it.set()
            assert may_end.wait(30)

    limits = {"smallest": 0, "largest": 1, "wait_s": 0.05}
    with patch.dict(settings, {"POOL": limits}), beside(hold):
        assert has_it.wait(30)
        refused = owner.get("orders/")
        may_end.set()
    assert (refused.status_code, orjson.loads(refused.content)["code"]) == (503, "pool_exhausted")
    assert refused["Retry-After"] == "1"
    assert wait_until(lambda: owner.get("orders/").status_code == 200, seconds=20)
    connections.close_all()
    close_pool(connection.get_connection_params())


def borrow_and_forget(pool: ElasticPool) -> Any:
    return pool.borrow()


def test_a_loan_that_lasts_too_long_names_its_borrower(
    make_pool: MakePool, caplog: pytest.LogCaptureFixture
) -> None:
    pool = make_pool(kept=True, smallest=0, largest=3, leak_s=0.01)
    kept = borrow_and_forget(pool)
    assert wait_until(lambda: _figures(pool)["leaks"] == 1, seconds=20)
    (held,) = _figures(pool)["held_too_long"]
    assert held["borrower"][0].startswith(f"{__file__}:")
    assert held["borrower"][0].endswith("borrow_and_forget")
    assert "borrow_and_forget" in caplog.text
    pool.give_back(kept)
    assert _figures(pool)["held_too_long"] == []


def test_a_transaction_that_nobody_ended_is_rolled_back_before_the_next_borrower(
    make_pool: MakePool,
) -> None:
    pool = make_pool(smallest=0, largest=1)
    loan = pool.borrow()
    loan.cursor().execute("CREATE TABLE half_done ()")
    pool.give_back(loan)
    assert ask(pool, "SELECT to_regclass('half_done') IS NULL") is True


def test_django_gives_back_what_it_closes_and_nobody_gets_an_open_transaction() -> None:
    def pid() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_backend_pid()")
            return int(cursor.fetchone()[0])

    pool = pool_of(connection.get_connection_params(), Limits())
    first = pid()
    connection.close()
    assert (pid(), pool.checkedout()) == (first, 1)
    with transaction.atomic():
        connection.close()
        assert connection.connection.closed
    connection.close()
    assert pid() != first


def test_a_forked_process_has_a_pool_of_its_own() -> None:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("CREATE TABLE parents ()")
        child = os.fork()
        if child == 0:
            fresh = connections.create_connection("default")
            with fresh.cursor() as other:
                other.execute("SELECT to_regclass('parents') IS NULL")
                is_own = other.fetchone()[0] and len(figures()) == 1
            os._exit(0 if is_own else 1)
        assert os.waitpid(child, 0)[1] == 0
        cursor.execute("SELECT to_regclass('parents') IS NOT NULL")
        assert cursor.fetchone()[0]
        transaction.set_rollback(True)


def test_figures_are_of_every_database_that_was_asked() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
    (found,) = figures()
    assert found["in_use"] >= 1
    assert found["size"] == found["in_use"] + found["idle"]
    assert found["oldest_s"] >= found["oldest_loan_s"] >= 0
    assert found["acquire"]["count"] >= 1
    assert found["acquire"]["p50_us"] <= found["acquire"]["p99_us"] <= found["acquire"]["max_us"]


@pytest.mark.parametrize(("smallest", "largest"), [(0, 501), (5, 4), (-1, 5), (0, 0)])
def test_a_size_that_cannot_be_is_refused(smallest: int, largest: int) -> None:
    with pytest.raises(ValueError, match="0 to 500"):
        Limits(smallest=smallest, largest=largest)
