"""A circuit breaker: which providers do not answer, shared by all processes through Redis.

Three failures within a minute open it for 20 seconds, in which routing offers another way to pay.
The next failure after that opens it again, an answer closes it. It refuses no call: a payment that
is under way is asked after, cancelled and refunded whatever it says. Redis away: all are healthy.
"""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

from redis import RedisError

from fynlo.redis import asking
from payments.choices import Provider
from payments.errors import (
    ProviderAuth,
    ProviderError,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderUnavailable,
)

logger = logging.getLogger(__name__)
FAILURES = 3
COUNTED_FOR_S = 60
OPEN_FOR_S = 20
UNWELL = (ProviderUnavailable, ProviderOutcomeUnknown, ProviderRateLimited, ProviderAuth)


@contextmanager
def watching(provider: str) -> Iterator[None]:
    """Around one request to the provider. That it refuses the request is an answer, too."""
    try:
        yield
    except UNWELL:
        _note_failure(provider)
        raise
    except ProviderError:
        _note_answer(provider)
        raise
    _note_answer(provider)


def providers_down() -> frozenset[Provider]:
    """Those that routing leaves out for the moment."""
    try:
        with asking() as redis:
            marks = cast("list[bytes | None]", redis.mget(map(_open, Provider)))
    except RedisError as error:
        logger.warning("the health of providers is not known: %s", error)
        return frozenset()
    return frozenset(one for one, mark in zip(Provider, marks, strict=True) if mark is not None)


def _note_failure(provider: str) -> None:
    try:
        with asking() as redis, redis.pipeline() as pipe:
            pipe.incr(_failures(provider))
            pipe.expire(_failures(provider), COUNTED_FOR_S)
            if pipe.execute()[0] >= FAILURES:
                redis.set(_open(provider), 1, ex=OPEN_FOR_S)
    except RedisError as error:
        logger.warning("a failure of %s was not noted: %s", provider, error)


def _note_answer(provider: str) -> None:
    try:
        with asking() as redis:
            redis.delete(_failures(provider), _open(provider))
    except RedisError as error:
        logger.warning("an answer of %s was not noted: %s", provider, error)


def _failures(provider: str) -> str:
    return f"provider:{provider}:failures"


def _open(provider: str) -> str:
    return f"provider:{provider}:open"
