"""Merchant sessions: Apple's word to a browser that this page may ask for Apple Pay.

https://developer.apple.com/documentation/applepayontheweb/requesting-an-apple-pay-payment-session
"""

import re
import ssl
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
from cryptography import x509

from payments.errors import (
    AppleGatewayRefused,
    ProviderAuth,
    ProviderInvalidRequest,
    ProviderUnavailable,
)
from payments.providers.apple.config import AppleConfig

HOST = re.compile(r"(cn-)?apple-pay-gateway(-[a-z0-9]+)*\.apple\.com")
PATH = "/paymentservices/paymentSession"
LONGEST_NAME = 64


def checked_gateway(url: str, *, own: str) -> str:
    """The gateway that the browser names (`event.validationURL`), without its path; `own` when it
    names none. Raises AppleGatewayRefused for whatever is not Apple's."""
    if not url or url.removesuffix(PATH) == own:
        return own
    try:
        parts = urlsplit(url)
        host, port = parts.hostname or "", parts.port
    except ValueError as error:
        raise AppleGatewayRefused from error
    plain = f"https://{host}{PATH}"
    if port not in (None, 443) or not HOST.fullmatch(host):
        raise AppleGatewayRefused
    if url not in {
        plain,
        f"https://{host}:443{PATH}",
        plain.replace(PATH, "/paymentservices/startSession"),
    }:
        raise AppleGatewayRefused
    return f"https://{host}"


class MerchantSessions:
    """`watched` goes around each request: see payments.providers.health."""

    def __init__(
        self, config: AppleConfig, *, watched: Callable[[], AbstractContextManager[None]]
    ) -> None:
        self.config, self._watched = config, watched
        self._context: ssl.SSLContext | None = None

    def open(self, *, name: str, validation_url: str = "") -> dict[str, Any]:
        """What `completeMerchantValidation` takes, as it is: it expires in 5 minutes, serves once
        and is never stored. `name` is what the guest sees.

        Raises AppleGatewayRefused, ProviderAuth (Apple does not know our certificate),
        ProviderInvalidRequest, ProviderUnavailable.
        """
        gateway = checked_gateway(validation_url, own=self.config.gateway_url)
        asked = {
            "merchantIdentifier": self.config.merchant_id,
            "displayName": name[:LONGEST_NAME],
            "initiative": "web",
            "initiativeContext": self.config.domain,
        }
        with self._watched():
            return self._session(gateway, asked)

    def _session(self, gateway: str, asked: dict[str, str]) -> dict[str, Any]:
        timeout = httpx.Timeout(self.config.read_timeout, connect=self.config.connect_timeout)
        try:
            with httpx.Client(verify=self._tls(), timeout=timeout, trust_env=False) as client:
                answer = client.post(f"{gateway}{PATH}", json=asked)
        except (httpx.HTTPError, ssl.SSLError) as error:
            if "certificate" in str(error).lower() or "alert" in str(error).lower():
                raise ProviderAuth from error
            raise ProviderUnavailable from error
        if answer.is_server_error:
            raise ProviderUnavailable
        if answer.status_code in {401, 403, 417}:
            raise ProviderAuth
        if not answer.is_success:
            raise ProviderInvalidRequest
        session: dict[str, Any] = answer.json()
        return session

    def _tls(self) -> ssl.SSLContext:
        if self._context is None:
            try:
                context = ssl.create_default_context(cafile=self.config.authorities or None)
                context.minimum_version = ssl.TLSVersion.TLSv1_2
                context.load_cert_chain(self.config.identity)
            except OSError as error:
                raise ProviderAuth from error
            self._context = context
        return self._context


def identity_expires_at(path: str) -> datetime:
    """When the merchant identity certificate in this file ends. Raises OSError, ValueError."""
    return x509.load_pem_x509_certificate(Path(path).read_bytes()).not_valid_after_utc
