"""TrueLayer's Payments v3, as far as Fynlo uses it."""

import hmac
import json
import secrets
from dataclasses import dataclass
from typing import Any
from uuid import uuid4

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from payments.sandbox.bank.doors import SCOPE, Doors
from payments.sandbox.bank.engine import OPEN, Engine, instant
from payments.sandbox.bank.keys import jwks
from payments.sandbox.bank.problems import Problem, invalid, invalid_state, not_found
from payments.sandbox.bank.shapes import NOTHING, PAYMENT, REFUND, check
from payments.sandbox.bank.store import Row, Store, clock
from payments.sandbox.forms import form_of

TOKEN_S = 3600
PAGE = 50


@dataclass(frozen=True, slots=True)
class Api:
    store: Store
    engine: Engine
    doors: Doors
    url: str

    def routes(self) -> list[Route]:
        payment = "/v3/payments/{id}"
        account = "/v3/merchant-accounts"
        return [
            Route("/connect/token", self.token, methods=["POST"]),
            Route("/v3/payments", self.create, methods=["POST"]),
            Route(payment, self.fetch),
            Route(f"{payment}/actions/cancel", self.cancel, methods=["POST"]),
            Route(f"{payment}/refunds", self.refund, methods=["POST"]),
            Route(f"{payment}/refunds", self.refunds),
            Route(f"{payment}/refunds/{{refund}}", self.fetch_refund),
            Route(account, self.accounts),
            Route(f"{account}/{{id}}/transactions", self.transactions),
            Route("/.well-known/jwks", self.jwks),
        ]

    async def token(self, request: Request) -> Response:
        given = await form_of(request)
        known = self.doors.credentials
        if given.get("grant_type") != "client_credentials":
            return JSONResponse({"error": "unsupported_grant_type"}, 400)
        pair = (given.get("client_id", ""), given.get("client_secret", ""))
        if not hmac.compare_digest(":".join(pair), f"{known.client_id}:{known.client_secret}"):
            return JSONResponse({"error": "invalid_client"}, 400)
        if given.get("scope") != SCOPE:
            return JSONResponse({"error": "invalid_scope"}, 400)
        token = secrets.token_urlsafe(32)
        self.store.insert("tokens", token=token, scope=SCOPE, expires_at=clock() + TOKEN_S)
        answer = {"access_token": token, "expires_in": TOKEN_S, "token_type": "Bearer"}
        return JSONResponse({**answer, "scope": SCOPE})

    async def create(self, request: Request) -> Response:
        return await self.doors.write(request, "create", self._create)

    def _create(self, body: Any) -> tuple[int, object]:
        check(PAYMENT, body)
        account = body["payment_method"]["beneficiary"]["merchant_account_id"]
        if self.doors.credentials.currency_of(account) != body["currency"]:
            raise invalid("There is no such merchant account in this currency.")
        pk, user, token = str(uuid4()), str(uuid4()), secrets.token_urlsafe(32)
        self.store.insert(
            "payments",
            id=pk,
            created_at=clock(),
            status="authorization_required",
            amount=body["amount_in_minor"],
            currency=body["currency"],
            account=account,
            request=json.dumps(body),
            page_token=token,
            user=user,
        )
        self.engine.created(pk)
        answer: dict[str, Any] = {
            "id": pk,
            "user": {"id": user},
            "resource_token": token,
            "status": "authorization_required",
        }
        if "hosted_page" in body:
            answer["hosted_page"] = {"uri": f"{self.url}/pay/{pk}?token={token}"}
        return 201, answer

    async def fetch(self, request: Request) -> Response:
        payment = self._payment(request)
        await self.doors.dawdle("fetch")
        return JSONResponse(payment_document(payment))

    async def cancel(self, request: Request) -> Response:
        def work(body: Any) -> tuple[int, object]:
            check(NOTHING, body)
            self.engine.cancel(self._payment(request))
            return 202, {}

        return await self.doors.write(request, "cancel", work)

    async def refund(self, request: Request) -> Response:
        def work(body: Any) -> tuple[int, object]:
            return 202, self._refund(self._payment(request), body)

        return await self.doors.write(request, "refund", work)

    def _refund(self, payment: Row, body: Any) -> dict[str, str]:
        check(REFUND, body)
        if payment["status"] != "settled":
            raise invalid_state("Only a settled payment can be refunded.")
        given = self.store.rows(
            "SELECT * FROM refunds WHERE payment = ? AND status != 'failed'", payment["id"]
        )
        left = payment["amount"] - sum(refund["amount"] for refund in given)
        amount = body.get("amount_in_minor", left)
        if amount > left or amount < 1:
            raise invalid("The refunds would be more than the payment.")
        pk = str(uuid4())
        self.store.insert(
            "refunds",
            id=pk,
            payment=payment["id"],
            created_at=clock(),
            status="pending",
            amount=amount,
            reference=body["reference"],
            metadata=json.dumps(body.get("metadata", {})),
        )
        self.engine.refund_made(pk)
        return {"id": pk}

    async def refunds(self, request: Request) -> Response:
        payment = self._payment(request)
        rows = self.store.rows("SELECT * FROM refunds WHERE payment = ?", payment["id"])
        items = [refund_document(row, payment["currency"]) for row in rows]
        return JSONResponse({"items": items})

    async def fetch_refund(self, request: Request) -> Response:
        payment = self._payment(request)
        sql = "SELECT * FROM refunds WHERE payment = ? AND id = ?"
        found = self.store.row(sql, payment["id"], request.path_params["refund"])
        if found is None:
            raise not_found()
        return JSONResponse(refund_document(found, payment["currency"]))

    async def accounts(self, request: Request) -> Response:
        self.doors.check_token(request)
        known = self.doors.credentials
        rows = [{"id": pk, "currency": known.currency_of(pk)} for pk in known.accounts.values()]
        return JSONResponse({"items": rows})

    async def transactions(self, request: Request) -> Response:
        """Of one account, `from` (included) `to` (not), by pages with a cursor."""
        self.doors.check_token(request)
        account, query = request.path_params["id"], request.query_params
        if self.doors.credentials.currency_of(account) is None:
            raise not_found()
        if not {"from", "to"} <= query.keys():
            raise invalid("`from` and `to` are required.")
        items = [row for row in self._moved(account) if query["from"] <= row[0] < query["to"]]
        start = int(query.get("cursor", "0"))
        shown = [item for _, item in sorted(items, key=lambda row: row[0])[start : start + PAGE]]
        more = {"next_cursor": str(start + PAGE)} if start + PAGE < len(items) else {}
        return JSONResponse({"items": shown, "pagination": more})

    def _moved(self, account: str) -> list[tuple[str, dict[str, Any]]]:
        """When, and what, for each movement of the account."""
        paid = "SELECT * FROM payments WHERE account = ? AND settled_at IS NOT NULL"
        returned = (
            "SELECT refunds.*, currency FROM refunds JOIN payments ON payments.id = payment"
            " WHERE account = ? AND refunds.status = 'executed'"
        )
        rows = [
            (instant(p["settled_at"]) or "", _credit(p)) for p in self.store.rows(paid, account)
        ]
        rows += [
            (instant(r["executed_at"]) or "", _debit(r)) for r in self.store.rows(returned, account)
        ]
        return rows

    async def jwks(self, _: Request) -> Response:
        if self.store.scenario("jwks_down") is not None:
            raise Problem(503, "service-unavailable", "The keys are not available.")
        return JSONResponse(jwks(self.store))

    def _payment(self, request: Request) -> Row:
        """Raises Problem 401, 404, and whatever is staged for `fetch`."""
        self.doors.check_token(request)
        if request.method == "GET" and self.store.scenario("503", "fetch") is not None:
            raise Problem(503, "service-unavailable", "The service is not available.")
        found = self.engine.payment(request.path_params["id"])
        if found is None:
            raise not_found()
        return found


