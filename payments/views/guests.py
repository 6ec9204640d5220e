"""The guest's page behind the QR code. It has no session: who has the address has the payment.

Nothing is believed that the guest's browser brings back from a bank: it makes us ask the bank.
"""

import secrets
from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.template.loader import render_to_string
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST, require_safe

from fynlo.api.errors import RateLimited
from fynlo.api.rates import address_of, limited, spend
from fynlo.clock import utc_now
from fynlo.errors import DomainError, NotFound
from fynlo.money import from_major
from payments.choices import Method, Stage
from payments.services.card_form import CardForm, card_form
from payments.services.guest_page import GuestPage, guest_page, mark_of, standing
from payments.services.guest_return import came_back
from payments.services.guests import choose_tip, look, use_bank, use_card

STRIPE = "https://js.stripe.com"
BODIES = {
    Stage.BANK: "bank",
    Stage.CARD: "card",
    Stage.PAID: "paid",
    Stage.OVER: "over",
    Stage.CANCELLED: "end",
    Stage.ASK_STAFF: "end",
}
WORDS = {
    Stage.PREPARING: ("One moment", "Your bank is being asked."),
    Stage.CONFIRMING: ("Your bank is confirming", "You have approved it. Keep this page open."),
    Stage.CLOSING: ("One moment", "The bank payment is being closed."),
    Stage.CANCELLED: ("Nothing to pay", "This payment was cancelled. You were not charged."),
    Stage.ASK_STAFF: ("Please ask a member of staff", "This payment needs a look at the till."),
}
ENDINGS = {
    "EXPIRED": ("Too late for this code", "Nothing was taken. Choose another way to pay."),
    "DECLINED": ("Your bank did not pay", "Nothing was taken. Choose another way to pay."),
}
NOTHING_TAKEN = ("That did not work", "Nothing was taken. Choose another way to pay.")

View = Callable[..., HttpResponse]


def counted(view: View) -> View:
    """Who guesses codes is stopped soon, by address; who has one may ask often."""

    def answered(request: HttpRequest, token: str) -> HttpResponse:
        try:
            spend("guest", token[:64])
            return view(request, token)
        except NotFound:
            return _missing(request)
        except RateLimited as refused:
            return _too_many(refused)

    return answered


def _missing(request: HttpRequest) -> HttpResponse:
    try:
        spend("guest_guess", address_of(request))
    except RateLimited as refused:
        return _too_many(refused)
    nonce = secrets.token_urlsafe(16)
    text = render_to_string("payments/missing.html", {"nonce": nonce})
    return HttpResponse(text, status=404, headers=_headers(nonce))


def _too_many(refused: RateLimited) -> HttpResponse:
    wait = str(refused.extra["retry_after"])
    return HttpResponse(refused.detail, status=429, headers={"Retry-After": wait})


@counted
@require_safe
def page(request: HttpRequest, token: str) -> HttpResponse:
    """`/q/{token}/`"""
    if request.method == "GET":
        look(token, now=utc_now())
    return _shown(token)


@counted
@require_safe
def status(request: HttpRequest, token: str) -> HttpResponse:
    """`/q/{token}/status/`: what the page asks for every two seconds."""
    stage, mark = standing(token, now=utc_now())
    return JsonResponse({"stage": stage, "mark": mark}, headers={"Cache-Control": "no-store"})


@csrf_exempt  # the address itself is the secret, and there is no session to ride on
@counted
@require_POST
def tip(request: HttpRequest, token: str) -> HttpResponse:
    """`/q/{token}/tip/`: `tip` in minor units, or `own` as people write it."""
    currency = guest_page(token, now=utc_now()).currency
    try:
        wanted = _wanted_tip(request, currency)
    except ValueError:
        return _shown(token, refusal="Write the tip as an amount, like 4.50.", status=422)
    return _done(token, lambda: choose_tip(token, wanted, now=utc_now()))


def _wanted_tip(request: HttpRequest, currency: str) -> int:
    """Raises ValueError."""
    own = request.POST.get("own", "")
    wanted = from_major(own, currency) if own else int(request.POST.get("tip", ""))
    if not 0 <= wanted < 2**53:
        raise ValueError("A tip is an amount of zero or more.")
    return wanted


@csrf_exempt
@counted
@require_POST
def card(request: HttpRequest, token: str) -> HttpResponse:
    """`/q/{token}/card/`"""
    return _done(token, lambda: use_card(token, now=utc_now()))


@csrf_exempt
@counted
@require_POST
def bank(request: HttpRequest, token: str) -> HttpResponse:
    """`/q/{token}/bank/`"""
    return _done(token, lambda: use_bank(token, now=utc_now()))


def _done(token: str, work: Callable[[], None]) -> HttpResponse:
    """Back to the page; with the reason on it when it was refused."""
    try:
        work()
    except NotFound:
        raise
    except DomainError as refused:
        return _shown(token, refusal=refused.detail, status=refused.status)
    return redirect("guest-page", token)


@limited("guest_return")
@require_safe
def came_back_from_provider(request: HttpRequest) -> HttpResponse:
    """`/q/return/`: where banks and card pages send the guest. It proves nothing."""
    named = request.GET.get("payment_id") or request.GET.get("payment_intent") or ""
    token = came_back(named)
    return redirect("guest-page", token) if token else _missing(request)


def _shown(token: str, *, refusal: str = "", status: int = 200) -> HttpResponse:
    shown = guest_page(token, now=utc_now())
    takes_card = shown.stage == Stage.CARD and not shown.leads_to
    form = card_form(token) if takes_card else None
    nonce = secrets.token_urlsafe(16)
    text = render_to_string("payments/guest.html", _context(shown, form, nonce, refusal))
    return HttpResponse(text, status=status, headers=_headers(nonce, stripe=form is not None))


def _context(shown: GuestPage, form: CardForm | None, nonce: str, refusal: str) -> dict[str, Any]:
    offered = {offer.method for offer in shown.offers}
    title, text = ENDINGS.get(shown.ended_as, NOTHING_TAKEN)
    if shown.stage in WORDS:
        title, text = WORDS[shown.stage]
    return {
        "page": shown,
        "mark": mark_of(shown.version, shown.stage, shown.receipt_url),
        "body": f"payments/stages/{BODIES.get(shown.stage, 'waiting')}.html",
        "waiting": {"title": title, "text": text},
        "can_use_card": Method.CARD in offered,
        "can_use_bank": Method.OPEN_BANKING in offered,
        "card": form,
        "return_url": f"{settings.PUBLIC_PAY_BASE_URL}/q/return/",
        "nonce": nonce,
        "refusal": refusal,
    }


def _headers(nonce: str, *, stripe: bool = False) -> dict[str, str]:
    """Nothing but what we wrote ourselves runs; Stripe's own script where it has to take a card.

    https://docs.stripe.com/security/guide#content-security-policy
    """
    scripts, frames, asks = f"'nonce-{nonce}'", "'none'", "'self'"
    if stripe:
        scripts, frames = f"{scripts} {STRIPE}", f"{STRIPE} https://hooks.stripe.com"
        asks = f"{asks} https://api.stripe.com"
    policy = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src {scripts};"
        f" connect-src {asks}; frame-src {frames}; img-src data:; form-action 'self';"
        " frame-ancestors 'none'; base-uri 'none'"
    )
    return {
        "Content-Security-Policy": policy,
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex, nofollow, noarchive",
        "Cache-Control": "private, no-store",
    }
