"""What is no longer true is forgotten by every process, once the change is committed."""

import logging
from functools import partial
from itertools import islice
from uuid import UUID, uuid4

from django.db import connection, transaction
from redis import RedisError

from fynlo.cache import local
from fynlo.cache.hearing import tell
from fynlo.cache.namespaces import Namespace
from fynlo.cache.shared import doubt, lifetime, stamp_keys
from fynlo.redis import asking

logger = logging.getLogger(__name__)
_AT_ONCE = 500


def forget_after_commit(namespace: Namespace, owner: UUID, tag: str = "") -> None:
    """Everything of this owner in the namespace, or what bears the tag there, becomes unreachable
    once the change is committed.

    Call inside the transaction that makes the change.
    """
    transaction.on_commit(partial(forget, namespace, owner, tag))


def is_changing(namespace: Namespace, owner: UUID) -> bool:
    """Whether this transaction has changed what the namespace shows, and is not committed."""
    return (namespace, owner) in {work.args[:2] for work in _to_forget()}


def _to_forget() -> list[partial[None]]:
    pending = (entry[1] for entry in connection.run_on_commit)
    return [work for work in pending if isinstance(work, partial) and work.func is forget]


def commit_was_not_answered() -> None:
    """The database engine says so by the setting COMMIT_DOUBTER: the connection broke over it. What
    was to be forgotten may have changed or not, so nothing that is cached is trusted any more."""
    doubted = _to_forget()
    if doubted:
        doubt.arise()
        doubt.settle_when_redis_is_back()
    # Last, as in `forget`.
    for namespace, owner in {work.args[:2] for work in doubted}:
        local.copies.of(namespace).drop((owner,))


def forget(namespace: Namespace, owner: UUID, tag: str = "") -> None:
    """At once. A Redis that is away is told when it is back; its values die with `ttl` anyway."""
    key = stamp_keys(namespace, owner, [tag] if tag else [])[-1]
    try:
        with asking() as redis:
            pipeline = redis.pipeline()
            pipeline.set(key, uuid4().hex, ex=lifetime(namespace))
            tell(pipeline, namespace, owner)
            pipeline.execute()
    except RedisError as error:
        _tell_later(error)
    # Last: whoever still reads under the old stamp finds that the copies were dropped meanwhile.
    local.copies.of(namespace).drop((owner,))


def forget_matching(namespace: Namespace, pattern: str) -> int:
    """At once, what matches in the namespace, of whatever owner; how many owners and tags.

    `pattern` is a glob over `<owner>` and `<owner>:<tag>`: `*`, `0193*`, `*:day-2026-11-*`.
    """
    count = 0
    try:
        with asking() as redis:
            found = redis.scan_iter(match=f"stamp:{namespace.name}:{pattern}", count=_AT_ONCE)
            while keys := list(islice(found, _AT_ONCE)):
                pipeline = redis.pipeline()
                for key in keys:
                    pipeline.set(key, uuid4().hex, ex=lifetime(namespace))
                tell(pipeline, namespace)
                pipeline.execute()
                count += len(keys)
    except RedisError as error:
        _tell_later(error)
    local.copies.of(namespace).drop()
    return count


def _tell_later(error: RedisError) -> None:
    doubt.arise()
    doubt.settle_when_redis_is_back()
    logger.warning("cache not told of a change: %s", error)
