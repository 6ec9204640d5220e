"""Requests to Stripe by its SDK, and what each way to go wrong means for the money."""

import ssl
import threading
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import Any, TypeVar

import requests
import stripe
from urllib3.exceptions import MaxRetryError, NewConnectionError

from payments.errors import (
    ProviderAuth,
    ProviderDeclined,
    ProviderError,
    ProviderInvalidRequest,
    ProviderKeyReused,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderUnavailable,
)
from payments.providers.stripe.config import StripeConfig

T = TypeVar("T")
REFUSALS: dict[type[stripe.StripeError], type[ProviderError]] = {
    stripe.AuthenticationError: ProviderAuth,
    stripe.PermissionError: ProviderAuth,
    stripe.IdempotencyError: ProviderKeyReused,
    stripe.CardError: ProviderDeclined,
    stripe.InvalidRequestError: ProviderInvalidRequest,
    stripe.RateLimitError: ProviderRateLimited,
}
RETRY_AFTER_S = 1


class EndedBadly(Exception):
    """Stripe has stored a 500 under this key and will answer nothing else: it has ended, whether
    or not it was done has to be looked up, and only another key can do it again."""


class Wire:
    """One account's connection. Thread-safe, as the SDK's client is.

    `watched` goes around each request: see payments.providers.health.
    """

    def __init__(
        self, config: StripeConfig, *, watched: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self._watched = watched
        self._http = _WatchfulClient(
            timeout=(config.connect_timeout, config.read_timeout), session=_session()
        )
        self.client = stripe.StripeClient(
            config.secret_key,
            base_addresses={"api": config.api_url},
            max_network_retries=config.retries,
            http_client=self._http,
        )

    def read(self, ask: Callable[[], T]) -> T:
        """Changes nothing. Raises ProviderUnavailable when there is no answer."""
        with self._watched():
            try:
                return ask()
            except stripe.StripeError as error:
                raise _meaning(error, may_be_done=False) from error

    def write(self, ask: Callable[[str], T], *, idem: str) -> T:
        """`ask` sends its request under the key that it is given; it may be called twice.

        Raises EndedBadly, and of ProviderError: ProviderUnavailable only when no try reached
        Stripe, ProviderOutcomeUnknown when one may have.
        """
        with self._watched():
            self._http.begin()
            try:
                return ask(idem)
            except stripe.APIError as error:
                if (error.http_status or 0) < 500:
                    raise self._meaning(error) from error
            except stripe.StripeError as error:
                raise self._meaning(error) from error
            return self._again(ask, idem)

    def _again(self, ask: Callable[[str], T], idem: str) -> T:
        """After a 500: the same key once more tells whether that is the last word on it."""
        try:
            return ask(idem)
        except stripe.StripeError as error:
            if _is_stored(error):
                raise EndedBadly from error
            raise self._meaning(error) from error

    def _meaning(self, error: stripe.StripeError) -> ProviderError:
        return _meaning(error, may_be_done=self._http.may_have_arrived())


def is_replay(told: Any) -> bool:
    """Whether this is what the key answered first, and not how things are now."""
    return str(_header(told.last_response.headers, "Idempotent-Replayed")) == "true"


def _is_stored(error: stripe.StripeError) -> bool:
    is_replayed = _header(error.headers, "Idempotent-Replayed") == "true"
    return is_replayed and (error.http_status or 0) >= 500


def _header(headers: Mapping[str, Any] | None, name: str) -> str:
    return str((headers or {}).get(name) or (headers or {}).get(name.lower(), ""))


def _meaning(error: stripe.StripeError, *, may_be_done: bool) -> ProviderError:
    kind = REFUSALS.get(type(error))
    if kind is None:
        return ProviderOutcomeUnknown() if may_be_done else ProviderUnavailable()
    return kind(extra=_extra(error))


def _extra(error: stripe.StripeError) -> dict[str, Any]:
    if isinstance(error, stripe.RateLimitError):
        given = _header(error.headers, "Retry-After")
        return {"retry_after": int(given) if given.isdigit() else RETRY_AFTER_S}
    if isinstance(error, stripe.CardError):
        return {"decline_code": getattr(error.error, "decline_code", None) or error.code}
    return {"provider_code": error.code} if error.code else {}


def _session() -> requests.Session:
    """Without the proxies and the .netrc of the machine's environment."""
    session = requests.Session()
    session.trust_env = False
    return session


class _WatchfulClient(stripe.RequestsClient):
    """Knows whether any try of a request, the SDK's own retries included, may have arrived."""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self._tries = threading.local()

    def begin(self) -> None:
        self._tries.arrived = False

    def may_have_arrived(self) -> bool:
        return bool(self._tries.arrived)

    def request(  # type: ignore[override]  # as the SDK's own class does
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None
    ) -> tuple[bytes, int, Mapping[str, str]]:
        try:
            answer = super().request(method, url, headers, post_data)
        except stripe.APIConnectionError as error:
            self._tries.arrived = getattr(self._tries, "arrived", False) or not _never_left(error)
            raise
        self._tries.arrived = True
        return answer


def _never_left(error: stripe.APIConnectionError) -> bool:
    """There was no connection to send anything on: refused, unroutable, unknown or untrusted."""
    cause = error.__cause__
    if isinstance(cause, requests.ConnectTimeout):
        return True
    inner = cause.args[0] if isinstance(cause, requests.ConnectionError) and cause.args else None
    reason = inner.reason if isinstance(inner, MaxRetryError) else None
    if isinstance(reason, NewConnectionError):
        return True
    return isinstance(getattr(reason, "__cause__", None), ssl.SSLCertVerificationError) or any(
        isinstance(part, ssl.SSLCertVerificationError) for part in getattr(reason, "args", ())
    )
