"""A write that has to ask somebody outside: what is intended is committed first, then the call is
made without a transaction, then what came of it is committed together with the answer.

After a crash the same Idempotency-Key goes on from the intent that was committed. `call` and
`finish` may therefore run more than once for one intent, and at the same time: both have to
bear it.
"""

import json
from collections.abc import Callable
from typing import TypeVar
from uuid import UUID

from django.db import IntegrityError, connection
from django.http import HttpResponse

from fynlo.api.idempotency import (
    Claim,
    check_about_ids,
    headers_kept,
    keep_refusal,
    look_up,
    replay,
    store,
)
from fynlo.db import Intent, durable
from fynlo.errors import DomainError, IdConflict

T = TypeVar("T")
# RFC 9110: an interim status, that no request is answered with.
_BEGUN = 102
_COMPLETE = """
UPDATE api_storedresponse SET status = %s, headers = %s, body = %s
WHERE restaurant_id = %s AND scope = %s AND status = %s
"""


def run_in_phases(
    claim: Claim | None,
    *,
    prepare: Callable[[], Intent],
    call: Callable[[Intent], T],
    finish: Callable[[Intent, T], HttpResponse],
) -> HttpResponse:
    """`prepare` and `finish` each in a transaction of their own, `call` in none.

    What `prepare` refuses is kept as a refusal; what `call` or `finish` raises is not, and the
    same key goes on from the intent. Raises as `fynlo.api.idempotency.run` does.
    """
    begun = _begin(claim, prepare)
    if isinstance(begun, HttpResponse):
        return begun
    outcome = call(begun)
    with durable():
        response = finish(begun, outcome)
        if claim:
            _complete(claim, response)
    return response


def _begin(claim: Claim | None, prepare: Callable[[], Intent]) -> Intent | HttpResponse:
    try:
        return _begin_once(claim, prepare)
    except IntegrityError as error:
        check_about_ids(error)
    try:
        return _begin_once(claim, prepare)
    except IntegrityError as error:
        check_about_ids(error)
        raise IdConflict from error


def _begin_once(claim: Claim | None, prepare: Callable[[], Intent]) -> Intent | HttpResponse:
    if claim is None:
        with durable():
            return prepare()
    try:
        with durable():
            return _known(claim) or _intended(claim, prepare())
    except DomainError as error:
        return keep_refusal(claim, error)


def _known(claim: Claim) -> Intent | HttpResponse | None:
    stored = look_up(claim)
    if stored is None:
        return None
    return _intent(stored.body) if stored.status == _BEGUN else replay(stored)


def _intended(claim: Claim, intent: Intent) -> Intent:
    store(claim, HttpResponse(_text(intent), status=_BEGUN))
    return intent


def _text(intent: Intent) -> str:
    point = intent.point and str(intent.point)
    return json.dumps({"entity": str(intent.entity), "point": point, "is_new": intent.is_new})


def _intent(text: str) -> Intent:
    stored = json.loads(text)
    point = stored["point"] and UUID(stored["point"])
    return Intent(UUID(stored["entity"]), point, is_new=stored["is_new"])


def _complete(claim: Claim, response: HttpResponse) -> None:
    """Whoever was first to finish is repeated to later requests."""
    with connection.cursor() as cursor:
        cursor.execute(
            _COMPLETE,
            [
                response.status_code,
                headers_kept(response),
                response.content.decode(),
                claim.restaurant_id,
                claim.scope,
                _BEGUN,
            ],
        )
