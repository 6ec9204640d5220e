from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django_redis import get_redis_connection
from redis import RedisError

from fynlo.cache import hearing, local, reading, shared
from fynlo.cache.forgetting import forget, forget_after_commit
from fynlo.cache.local import Copies
from fynlo.cache.namespaces import FRESH_FOR_S, Namespace
from fynlo.cache.reading import remember
from fynlo.db import durable
from fynlo.local.ports import wait_until
from fynlo.testing.outage import Wire
from fynlo.testing.races import at_once

MENU = Namespace("test-menu", ttl=60)
SESSION = Namespace("test-session", ttl=60)
TENANT = UUID("01936f00-0000-7000-8000-00000000cace")


class Source:
    """Stands for PostgreSQL: what it holds now, and how often it was asked."""

    def __init__(self) -> None:
        self.value = b"old"
        self.asked = 0

    def load(self) -> bytes:
        self.asked += 1
        return self.value


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "copies", Copies())


def in_another_process() -> Any:
    """All that processes do not share is the memory of their own copies."""
    return patch.object(local, "copies", Copies())


@contextmanager
def at(seconds: float) -> Iterator[None]:
    with (
        patch.object(reading, "monotonic", lambda: seconds),
        patch.object(hearing, "monotonic", lambda: seconds),
    ):
        yield


def test_a_value_is_loaded_once_for_all_processes(owner: UUID, source: Source) -> None:
    assert [remember(MENU, owner, "full", source.load) for _ in range(3)] == [b"old"] * 3
    with in_another_process():
        assert remember(MENU, owner, "full", source.load) == b"old"
    assert source.asked == 1


def test_owners_and_names_and_namespaces_do_not_mix(owner: UUID, source: Source) -> None:
    remember(MENU, owner, "full", source.load)
    remember(MENU, owner, "short", source.load)
    remember(MENU, uuid4(), "full", source.load)
    remember(SESSION, owner, "full", source.load)
    assert source.asked == 4
    forget(MENU, uuid4())
    remember(MENU, owner, "full", source.load)
    assert source.asked == 4


def test_everything_of_an_owner_is_forgotten_at_once(owner: UUID, source: Source) -> None:
    remember(MENU, owner, "full", source.load)
    remember(MENU, owner, "short", source.load)
    source.value = b"new"
    forget(MENU, owner)
    assert remember(MENU, owner, "full", source.load) == b"new"
    assert remember(MENU, owner, "short", source.load) == b"new"


@pytest.mark.django_db(transaction=True)
def test_a_change_is_forgotten_when_it_is_committed_and_not_before(
    owner: UUID, source: Source
) -> None:
    remember(MENU, owner, "full", source.load)
    with durable():
        forget_after_commit(MENU, owner)
        transaction.set_rollback(True)
    with durable():
        source.value = b"new"
        forget_after_commit(MENU, owner)
        assert remember(MENU, owner, "full", source.load) == b"old"
    assert remember(MENU, owner, "full", source.load) == b"new"


def test_another_process_sees_a_change_after_its_copy_is_no_longer_fresh(
    owner: UUID, source: Source
) -> None:
    assert FRESH_FOR_S <= 0.1
    with at(0):
        remember(SESSION, owner, "ends", source.load)
    with in_another_process():
        source.value = b"new"
        forget(SESSION, owner)
    with at(FRESH_FOR_S - 0.001):
        assert remember(SESSION, owner, "ends", source.load) == b"old"
    with at(FRESH_FOR_S):
        assert remember(SESSION, owner, "ends", source.load) == b"new"


def test_an_unchanged_copy_is_confirmed_without_reading_it_again(
    owner: UUID, source: Source
) -> None:
    for now in (100, 101, 102):
        with at(now):
            remember(SESSION, owner, "ends", source.load)
    assert source.asked == 1


@pytest.mark.parametrize("is_elsewhere", [False, True])
def test_a_value_loaded_before_a_change_is_not_served_after_it(
    owner: UUID, source: Source, is_elsewhere: bool
) -> None:
    """The change is committed, here or in another process, while the loader reads the old value."""

    def commit() -> None:
        source.value = b"new"
        forget(SESSION, owner)

    def load_slowly(commit: Callable[[], None] = commit) -> bytes:
        found = source.load()
        if is_elsewhere:
            with in_another_process():
                commit()
        else:
            commit()
        return found

    with at(100):
        assert remember(SESSION, owner, "ends", load_slowly) == b"old"
    with at(100.5 if is_elsewhere else 100):
        assert remember(SESSION, owner, "ends", source.load) == b"new"
    with in_another_process():
        assert remember(SESSION, owner, "ends", source.load) == b"new"


def test_the_age_of_a_copy_counts_from_the_question_not_from_the_answer(
    owner: UUID, source: Source
) -> None:
    clock = [100.0]

    def load_for_nine_seconds() -> bytes:
        clock[0] += 9
        return source.load()

    with patch.object(reading, "monotonic", lambda: clock[0]):
        remember(SESSION, owner, "ends", load_for_nine_seconds)
    with in_another_process():
        source.value = b"new"
        forget(SESSION, owner)
    with at(109):
        assert remember(SESSION, owner, "ends", source.load) == b"new"


def test_without_redis_values_are_served_and_changes_are_told_when_it_is_back(
    wire: Wire, owner: UUID, source: Source
) -> None:
    remember(MENU, owner, "full", source.load)
    wire.cut()
    source.value = b"new"
    forget(MENU, owner)
    assert remember(MENU, owner, "full", source.load) == b"new"
    assert remember(SESSION, owner, "ends", source.load) == b"new"
    wire.mend()
    remember(SESSION, owner, "ends", source.load)
    with in_another_process():
        assert remember(MENU, owner, "full", source.load) == b"new"


def test_without_redis_an_own_copy_is_served_for_a_second(
    wire: Wire, owner: UUID, source: Source
) -> None:
    with at(100):
        remember(SESSION, owner, "ends", source.load)
    wire.cut()
    source.value = b"new"
    with at(100.9):
        assert remember(SESSION, owner, "ends", source.load) == b"old"
    with at(101):
        assert remember(SESSION, owner, "ends", source.load) == b"new"


def test_redis_is_told_of_a_change_as_soon_as_it_is_back_though_nobody_asks(
    wire: Wire, owner: UUID, source: Source
) -> None:
    remember(MENU, owner, "full", source.load)
    epoch = get_redis_connection("default").get(shared.EPOCH)
    wire.cut()
    forget(MENU, owner)
    wire.mend()
    assert wait_until(lambda: _epoch() not in (None, epoch), seconds=5)


def test_who_met_an_outage_trusts_nothing_that_redis_kept_through_it(
    wire: Wire, owner: UUID, source: Source
) -> None:
    """Another process may have ended before it could tell of its change."""
    with at(100):
        remember(SESSION, owner, "ends", source.load)
    wire.cut()
    with at(100.5):
        assert remember(SESSION, owner, "ends", source.load) == b"old"
    source.value = b"new"
    wire.mend()
    with at(100.6):
        assert remember(SESSION, owner, "ends", source.load) == b"new"


def _epoch() -> bytes | None:
    with suppress(RedisError):
        found: bytes | None = get_redis_connection("default").get(shared.EPOCH)
        return found
    return None


@pytest.mark.race
def test_threads_may_remember_and_forget_at_once(source: Source) -> None:
    def work() -> int:
        for turn in range(200):
            remember(MENU, TENANT, str(turn % 7), source.load)
            if turn % 20 == 0:
                forget(MENU, TENANT)
        return source.asked

    assert all(at_once(*[work] * 4))
