"""The stand-in as an ASGI application: authentication, strict parameters, idempotency, errors."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import BaseRoute, Route

from payments.sandbox.stripe import idempotency
from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.credentials import Credentials
from payments.sandbox.stripe.form import checked, nested
from payments.sandbox.stripe.intents import require_secret
from payments.sandbox.stripe.operations import OPERATIONS, Operation
from payments.sandbox.stripe.reading import expanded
from payments.sandbox.stripe.refusals import Answer, Json, Refused
from payments.sandbox.stripe.scenarios import Scenarios
from payments.sandbox.stripe.sender import Sender
from payments.sandbox.stripe.store import Store

PLATFORM = "acct_platform"
BROKEN = {"error": {"type": "api_error", "message": "An error occurred on Stripe's side."}}


@dataclass(frozen=True)
class StandIn:
    origin: str
    credentials: Credentials
    store: Store
    scenarios: Scenarios
    sender: Sender

    def books(self, account: str = "") -> Books:
        return Books(
            store=self.store,
            scenarios=self.scenarios,
            account=account or PLATFORM,
            origin=self.origin,
            is_connected=bool(account),
        )


def api_routes(stand_in: StandIn) -> list[BaseRoute]:
    return [
        Route(one.path, _endpoint(stand_in, one), methods=[one.method], name=one.name)
        for one in sorted(OPERATIONS, key=lambda one: one.path.count("{"))
    ]


def _endpoint(stand_in: StandIn, one: Operation) -> Callable[[Request], Any]:
    async def serve(request: Request) -> Response:
        raw = await request.body() if one.method == "POST" else request.url.query
        return await run_in_threadpool(_serve, stand_in, one, request, raw)

    return serve


def _serve(stand_in: StandIn, one: Operation, request: Request, raw: bytes | str) -> Response:
    try:
        is_public, account = _authenticate(stand_in, one, request)
        params = checked(nested(raw), one.shape, required=one.required)
        return _execute(stand_in, one, request, params, (is_public, account))
    except Refused as refused:
        return _json(refused.answer, {"Request-Id": "req_refused"})


def _authenticate(stand_in: StandIn, one: Operation, request: Request) -> tuple[bool, str]:
    """Whether the publishable key asks, and for which connected account. Raises Refused (401)."""
    own = stand_in.credentials
    given = request.headers.get("Authorization", "").removeprefix("Bearer ")
    if given != own.secret_key and not (one.public and given == own.publishable_key):
        message = f"Invalid API Key provided: {given[:8]}***"
        raise Refused(401, "invalid_request_error", message)
    account = request.headers.get("Stripe-Account", "")
    if account and not account.startswith("acct_"):
        message = f"The provided key does not have access to account '{account}'."
        raise Refused(403, "invalid_request_error", message, code="account_invalid")
    return given == own.publishable_key, account


def _execute(
    stand_in: StandIn, one: Operation, request: Request, params: Json, who: tuple[bool, str]
) -> Response:
    is_public, account = who
    name = request.path_params.get("name", "")
    books = stand_in.books(account)
    if is_public and "payment_intent" in one.name:
        intent = books.store.one(books.account, "payment_intent", name)
        require_secret(intent, params.get("client_secret", ""))
    trouble = stand_in.scenarios.of_request(one.name)
    if trouble == "429":
        raise Refused(429, "invalid_request_error", "Too many requests.", code="rate_limit")
    if trouble == "502":
        return HTMLResponse("<h1>502 Bad Gateway</h1>", status_code=502)
    key = request.headers.get("Idempotency-Key", "") if one.method == "POST" else ""
    answer, headers = idempotency.run(
        stand_in.store,
        account=books.account,
        key=key,
        asked=f"{one.method} {request.url.path} {json.dumps(params, sort_keys=True)}",
        work=lambda: _work(books, one, params, name=name, sender=stand_in.sender),
    )
    return _json(answer, headers)


def _work(
    books: Books,
    one: Operation,
    params: Json,
    *,
    name: str,
    sender: Sender,
) -> Answer:
    scenario = books.scenarios.of_work(one.name)
    how = scenario.name if scenario else ""
    if how == "500_before_commit":
        return Answer(500, BROKEN)
    try:
        with books.store.transaction():
            answer = one.work(books, params, name)
            paths = params.get("expand", []) if answer.status == 200 else []
            body = expanded(books, answer.body, paths)
    except Refused as refused:
        return refused.answer
    sender.nudged.set()
    if scenario and how == "slow":
        time.sleep(scenario.seconds)
    return Answer(500, BROKEN) if how == "500_after_commit" else Answer(answer.status, body)


def _json(answer: Answer, headers: dict[str, str]) -> Response:
    if answer.status >= 500:
        headers = {**headers, "Stripe-Should-Retry": "false"}
    return JSONResponse(answer.body, answer.status, {"Stripe-Version": "2026-10-28", **headers})


def application(stand_in: StandIn, *more: BaseRoute) -> Starlette:
    return Starlette(routes=[*api_routes(stand_in), *more])
