"""The pages that a guest's phone shows: choose a bank, log in, approve or decline."""

import hmac
import json
import secrets
from dataclasses import dataclass
from html import escape
from pathlib import Path
from string import Template
from typing import Any
from urllib.parse import urlencode, urlsplit

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Route

from payments.sandbox.bank.engine import OPEN, Engine
from payments.sandbox.bank.problems import not_found
from payments.sandbox.bank.store import Row, Store, clock
from payments.sandbox.forms import form_of

PAGES = Path(__file__).parent / "pages"
BANKS = ("Albion Bank", "Kestrel", "Northgate Building Society", "Tamar Mutual")
SIGNS = {"GBP": "£", "EUR": "€"}
ENDED = {
    "expired": ("Too late", "The time to approve this payment is over. Nothing was taken."),
    "canceled": ("Cancelled", "This payment was cancelled. Nothing was taken."),
    "provider_rejected": ("Refused", "The bank refused this payment."),
}


@dataclass(frozen=True, slots=True)
class Hosted:
    store: Store
    engine: Engine

    def routes(self) -> list[Route]:
        steps = {"bank": self.bank, "login": self.login}
        ends = {"approve": self.approve, "decline": self.decline}
        return [
            Route("/pay/{id}", self.banks),
            *(Route(f"/pay/{{id}}/{n}", f, methods=["POST"]) for n, f in (steps | ends).items()),
        ]

    async def banks(self, request: Request) -> Response:
        payment = self._payment(request)
        if payment["status"] not in OPEN:
            return self._ended(payment)
        self.engine.opened(payment)
        names = (escape(name) for name in BANKS)
        buttons = (f'<button class="bank" name="bank" value="{n}">{n}</button>' for n in names)
        return self._page(payment, "banks", "Choose your bank", raw={"banks": "\n".join(buttons)})

    async def bank(self, request: Request) -> Response:
        payment = self._payment(request)
        if payment["status"] not in OPEN:
            return self._ended(payment)
        chosen = (await form_of(request)).get("bank")
        if chosen not in BANKS:
            raise not_found()
        self.store.update("payments", payment["id"], bank=chosen)
        return self._page({**payment, "bank": chosen}, "login", "Log in")

    async def login(self, request: Request) -> Response:
        payment = self._payment(request)
        if payment["status"] not in OPEN:
            return self._ended(payment)
        left = max(0, int(self.engine.expires_at(payment) - clock()))
        clock_face = f"{left // 60}:{left % 60:02}"
        title = "Approve this payment?"
        return self._page(payment, "consent", title, seconds=str(left), clock=clock_face)

    async def approve(self, request: Request) -> Response:
        return self._finish(request, self.engine.approve)

    async def decline(self, request: Request) -> Response:
        return self._finish(request, self.engine.decline)

    def _finish(self, request: Request, move: Any) -> Response:
        payment = self._payment(request)
        with self.store.together():
            move(payment)
        return RedirectResponse(_back(payment), 303)

    def _payment(self, request: Request) -> Row:
        """Raises Problem 404 for a page that nobody was given the address of."""
        found = self.engine.payment(request.path_params["id"])
        given = request.query_params.get("token", "")
        if found is None or not hmac.compare_digest(given.encode(), found["page_token"].encode()):
            raise not_found()
        return found

    def _ended(self, payment: Row) -> Response:
        if payment["status"] != "failed":
            title, text = "Thank you", "This payment is approved."
        else:
            title, text = ENDED.get(payment["failure_reason"], ENDED["provider_rejected"])
        return self._page(payment, "message", title, text=text, back=_back(payment))

    def _page(
        self, payment: Row, name: str, title: str, raw: dict[str, str] | None = None, **more: str
    ) -> Response:
        """`more` is escaped, `raw` is not."""
        nonce = secrets.token_urlsafe(16)
        values = {**_shown(payment), "title": title, **more}
        escaped = {key: escape(value) for key, value in values.items()}
        body = _template(name).substitute(escaped, nonce=nonce, **(raw or {}))
        html = _template("layout").substitute(title=escape(title), nonce=nonce, body=body)
        return HTMLResponse(html, headers={"Content-Security-Policy": _policy(payment, nonce)})


def _template(name: str) -> Template:
    return Template((PAGES / f"{name}.html").read_text())


def _shown(payment: Row) -> dict[str, str]:
    asked = json.loads(payment["request"])
    beneficiary = asked["payment_method"]["beneficiary"]
    whole, minor = divmod(payment["amount"], 100)
    return {
        "id": payment["id"],
        "token": payment["page_token"],
        "amount": f"{SIGNS[payment['currency']]}{whole:,}.{minor:02}",
        "payee": beneficiary.get("account_holder_name", "the restaurant"),
        "reference": beneficiary.get("reference", ""),
        "bank": payment["bank"] or "",
    }


def _return_uri(payment: Row) -> str:
    asked = json.loads(payment["request"])
    return str(asked.get("hosted_page", {}).get("return_uri", ""))


def _back(payment: Row) -> str:
    uri = _return_uri(payment)
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'payment_id': payment['id']})}"


def _policy(payment: Row, nonce: str) -> str:
    # Chromium holds a redirect after a form against form-action, too.
    parts = urlsplit(_return_uri(payment))
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}';"
        f" form-action 'self' {parts.scheme}://{parts.netloc}; frame-ancestors 'none'"
    )