def payment_document(payment: Row) -> dict[str, Any]:
    asked = json.loads(payment["request"])
    document = {
        "id": payment["id"],
        "amount_in_minor": payment["amount"],
        "currency": payment["currency"],
        "user": {"id": payment["user"]},
        "payment_method": asked["payment_method"],
        "metadata": asked.get("metadata", {}),
        "created_at": instant(payment["created_at"]),
        "status": payment["status"],
    }
    if payment["status"] not in (*OPEN, "failed", "authorized"):
        document["payment_source"] = {"account_holder_name": "A GUEST"}
    for name in ("executed_at", "settled_at", "failed_at"):
        if payment[name] is not None:
            document[name] = instant(payment[name])
    for name in ("failure_stage", "failure_reason"):
        if payment[name] is not None:
            document[name] = payment[name]
    return document


def refund_document(refund: Row, currency: str) -> dict[str, Any]:
    document = {
        "id": refund["id"],
        "amount_in_minor": refund["amount"],
        "currency": currency,
        "reference": refund["reference"],
        "metadata": json.loads(refund["metadata"]),
        "created_at": instant(refund["created_at"]),
        "status": refund["status"],
    }
    for name in ("executed_at", "failed_at"):
        if refund[name] is not None:
            document[name] = instant(refund[name])
    if refund["failure_reason"] is not None:
        document["failure_reason"] = refund["failure_reason"]
    return document


def _credit(payment: Row) -> dict[str, Any]:
    return {
        "type": "merchant_account_payment",
        "id": payment["id"],
        "currency": payment["currency"],
        "amount_in_minor": payment["amount"],
        "status": "settled",
        "settled_at": instant(payment["settled_at"]),
        "payment_id": payment["id"],
    }


def _debit(refund: Row) -> dict[str, Any]:
    return {
        "type": "refund",
        "id": refund["id"],
        "currency": refund["currency"],
        "amount_in_minor": refund["amount"],
        "status": "executed",
        "executed_at": instant(refund["executed_at"]),
        "refund_id": refund["id"],
        "payment_id": refund["payment"],
    }
