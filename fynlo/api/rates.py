"""Rate limits per session and per address, counted in Redis in the `limits` library's windows.

When Redis is away requests pass, and it is logged.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, wraps
from math import ceil
from time import time
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from limits import RateLimitItem, parse
from limits.storage import RedisStorage
from limits.strategies import FixedWindowRateLimiter
from redis import RedisError
from redis.commands.core import Script

from fynlo.api.errors import RateLimited
from fynlo.api.handfuls import TAKE, Handfuls, Limit
from fynlo.redis import asking

logger = logging.getLogger(__name__)
_handfuls = Handfuls()


@dataclass(frozen=True, slots=True)
class Standing:
    """How one caller stands against one limit."""

    policy: str
    limit: RateLimitItem
    remaining: int

    def headers(self) -> dict[str, str]:
        """The fields of draft-ietf-httpapi-ratelimit-headers."""
        window = self.limit.get_expiry()
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit.amount};w={window}',
            "RateLimit": f'"{self.policy}";r={max(self.remaining, 0)};t={window}',
        }


@cache
def _storage() -> RedisStorage:
    return RedisStorage(
        settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3, wrap_exceptions=False
    )


@cache
def _script() -> Script:
    made: Script = _storage().get_connection().register_script(TAKE)
    return made


def _take(limits: Sequence[Limit]) -> Sequence[tuple[int, int, int]]:
    words = [word for limit in limits for word in (limit.most, limit.window)]
    with asking():
        taken: list[tuple[int, int, int]] = _script()([limit.key for limit in limits], words)
    return taken


@cache
def _limit(policy: str) -> RateLimitItem:
    return parse(settings.RATES[policy])


def spend(policy: str, caller: str) -> Standing | None:
    """Count one request; None when Redis cannot say.

    Raises RateLimited with `retry_after` in seconds.
    """
    return spend_each({policy: caller})


def spend_each(callers: Mapping[str, str]) -> Standing | None:
    """Count one request against each of these policies: how the caller stands with the last.

    None and RateLimited as `spend`; the first policy that is used up refuses.
    """
    try:
        standings = _counted(callers)
        for standing in standings:
            if standing.remaining < 0:
                raise _refusal(standing, callers[standing.policy])
    except RedisError as error:
        logger.warning("rate limit not counted: %s", error)
        return None
    return standings[-1]


def _counted(callers: Mapping[str, str]) -> list[Standing]:
    limits = [_limit(policy) for policy in callers]
    remaining = _handfuls.spend(
        [
            Limit(_key(limit, *caller), limit.amount, limit.get_expiry())
            for limit, caller in zip(limits, callers.items(), strict=True)
        ],
        _take,
    )
    return [
        Standing(policy, limit, left)
        for policy, limit, left in zip(callers, limits, remaining, strict=True)
    ]


def _key(limit: RateLimitItem, policy: str, caller: str) -> str:
    return str(_storage().prefixed_key(limit.key_for(policy, caller)))


def _refusal(standing: Standing, caller: str) -> RateLimited:
    limit, policies = standing.limit, FixedWindowRateLimiter(_storage())
    with asking():
        window = policies.get_window_stats(limit, standing.policy, caller)
    wait = max(1, ceil(window.reset_time - time()))
    error = RateLimited(extra={"retry_after": wait})
    error.headers = standing.headers()
    return error


def address_of(request: HttpRequest) -> str:
    """The caller's address; behind a proxy the header that the proxy alone sets."""
    return str(request.META.get(settings.ADDRESS_HEADER) or request.META.get("REMOTE_ADDR", ""))


View = Callable[..., HttpResponseBase]


def limited(policy: str, *, method: str = "") -> Callable[[View], View]:
    """A page outside of the API, its requests (of this method only, if one is named) counted for
    each address as those of the API are."""

    def limit(view: View) -> View:
        @wraps(view)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            try:
                if method in ("", request.method):
                    spend(policy, address_of(request))
            except RateLimited as refused:
                wait = str(refused.extra["retry_after"])
                return HttpResponse(refused.detail, status=429, headers={"Retry-After": wait})
            return view(request, *args, **kwargs)

        return counted

    return limit


limited_sign_in = limited("sign_in", method="POST")
