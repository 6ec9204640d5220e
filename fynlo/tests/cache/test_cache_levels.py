"""Policies, tags and patterns, values that are old or not ours, figures."""

from typing import Any
from unittest.mock import patch
from uuid import UUID, uuid4

import pytest
from django.db import transaction
from django_redis import get_redis_connection

from fynlo.cache import background, local, reading, shared
from fynlo.cache.figures import figures
from fynlo.cache.forgetting import forget, forget_after_commit, forget_matching
from fynlo.cache.local import Copies, Entry, Store
from fynlo.cache.namespaces import Namespace, Policy
from fynlo.cache.reading import remember
from fynlo.db import durable
from fynlo.local.ports import wait_until
from fynlo.tests.cache.test_cache import Source, in_another_process

DAYS = Namespace("test-days", ttl=60)
LISTED = Namespace("test-listed", ttl=60, stale_for=60)


def keys_of(namespace: Namespace, owner: UUID) -> list[bytes]:
    found: list[bytes] = get_redis_connection("default").keys(f"cache:{namespace.name}:{owner}:*")
    return found


def kept_of(policy: Policy, reads: str) -> set[str]:
    """Which of the names a, b, c are kept where two have room, after these were read."""
    store = Store(Namespace("test-policy", ttl=60, policy=policy, room=2 * 201))
    owner = uuid4()
    for name in reads:
        if not store.get((owner, name)):
            store.keep((owner, name), Entry(b"", b"x", 0, 0), times_forgotten=0)
    assert store.figures()["evictions"] > 0
    return {name for name in "abc" if store.get((owner, name))}


def test_each_policy_drops_another_copy_when_there_is_no_room() -> None:
    assert kept_of(Policy.LRU, "aabbac") == {"a", "c"}
    assert kept_of(Policy.LFU, "aaabbc") == {"a", "c"}
    assert kept_of(Policy.LFU, "aabbbc") == {"b", "c"}
    assert kept_of(Policy.FIFO, "abaaac") == {"b", "c"}
    assert kept_of(Policy.TTL, "aabbac") == {"a", "c"}


def test_what_has_no_room_is_served_and_not_kept(owner: UUID) -> None:
    small = Namespace("test-small", room=100)
    assert remember(small, owner, "big", lambda: b"x" * 500) == b"x" * 500
    assert figures()["namespaces"]["test-small"]["entries"] == 0


def test_a_tag_forgets_what_bears_it_and_nothing_else(owner: UUID, source: Source) -> None:
    def monday() -> bytes:
        return remember(DAYS, owner, "sales:monday", source.load, tags=("monday", "sales"))

    def tuesday() -> bytes:
        return remember(DAYS, owner, "sales:tuesday", source.load, tags=("tuesday", "sales"))

    assert [monday(), tuesday()] == [b"old"] * 2
    source.value = b"new"
    forget(DAYS, owner, "monday")
    with in_another_process():
        assert [monday(), tuesday()] == [b"new", b"old"]
    forget(DAYS, owner, "sales")
    assert [monday(), tuesday()] == [b"new"] * 2


def test_a_pattern_forgets_every_owner_and_tag_that_matches(owner: UUID, source: Source) -> None:
    rival = uuid4()
    for one in (owner, rival):
        remember(DAYS, one, "sales", source.load, tags=("day-1",))
    source.value = b"new"
    assert forget_matching(DAYS, f"{owner}:day-*") == 1
    with in_another_process():
        assert remember(DAYS, owner, "sales", source.load, tags=("day-1",)) == b"new"
        assert remember(DAYS, rival, "sales", source.load, tags=("day-1",)) == b"old"
    assert forget_matching(DAYS, "*") >= 4
    assert remember(DAYS, rival, "sales", source.load, tags=("day-1",)) == b"new"


