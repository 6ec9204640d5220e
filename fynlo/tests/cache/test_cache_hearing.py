"""One question to Redis confirms all copies of a process; what it may not have heard, none."""

from collections.abc import Callable
from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django_redis import get_redis_connection

from fynlo.cache import hearing, local
from fynlo.cache.figures import figures
from fynlo.cache.forgetting import forget, forget_matching
from fynlo.cache.hearing import STREAM
from fynlo.cache.local import Copies, Entry, Key, Store
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.cache.shared import EPOCH, doubt
from fynlo.tests.cache.test_cache import Source, at, in_another_process

HOURS = Namespace("test-hours", ttl=60)
AREAS = Namespace("test-areas", ttl=60)


@pytest.fixture(autouse=True)
def one_process(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(local, "copies", Copies())


def levels_of(namespace: Namespace) -> dict[str, int]:
    found = figures()["namespaces"][namespace.name]
    return {level: found[level]["count"] for level in local.LEVELS}


def change(source: Source, forgetting: Callable[[], object]) -> None:
    """Committed by another process."""
    with in_another_process():
        source.value = b"new"
        forgetting()


def test_one_question_confirms_every_copy_of_a_process(source: Source) -> None:
    owners = [uuid4() for _ in range(3)]
    for now in (100, 101, 102):
        with at(now):
            for owner in owners:
                assert remember(HOURS, owner, "week", source.load) == b"old"
    assert levels_of(HOURS) == {"fresh": 4, "confirmed": 2, "shared": 0, "loaded": 3}


def test_what_was_forgotten_is_dropped_and_the_rest_stays_confirmed(
    owner: UUID, source: Source
) -> None:
    rival = uuid4()
    with at(100):
        for one in (owner, rival):
            remember(HOURS, one, "week", source.load)
    change(source, lambda: forget(HOURS, owner))
    with at(101):
        assert remember(HOURS, owner, "week", source.load) == b"new"
        assert remember(HOURS, rival, "week", source.load) == b"old"


def test_a_whole_namespace_that_is_forgotten_is_heard_of(owner: UUID, source: Source) -> None:
    with at(100):
        remember(HOURS, owner, "week", source.load)
        remember(AREAS, owner, "all", source.load)
    change(source, lambda: forget_matching(HOURS, "*"))
    with at(101):
        assert remember(HOURS, owner, "week", source.load) == b"new"
        assert remember(AREAS, owner, "all", source.load) == b"old"


@pytest.mark.parametrize("loss", ["trimmed", "gone"])
def test_who_cannot_hear_all_that_was_forgotten_asks_for_each_copy(
    owner: UUID, source: Source, loss: str
) -> None:
    redis = get_redis_connection("default")
    with at(100):
        remember(HOURS, owner, "week", source.load)
    change(source, lambda: forget(HOURS, owner))
    redis.xtrim(STREAM, maxlen=0) if loss == "trimmed" else redis.delete(STREAM)
    change(source, lambda: forget(AREAS, owner))
    with at(101):
        assert remember(HOURS, owner, "week", source.load) == b"new"


def test_who_has_much_to_hear_asks_for_each_copy(
    owner: UUID, source: Source, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(hearing, "_AT_ONCE", 4)
    with at(100):
        remember(HOURS, owner, "week", source.load)
    for _ in range(4):
        change(source, lambda: forget(AREAS, owner))
    change(source, lambda: forget(HOURS, owner))
    with at(101):
        assert remember(HOURS, owner, "week", source.load) == b"new"


def test_a_copy_that_is_forgotten_while_it_is_looked_at_is_not_confirmed(
    owner: UUID, source: Source
) -> None:
    """Fails when the copy is taken before the span."""
    with at(100):
        remember(HOURS, owner, "week", source.load)
    change(source, lambda: forget(HOURS, owner))
    take, is_first = Store.get, iter([True])

    def take_slowly(store: Store, key: Key) -> Entry | None:
        found = take(store, key)
        if next(is_first, False):
            local.copies.hearing.listen(get_redis_connection("default"), 109)
        return found

    with at(109), patch.object(Store, "get", take_slowly):
        assert remember(HOURS, owner, "week", source.load) == b"new"


def test_while_another_thread_listens_a_copy_is_asked_about_by_itself(
    owner: UUID, source: Source
) -> None:
    with at(100):
        remember(HOURS, owner, "week", source.load)
    change(source, lambda: forget(HOURS, owner))
    with at(101), local.copies.hearing._lock:
        assert remember(HOURS, owner, "week", source.load) == b"new"


@pytest.mark.parametrize(
    "said",
    [
        {"colour": "blue"},
        {"namespace": "test-hours", "owner": "x"},
        {"owner": "", "namespace": b"\xff"},
    ],
)
def test_an_entry_that_is_not_ours_is_passed_over(
    owner: UUID, source: Source, said: dict[str, Any]
) -> None:
    redis = get_redis_connection("default")
    with at(100):
        remember(HOURS, owner, "week", source.load)
    redis.xadd(STREAM, said)
    change(source, lambda: forget(HOURS, owner))
    with at(101):
        assert remember(HOURS, owner, "week", source.load) == b"new"
    with at(102):
        assert remember(HOURS, owner, "week", source.load) == b"new"
    assert levels_of(HOURS)["confirmed"] == 1


@pytest.mark.parametrize("foreign", [STREAM, EPOCH])
def test_what_is_no_stream_and_no_epoch_is_begun_anew(
    owner: UUID, source: Source, foreign: str
) -> None:
    redis = get_redis_connection("default")
    redis.delete(foreign)
    redis.sadd(foreign, "not ours")
    doubts = doubt.times
    for now in (100, 101, 102):
        with at(now):
            assert remember(HOURS, owner, "week", source.load) == b"old"
    assert levels_of(HOURS)["confirmed"] == 2
    assert doubt.times == doubts + 1
