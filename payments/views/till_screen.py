"""Pieces of `/till/` that ask a guest for money by QR code. What is tapped goes to the API."""

from base64 import b64encode
from uuid import UUID

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.api.screens.visitors import screen
from fynlo.clock import utc_now
from fynlo.errors import NotFound
from fynlo.money import for_people
from payments.choices import AttemptStatus, Stage
from payments.models import PaymentAttempt
from payments.selectors.attempts import last_code_of_order, last_code_of_payment
from payments.services.guest_page import GuestPage, guest_page, mark_of
from payments.services.links import as_svg, token_of
from pos.selectors.orders import order_row

NO_CONTENT = 204
WORDS = {
    Stage.PREPARING: "One moment: the bank is being asked.",
    Stage.CARD: "The same code takes the guest's card now.",
    Stage.CONFIRMING: "The guest has approved it. The bank is confirming.",
    Stage.CLOSING: "One moment: the bank payment is being closed.",
    Stage.OVER: "Nothing was taken. Ask again, or choose another way to pay.",
    Stage.ASK_STAFF: "The bank has not said how this ended. Take nothing else for it; ask a"
    " manager to look.",
}
ENDINGS = {
    AttemptStatus.DECLINED: "The guest's bank declined it.",
    AttemptStatus.EXPIRED: "The time for the bank was up.",
}
SHOWS_CODE = frozenset({Stage.BANK, Stage.CARD})
TAKES_CARD_INSTEAD = frozenset({Stage.BANK, Stage.OVER})
CANNOT_BE_STOPPED = frozenset({Stage.CONFIRMING, Stage.CLOSING})


@require_safe
@screen(Permission.TAKE_PAYMENT)
def qr(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """Asks for what an order owes; or shows how far the payment is that was asked for before."""
    try:
        order = order_row(actor.restaurant_id, pk)
    except NotFound as error:
        raise Http404 from error
    code = last_code_of_order(actor.restaurant_id, pk)
    if code:
        return _payment(request, code)
    shown = {"order": order, "due": for_people(order.due, order.currency)}
    return render(request, "screens/till/qr.html", shown)


@require_safe
@screen(Permission.TAKE_PAYMENT)
def payment(request: HttpRequest, actor: Actor, pk: UUID) -> HttpResponse:
    """How far a payment by QR code is. Nothing (204) while it looks as `mark` says."""
    code = last_code_of_payment(actor.restaurant_id, pk)
    if code is None:
        raise Http404
    return _payment(request, code)


def _payment(request: HttpRequest, code: PaymentAttempt) -> HttpResponse:
    page = guest_page(token_of(code.pk), now=utc_now())
    mark = mark_of(page.version, page.stage, "")
    if request.GET.get("mark") == mark:
        return HttpResponse(status=NO_CONTENT)
    shown = {
        "payment": code.payment,
        "page": page,
        "mark": mark,
        "news": _news(page, code),
        "may_cancel": page.stage not in CANNOT_BE_STOPPED,
        "may_use_card": page.stage in TAKES_CARD_INSTEAD,
        "may_ask_again": page.stage == Stage.OVER,
        "image": b64encode(as_svg(code.pk)).decode() if page.stage in SHOWS_CODE else "",
    }
    return render(request, "screens/till/payment.html", shown)


def _news(page: GuestPage, code: PaymentAttempt) -> str:
    if page.stage == Stage.BANK:
        is_open = code.scanned_at is not None
        return "The guest has opened it." if is_open else "The guest scans this with their phone."
    ended = ENDINGS.get(AttemptStatus(code.status), "")
    return f"{ended} {WORDS.get(page.stage, '')}".strip()