@pytest.mark.parametrize(
    "foreign", [b"", b"F1", b"nonsense of somebody else's", shared.pack(b"old", 9e9)[:-1]]
)
def test_a_value_that_is_not_ours_or_not_whole_is_a_miss(
    owner: UUID, source: Source, foreign: bytes
) -> None:
    remember(DAYS, owner, "sales", source.load)
    (key,) = keys_of(DAYS, owner)
    get_redis_connection("default").set(key, foreign)
    with in_another_process():
        assert remember(DAYS, owner, "sales", source.load) == b"old"
        assert source.asked == 2
    with in_another_process():
        assert remember(DAYS, owner, "sales", source.load) == b"old"
        assert source.asked == 2


def test_a_list_where_a_value_or_a_stamp_should_be_is_a_miss(owner: UUID, source: Source) -> None:
    redis = get_redis_connection("default")
    remember(DAYS, owner, "sales", source.load)
    (key,) = keys_of(DAYS, owner)
    for foreign in (key, f"stamp:{DAYS.name}:{owner}"):
        redis.delete(foreign)
        redis.rpush(foreign, "a", "b")
        with in_another_process():
            assert remember(DAYS, owner, "sales", source.load) == b"old"
    redis.set(f"stamp:{DAYS.name}:{owner}", b"\xff\xfe")
    with in_another_process():
        assert remember(DAYS, owner, "sales", source.load) == b"old"
    assert source.asked == 4


def test_an_old_value_is_served_while_it_is_loaded_anew(owner: UUID, source: Source) -> None:
    remember(LISTED, owner, "all", source.load)
    source.value = b"new"
    with in_another_process(), patch.object(reading, "time", lambda: 2e9 * 2):
        assert remember(LISTED, owner, "all", source.load) == b"old"
    assert wait_until(lambda: source.asked == 2 and not background._under_way, seconds=10)
    with in_another_process():
        assert remember(LISTED, owner, "all", source.load) == b"new"
    assert source.asked == 2


def test_an_old_value_that_was_forgotten_is_not_served(owner: UUID, source: Source) -> None:
    remember(LISTED, owner, "all", source.load)
    source.value = b"new"
    forget(LISTED, owner)
    with patch.object(reading, "time", lambda: 2e9 * 2):
        assert remember(LISTED, owner, "all", source.load) == b"new"


@pytest.mark.django_db(transaction=True)
def test_what_a_transaction_has_changed_is_not_cached_before_it_is_committed(
    owner: UUID, source: Source
) -> None:
    with durable():
        forget_after_commit(DAYS, owner)
        source.value = b"uncommitted"
        assert remember(DAYS, owner, "sales", source.load) == b"uncommitted"
        transaction.set_rollback(True)
    source.value = b"old"
    assert remember(DAYS, owner, "sales", source.load) == b"old"


def test_without_the_cache_everything_is_loaded(owner: UUID, source: Source, settings: Any) -> None:
    settings.CACHE_IS_ON = False
    assert [remember(DAYS, owner, "sales", source.load) for _ in range(2)] == [b"old"] * 2
    assert source.asked == 2


def test_figures_tell_where_values_came_from(owner: UUID, source: Source) -> None:
    with patch.object(local, "copies", Copies()):
        for now in (100.0, 100.01, 101.0):
            with patch.object(reading, "monotonic", lambda now=now: now):
                remember(DAYS, owner, "sales", source.load)
        found = figures()["namespaces"][DAYS.name]
        counts = {level: found[level]["count"] for level in local.LEVELS}
        assert counts == {"fresh": 1, "confirmed": 1, "shared": 0, "loaded": 1}
        assert (found["reads"], found["hit_rate"]) == (3, 0.6667)
        assert found["bytes"] > len(b"old")
        assert found["fresh"]["p99_us"] <= found["fresh"]["max_us"]
    with in_another_process():
        remember(DAYS, owner, "sales", source.load)
        found = figures()["namespaces"][DAYS.name]
        assert (found["shared"]["count"], found["hit_rate"]) == (1, 1.0)
