"""Idempotency-Key as docs.stripe.com/api/idempotent_requests says.

The first execution's status and body are kept for a day, 500s included, and answered again with
`Idempotent-Replayed: true`. Other parameters are an error; a request that still runs is 409; what
fails validation is not kept.
"""

import json
import secrets
import time
from collections.abc import Callable

from payments.sandbox.stripe.refusals import Answer, Refused, invalid
from payments.sandbox.stripe.store import Store

KEPT_S = 24 * 3600
Headers = dict[str, str]


def run(
    store: Store, *, account: str, key: str, asked: str, work: Callable[[], Answer]
) -> tuple[Answer, Headers]:
    """`asked`: method, path and parameters in one text. Raises Refused."""
    request = f"req_{secrets.token_hex(7)}"
    if not key:
        return work(), {"Request-Id": request}
    if len(key) > 255:
        raise invalid("Idempotency-Key must be at most 255 characters.")
    known = _claim(store, account, key, asked, request)
    if known is not None:
        return known
    try:
        answer = work()
    except BaseException:
        store.rows("DELETE FROM keys WHERE account = ? AND key = ?", account, key)
        raise
    store.rows(
        "UPDATE keys SET status = ?, body = ? WHERE account = ? AND key = ?",
        answer.status,
        json.dumps(answer.body),
        account,
        key,
    )
    return answer, {"Request-Id": request, "Idempotency-Key": key}


def _claim(
    store: Store, account: str, key: str, asked: str, request: str
) -> tuple[Answer, Headers] | None:
    with store.transaction():
        store.rows("DELETE FROM keys WHERE at < ?", time.time() - KEPT_S)
        found = store.rows(
            "SELECT asked, request, status, body FROM keys WHERE account = ? AND key = ?",
            account,
            key,
        )
        if not found:
            store.rows(
                "INSERT INTO keys (account, key, asked, request, at) VALUES (?, ?, ?, ?, ?)",
                account,
                key,
                asked,
                request,
                time.time(),
            )
            return None
    before, original, status, body = found[0]
    if before != asked:
        raise _other_parameters(key)
    if status is None:
        raise _in_progress(key)
    headers = {"Request-Id": request, "Original-Request": original, "Idempotency-Key": key}
    return Answer(status, json.loads(body)), {**headers, "Idempotent-Replayed": "true"}


def _other_parameters(key: str) -> Refused:
    return Refused(
        400,
        "idempotency_error",
        "Keys for idempotent requests can only be used with the same parameters they were first"
        f" used with. Try using a key other than '{key}' if you meant to execute a different"
        " request.",
    )


def _in_progress(key: str) -> Refused:
    return Refused(
        409,
        "idempotency_error",
        f"There is currently another in-progress request using this Idempotent Key: {key}.",
        code="idempotency_key_in_use",
    )
