"""Idempotency-Key: a write, its events and its stored response commit together.

The key's scope is restaurant, user, method and path. An advisory lock held for the transaction
tells a request that still runs (409) from one that is done (replay); the unique row decides
the rest. Errors that may heal (409, 429, 5xx) are not stored.
"""

import hashlib
import hmac
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import IntegrityError, connection
from django.http import HttpResponse

from fynlo.api.errors import IdempotencyInProgress, IdempotencyKeyReused
from fynlo.api.parsers import canonical
from fynlo.api.problems import render
from fynlo.db import durable
from fynlo.errors import DomainError, IdConflict

# 1 to 255 printable ASCII characters; no space at either end, where HTTP would take it away.
KEY_FORM = "[!-~]([ -~]{0,253}[!-~])?"
KEPT_FOR = timedelta(hours=72)
_CLAIM = """
SELECT pg_try_advisory_xact_lock(hashtextextended(%s, 0)), s.fingerprint, s.status, s.headers::text,
    s.body
FROM (SELECT 1) one LEFT JOIN api_storedresponse s
    ON s.restaurant_id = %s AND s.scope = %s AND s.stored_at > %s
"""
_STORE = """
INSERT INTO api_storedresponse AS s
    (restaurant_id, scope, fingerprint, status, headers, body, stored_at)
VALUES (%s, %s, %s, %s, %s, %s, %s)
ON CONFLICT (restaurant_id, scope) DO UPDATE SET fingerprint = EXCLUDED.fingerprint,
    status = EXCLUDED.status, headers = EXCLUDED.headers, body = EXCLUDED.body,
    stored_at = EXCLUDED.stored_at
WHERE s.stored_at <= %s
"""
_SWEEP = """
DELETE FROM api_storedresponse WHERE id IN
    (SELECT id FROM api_storedresponse WHERE stored_at <= %s ORDER BY stored_at, id LIMIT %s)
"""
SWEPT_AT_ONCE = 5000
_HEADERS_KEPT = ("Content-Type", "Location", "ETag")
_MAY_HEAL = frozenset({409, 429})


@dataclass(frozen=True, slots=True)
class Claim:
    """One request's key. `fingerprint` is the SHA-256 of its canonical body."""

    restaurant_id: UUID
    scope: str
    fingerprint: str
    now: datetime

    @classmethod
    def of(
        cls, *, restaurant_id: UUID, parts: tuple[str, ...], fingerprint: str, now: datetime
    ) -> "Claim":
        scope = hashlib.sha256("\n".join(parts).encode()).hexdigest()
        return cls(restaurant_id, scope, fingerprint, now)


@dataclass(frozen=True, slots=True)
class Stored:
    """What a key was answered with; `headers` is JSON text."""

    status: int
    headers: str
    body: str


def fingerprint_of(body: Any) -> str:
    """Equal bodies have equal fingerprints. Keyed, because a body may hold a PIN."""
    return hmac.new(settings.SECRET_KEY.encode(), canonical(body), hashlib.sha256).hexdigest()


def run(claim: Claim | None, work: Callable[[], HttpResponse]) -> HttpResponse:
    """Run `work` in one transaction; with a claim, at most once.

    Two requests that create the same id at the same instant meet at the primary key: the loser
    runs once more and then finds what the winner made.
    Raises IdConflict when the id is taken by something else, IdempotencyKeyReused,
    IdempotencyInProgress, and whatever `work` raises.
    """
    try:
        return _once(claim, work)
    except IntegrityError as error:
        check_about_ids(error)
    try:
        return _once(claim, work)
    except IntegrityError as error:
        check_about_ids(error)
        raise IdConflict from error


def check_about_ids(error: IntegrityError) -> None:
    """Raises the error again unless it is about a primary key."""
    if "_pkey" not in str(error):
        raise error


def _once(claim: Claim | None, work: Callable[[], HttpResponse]) -> HttpResponse:
    if claim is None:
        with durable():
            return work()
    try:
        with durable():
            stored = look_up(claim)
            return replay(stored) if stored else store(claim, work())
    except DomainError as error:
        return keep_refusal(claim, error)


def look_up(claim: Claim) -> Stored | None:
    """Takes the key's lock for this transaction. Raises IdempotencyInProgress when another one
    has it, IdempotencyKeyReused when it was used with another body."""
    with connection.cursor() as cursor:
        oldest = claim.now - KEPT_FOR
        lock_name = f"{claim.restaurant_id}{claim.scope}"
        cursor.execute(_CLAIM, [lock_name, claim.restaurant_id, claim.scope, oldest])
        acquired, fingerprint, status, headers, body = cursor.fetchone()
    if not acquired:
        raise IdempotencyInProgress
    if fingerprint is None:
        return None
    if fingerprint != claim.fingerprint:
        raise IdempotencyKeyReused
    return Stored(status, headers, body)


def replay(stored: Stored) -> HttpResponse:
    response = HttpResponse(stored.body, status=stored.status)
    for name, value in json.loads(stored.headers).items():
        response[name] = value
    response["Idempotency-Replayed"] = "true"
    return response


def store(claim: Claim, response: HttpResponse) -> HttpResponse:
    """Raises IdempotencyInProgress when somebody else stored one a moment ago."""
    if not _insert(claim, response):
        raise IdempotencyInProgress
    return response


def _insert(claim: Claim, response: HttpResponse) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(
            _STORE,
            [
                claim.restaurant_id,
                claim.scope,
                claim.fingerprint,
                response.status_code,
                headers_kept(response),
                response.content.decode(),
                claim.now,
                claim.now - KEPT_FOR,
            ],
        )
        return bool(cursor.rowcount == 1)


def headers_kept(response: HttpResponse) -> str:
    """As JSON text."""
    return json.dumps({name: response[name] for name in _HEADERS_KEPT if name in response})


def keep_refusal(claim: Claim, error: DomainError) -> HttpResponse:
    response = render(error)
    if error.status < 500 and error.status not in _MAY_HEAL:
        with durable():
            _insert(claim, response)
    return response


def sweep_batch(*, now: datetime) -> int:
    """Deletes responses that are replayed no more; how many. Call in a transaction, until 0."""
    with connection.cursor() as cursor:
        cursor.execute(_SWEEP, [now - KEPT_FOR, SWEPT_AT_ONCE])
        return int(cursor.rowcount)
