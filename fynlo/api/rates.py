"""Rate limits per session and per address, counted in Redis by the `limits` library.

When Redis is away requests pass, and it is logged.
"""

import logging
from collections.abc import Callable
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

from fynlo.api.errors import RateLimited
from fynlo.redis import asking

logger = logging.getLogger(__name__)


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
def _limiter() -> FixedWindowRateLimiter:
    storage = RedisStorage(
        settings.REDIS_URL, socket_connect_timeout=0.3, socket_timeout=0.3, wrap_exceptions=False
    )
    return FixedWindowRateLimiter(storage)


@cache
def _limit(policy: str) -> RateLimitItem:
    return parse(settings.RATES[policy])


def spend(policy: str, caller: str) -> Standing | None:
    """Count one request; None when Redis cannot say.

    Raises RateLimited with `retry_after` in seconds.
    """
    limit = _limit(policy)
    try:
        with asking():
            used, resets_at = _counted(policy, limit, caller)
    except RedisError as error:
        logger.warning("rate limit not counted: %s", error)
        return None
    if used > limit.amount:
        raise _refusal(Standing(policy, limit, 0), wait=resets_at - time())
    return Standing(policy, limit, limit.amount - used)


def _counted(policy: str, limit: RateLimitItem, caller: str) -> tuple[int, float]:
    """How many there were, and when (Unix seconds) the count begins again if they are too many."""
    limiter = _limiter()
    used = limiter.storage.incr(limit.key_for(policy, caller), limit.get_expiry())
    if used <= limit.amount:
        return used, 0.0
    return used, limiter.get_window_stats(limit, policy, caller).reset_time


def _refusal(standing: Standing, *, wait: float) -> RateLimited:
    error = RateLimited(extra={"retry_after": max(1, ceil(wait))})
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
