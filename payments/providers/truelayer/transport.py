"""Signed HTTP to TrueLayer, and what each way of failing means for the money."""

import json
import threading
import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import httpx
from truelayer_signing import sign_with_pem
from truelayer_signing.errors import TlSigningException

from payments.errors import (
    ProviderAuth,
    ProviderError,
    ProviderInvalidRequest,
    ProviderKeyReused,
    ProviderOutcomeUnknown,
    ProviderRateLimited,
    ProviderUnavailable,
)
from payments.providers.truelayer.config import TrueLayerConfig

Watched = Callable[[], AbstractContextManager[object]]
# Nothing left this machine.
NOT_SENT = (
    httpx.ConnectError,
    httpx.ConnectTimeout,
    httpx.PoolTimeout,
    httpx.ProxyError,
    httpx.UnsupportedProtocol,
)
# A token is renewed this long before it ends, in seconds.
EARLY_S = 60.0
# Below the idle time of the servers: a kept connection is not one they are about to close.
KEEP_ALIVE_S = 3.0


class Transport:
    """One for the process: it keeps connections and the access token, and may be shared by
    threads. `watched` is entered around every request and sees what it raises."""

    def __init__(self, config: TrueLayerConfig, *, watched: Watched = nullcontext) -> None:
        self.config, self._watched = config, watched
        self._token, self._token_ends_at = "", 0.0
        self._renewing = threading.Lock()
        self._client = httpx.Client(
            timeout=httpx.Timeout(config.read_timeout, connect=config.connect_timeout),
            limits=httpx.Limits(keepalive_expiry=KEEP_ALIVE_S),
            trust_env=False,
        )

    def get(self, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """Raises ProviderUnavailable whenever no answer came: asking again does no harm."""
        try:
            with self._watched():
                return self._authorized("GET", path, query=query)
        except ProviderOutcomeUnknown as error:
            raise ProviderUnavailable from error

    def post(self, path: str, body: Mapping[str, Any], *, idem: str) -> dict[str, Any]:
        """Signs and sends the body. The same `idem` and body are done once, however often sent.

        Raises ProviderUnavailable or ProviderAuth when nothing was sent, ProviderOutcomeUnknown
        when it was sent and the answer does not say what became of it.
        """
        text = json.dumps(body, separators=(",", ":"), sort_keys=True)
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": idem,
            "Tl-Signature": self._signature(path, text, idem),
        }
        with self._watched():
            return self._authorized("POST", path, headers=headers, content=text.encode())

    def _signature(self, path: str, text: str, idem: str) -> str:
        """Raises ProviderAuth where the deployment's key is none."""
        config = self.config
        try:
            signer = sign_with_pem(config.kid, config.private_key).set_path(path).set_body(text)
            return str(signer.add_header("Idempotency-Key", idem).sign())
        except TlSigningException as error:
            raise ProviderAuth from error

    def public(self, url: str) -> dict[str, Any]:
        """What anybody may read. Raises ProviderUnavailable."""
        try:
            return _parsed(self._client.get(url))
        except (httpx.HTTPError, ProviderError) as error:
            raise ProviderUnavailable from error

    def _authorized(
        self,
        method: str,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        content: bytes | None = None,
    ) -> dict[str, Any]:
        """With a token; a token that is refused is renewed once."""
        for attempt in (1, 2):
            token = self._access_token()
            bearer = {"Authorization": f"Bearer {token}", **(headers or {})}
            response = self._sent(
                method,
                self.config.api_url + path,
                params=dict(query or {}),
                headers=bearer,
                content=content,
            )
            if response.status_code != 401 or attempt == 2:
                break
            self._forget(token)
        return _parsed(response)

    def _sent(self, method: str, url: str, **options: Any) -> httpx.Response:
        try:
            return self._client.request(method, url, **options)
        except NOT_SENT as error:
            raise ProviderUnavailable from error
        except httpx.HTTPError as error:
            raise ProviderOutcomeUnknown from error

    def _access_token(self) -> str:
        """Raises ProviderUnavailable or ProviderAuth: nothing of the request was sent yet."""
        with self._renewing:
            if time.monotonic() >= self._token_ends_at:
                self._renew()
            return self._token

    def _renew(self) -> None:
        config = self.config
        form = {
            "grant_type": "client_credentials",
            "client_id": config.client_id,
            "client_secret": config.client_secret,
            "scope": "payments",
        }
        try:
            answer = _parsed(self._sent("POST", f"{config.auth_url}/connect/token", data=form))
        except (ProviderInvalidRequest, ProviderAuth) as error:
            raise ProviderAuth from error
        except ProviderOutcomeUnknown as error:
            raise ProviderUnavailable from error
        self._token = answer["access_token"]
        self._token_ends_at = time.monotonic() + float(answer["expires_in"]) - EARLY_S

    def _forget(self, token: str) -> None:
        with self._renewing:
            if token == self._token:
                self._token_ends_at = 0.0


def _parsed(response: httpx.Response) -> dict[str, Any]:
    """The JSON of an answer that says yes. Raises what the others mean."""
    if not response.is_success:
        raise _refusal(response)
    if not response.content:
        return {}
    try:
        parsed: dict[str, Any] = response.json()
    except ValueError as error:
        raise ProviderOutcomeUnknown from error
    return parsed


def _refusal(response: httpx.Response) -> ProviderError:
    """`extra["kind"]` is TrueLayer's own word, as in https://docs.truelayer.com/docs/error-types.

    A 409 says that the same request is being worked on, a 5xx may come after the work was done.
    """
    extra = {"kind": _kind(response), "trace_id": response.headers.get("Tl-Trace-Id", "")}
    match response.status_code:
        case 401 | 403:
            return ProviderAuth(extra=extra)
        case 409:
            return ProviderOutcomeUnknown(extra=extra)
        case 422:
            return ProviderKeyReused(extra=extra)
        case 429:
            return ProviderRateLimited(extra={**extra, "retry_after": _retry_after(response)})
        case status if status >= 500:
            return ProviderOutcomeUnknown(extra=extra)
    return ProviderInvalidRequest(extra=extra)


def _kind(response: httpx.Response) -> str:
    try:
        return str(response.json()["type"]).rpartition("#")[2].rpartition("/")[2]
    except (ValueError, KeyError, TypeError):
        return ""


def _retry_after(response: httpx.Response) -> int:
    given = response.headers.get("Retry-After", "")
    return int(given) if given.isdecimal() else 1
