"""Webhooks: who signed them, when, and what they are about.

https://github.com/TrueLayer/truelayer-signing/blob/main/request-signing-v2.md
"""

import json
import threading
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from truelayer_signing import HttpMethod, extract_jws_header, verify_with_jwks
from truelayer_signing.errors import TlSigningException

from payments.errors import SignatureInvalid
from payments.providers.base import ProviderEvent
from payments.providers.truelayer.transport import Transport

SIGNATURE = "Tl-Signature"
TIMESTAMP = "X-Tl-Webhook-Timestamp"
OLDEST = timedelta(minutes=5)
# A clock that is ahead of ours.
NEWEST = timedelta(minutes=1)
KEPT_FOR = timedelta(minutes=30)
# Whoever invents key ids makes us ask for the keys no oftener than this.
ASKED_AGAIN_AFTER = timedelta(seconds=5)
# What a signature that is none makes the library raise.
MALFORMED = (TlSigningException, ValueError, TypeError, KeyError, AttributeError)
MOMENTS = ("executed_at", "settled_at", "failed_at", "authorized_at", "creditable_at")


class Webhooks:
    """Keeps the published keys for 30 minutes; asks once more when a key id is new to it."""

    def __init__(self, transport: Transport) -> None:
        self._transport = transport
        self._keys: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._asking = threading.Lock()

    def event(
        self, raw: bytes, headers: Mapping[str, str], *, path: str, now: datetime
    ) -> ProviderEvent:
        """`path` is ours as the world sees it.

        Raises SignatureInvalid, and ProviderUnavailable when the keys cannot be read.
        """
        given = {name.lower(): value for name, value in headers.items()}
        signature = given.get(SIGNATURE.lower(), "")
        self._check(signature, raw, given, path=path, now=now)
        _check_time(given.get(TIMESTAMP.lower(), ""), now)
        return _event(raw)

    def _check(
        self, signature: str, raw: bytes, headers: Mapping[str, str], *, path: str, now: datetime
    ) -> None:
        try:
            header = extract_jws_header(signature)
            keys = self._keys_at(header.jku or "", kid=header.kid, now=now)
            verifier = verify_with_jwks(keys, header).set_method(HttpMethod.POST).set_path(path)
            verifier.add_headers(headers).add_required_header(TIMESTAMP).set_body(raw.decode())
            verifier.verify(signature)
        except MALFORMED as error:
            raise SignatureInvalid from error

    def _keys_at(self, url: str, *, kid: str, now: datetime) -> dict[str, Any]:
        """Raises SignatureInvalid for a place that is not on the list: it is never asked."""
        if url not in self._transport.config.jwks_urls:
            raise SignatureInvalid
        with self._asking:
            read_at, keys = self._keys.get(url, (None, {}))
            age = KEPT_FOR if read_at is None else now - read_at
            is_known = any(key.get("kid") == kid for key in keys.get("keys", ()))
            if age >= KEPT_FOR or (not is_known and age >= ASKED_AGAIN_AFTER):
                keys = self._transport.public(url)
                self._keys[url] = (now, keys)
            return keys


def _check_time(stamp: str, now: datetime) -> None:
    try:
        age = now - datetime.fromisoformat(stamp)
    except (ValueError, TypeError) as error:
        raise SignatureInvalid from error
    if not -NEWEST <= age <= OLDEST:
        raise SignatureInvalid


def _event(raw: bytes) -> ProviderEvent:
    """One about nothing of a payment's (a payout, say) has an empty `provider_id`."""
    try:
        told: dict[str, Any] = json.loads(raw)
        moment = next((told[name] for name in MOMENTS if name in told), None)
        return ProviderEvent(
            event_id=str(told["event_id"]),
            kind=str(told["type"]),
            provider_id=str(told.get("payment_id", "")),
            occurred_at=datetime.fromisoformat(moment) if moment else None,
            refund_id=str(told.get("refund_id", "")),
        )
    except (ValueError, TypeError, KeyError) as error:
        raise SignatureInvalid from error
