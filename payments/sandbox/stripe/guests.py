"""The pages' own requests, and what only tests and `make run` may ask: `/_sandbox/…`."""

import secrets
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qsl

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, RedirectResponse, Response
from starlette.routing import BaseRoute, Route

from payments.sandbox.stripe import intents, pages, refunds
from payments.sandbox.stripe.app import StandIn
from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.refusals import Json, Refused
from payments.sandbox.stripe.scenarios import Scenario

Form = dict[str, str]
Handler = Callable[[StandIn, Request, Form], Response]


def guest_routes(stand_in: StandIn) -> list[BaseRoute]:
    return [
        _route(stand_in, "/pay/{name}", "GET", _show_form),
        _route(stand_in, "/pay/{name}", "POST", _pay),
        _route(stand_in, "/3ds/{name}", "GET", _show_challenge),
        _route(stand_in, "/3ds/{name}", "POST", _answer_challenge),
        _route(stand_in, "/_sandbox/health", "GET", _health),
        _route(stand_in, "/_sandbox/scenario", "POST", _controlled(_add_scenario)),
        _route(stand_in, "/_sandbox/clear", "POST", _controlled(_clear)),
        _route(stand_in, "/_sandbox/webhooks", "POST", _controlled(_send_webhooks_to)),
        _route(stand_in, "/_sandbox/{act}/{name}", "POST", _controlled(_act)),
    ]


def _route(stand_in: StandIn, path: str, method: str, handler: Handler) -> BaseRoute:
    async def serve(request: Request) -> Response:
        raw = await request.body()
        form = dict(parse_qsl(raw.decode() or request.url.query, keep_blank_values=True))
        return await run_in_threadpool(_refusable, stand_in, handler, request, form)

    return Route(path, serve, methods=[method])


def _refusable(stand_in: StandIn, handler: Handler, request: Request, form: Form) -> Response:
    try:
        return handler(stand_in, request, form)
    except Refused as refused:
        return JSONResponse(refused.answer.body, refused.answer.status)


def _controlled(handler: Handler) -> Handler:
    """Only from this machine and with the token."""

    def guarded(stand_in: StandIn, request: Request, form: Form) -> Response:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        host = request.client.host if request.client else ""
        if host not in {"127.0.0.1", "::1"} or not secrets.compare_digest(
            given, stand_in.credentials.control_token
        ):
            return JSONResponse({"error": "forbidden"}, 403)
        return handler(stand_in, request, form)

    return guarded


def _opened(stand_in: StandIn, request: Request, form: Form) -> tuple[Books, Json]:
    """The intent that the client secret opens. Raises Refused for any other."""
    name = request.path_params["name"]
    row = stand_in.store.rows(
        "SELECT account FROM objects WHERE id = ? AND kind = 'payment_intent'", name
    )
    account = row[0][0] if row else ""
    books = stand_in.books("" if account == stand_in.books().account else account)
    intent = books.store.one(books.account, "payment_intent", name)
    intents.require_secret(intent, form.get("key", ""))
    return books, intent


def _show_form(stand_in: StandIn, request: Request, form: Form) -> Response:
    _, intent = _opened(stand_in, request, form)
    back = form.get("return_url", "")
    if intent["status"] == "succeeded":
        return HTMLResponse(pages.message("Paid", "This has been paid. Thank you."))
    if intent["status"] == "canceled":
        return HTMLResponse(pages.message("Cancelled", "This payment was cancelled."))
    return HTMLResponse(pages.card_form(intent, back=back))


def _pay(stand_in: StandIn, request: Request, form: Form) -> Response:
    back = form.get("return_url", "")
    with stand_in.store.transaction():
        books, intent = _opened(stand_in, request, form)
        if intent["status"] == "succeeded":  # pressed twice: the first answer was lost
            return _onwards(intent, back)
        try:
            answer = intents.confirm(books, intent, {**_card(form), "return_url": back})
        except Refused as refused:
            answer = refused.answer
    stand_in.sender.nudged.set()
    if answer.status != 200:
        wrong = answer.body["error"]["message"]
        return HTMLResponse(pages.card_form(intent, back=back, wrong=wrong), 402)
    return _onwards(answer.body, back)


def _card(form: Form) -> Json:
    month, _, year = form.get("expiry", "").partition("/")
    card: Json = {"number": form.get("number", ""), "cvc": form.get("cvc", "")}
    for name, value in (("exp_month", month), ("exp_year", year)):
        card[name] = int(value) if value.strip().isdigit() else 0
    return {"payment_method_data": {"type": "card", "card": card}}


def _onwards(intent: Json, back: str) -> Response:
    action = intent["next_action"] or {}
    target = action.get("redirect_to_url", {}).get("url") or action.get("use_stripe_sdk", {}).get(
        "stripe_js"
    )
    if target:
        return RedirectResponse(target, 303)
    if back:
        return RedirectResponse(pages.returning(intent, back), 303)
    return HTMLResponse(pages.message("Thank you", "You may close this page."))


def _show_challenge(stand_in: StandIn, request: Request, form: Form) -> Response:
    _, intent = _opened(stand_in, request, form)
    if intent["status"] != "requires_action":
        return HTMLResponse(pages.message("Nothing to do", "This was answered already."))
    return HTMLResponse(pages.challenge(intent))


def _answer_challenge(stand_in: StandIn, request: Request, form: Form) -> Response:
    with stand_in.store.transaction():
        books, intent = _opened(stand_in, request, form)
        action = intent["next_action"] or {}
        back = action.get("redirect_to_url", {}).get("return_url", "")
        intents.authenticate(books, intent, succeeded=form.get("result") == "complete")
    stand_in.sender.nudged.set()
    return _onwards(intent, back)


def _health(stand_in: StandIn, request: Request, form: Form) -> Response:
    return JSONResponse({"ok": True})


def _add_scenario(stand_in: StandIn, request: Request, form: Form) -> Response:
    stand_in.scenarios.add(
        Scenario(
            name=form["name"],
            operation=form.get("operation", ""),
            times=int(form.get("times", "1")),
            seconds=float(form.get("seconds", "0")),
        )
    )
    return JSONResponse({"ok": True})


def _clear(stand_in: StandIn, request: Request, form: Form) -> Response:
    stand_in.scenarios.clear()
    stand_in.store.rows("DELETE FROM outbox")
    return JSONResponse({"ok": True})


def _send_webhooks_to(stand_in: StandIn, request: Request, form: Form) -> Response:
    stand_in.sender.url = form["url"]
    stand_in.sender.nudged.set()
    return JSONResponse({"ok": True})


def _act(stand_in: StandIn, request: Request, form: Form) -> Response:
    """What banks and time do to an object: see ACTS."""
    name, act = request.path_params["name"], request.path_params["act"]
    row = stand_in.store.rows("SELECT account, kind FROM objects WHERE id = ?", name)
    if not row or act not in ACTS:
        return JSONResponse({"error": "no such object or act"}, 404)
    account, kind = row[0]
    books = stand_in.books("" if account == stand_in.books().account else account)
    with stand_in.store.transaction():
        changed = ACTS[act](books, books.store.one(books.account, kind, name))
    stand_in.sender.nudged.set()
    return JSONResponse({"id": changed["id"], "status": changed.get("status")})


def _dispute(books: Books, intent: Json) -> Json:
    paid = books.store.one(books.account, "charge", intent["latest_charge"])
    return refunds.dispute(books, paid, reason="fraudulent")


def _settle(books: Books, intent: Json) -> Json:
    """The money is available in the account's balance."""
    paid = books.store.one(books.account, "charge", intent["latest_charge"])
    moved = books.store.one(books.account, "balance_transaction", paid["balance_transaction"])
    return books.store.keep({**moved, "status": "available"})


ACTS: dict[str, Any] = {
    "settle": _settle,
    "authenticate": lambda books, intent: intents.authenticate(books, intent, succeeded=True),
    "fail-authentication": lambda books, intent: intents.authenticate(
        books, intent, succeeded=False
    ),
    "expire-hold": lambda books, intent: intents.give_up(books, intent, "automatic"),
    "dispute": _dispute,
    "win-dispute": lambda books, disputed: refunds.close_dispute(books, disputed, won=True),
    "lose-dispute": lambda books, disputed: refunds.close_dispute(books, disputed, won=False),
    "fail-refund": refunds.failed,
    "finish-refund": refunds.arrived,
}
