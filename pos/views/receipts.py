import base64
import hashlib
from typing import Any
from uuid import UUID

import orjson
from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string
from django.views.decorators.http import require_safe
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.inputs import NoBody
from fynlo.api.operations import operation
from fynlo.api.rates import limited
from fynlo.api.views import Endpoint
from pos.errors import ReceiptNotFound
from pos.serializers.receipts import PRINTED, RECEIPT, ReceiptQuery
from pos.services.receipts.issuing import print_receipt
from pos.services.receipts.layout import lay_out
from pos.services.receipts.paper import Paper, public_receipt, receipt_of
from pos.services.receipts.printing import printed
from pos.services.receipts.qr import as_svg

# Nothing is loaded, run or framed, and no search engine keeps the page.
_HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'; base-uri 'none'"
    ),
    "X-Robots-Tag": "noindex, nofollow, noarchive",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "private, no-store",
}


class OrderReceipts(Endpoint):
    """`orders/{id}/receipt/`: reading changes nothing; what is printed is counted."""

    @action(detail=True, methods=["get"])
    @operation(
        Permission.TAKE_ORDERS,
        query=ReceiptQuery,
        answers=RECEIPT,
        also=("text/html", "application/octet-stream"),
    )
    def receipt(self, request: Request, pk: UUID) -> HttpResponse:
        paper = receipt_of(self.actor.restaurant_id, pk)
        wanted = self.query["format"]
        if wanted == "html":
            return _page(paper)
        if wanted == "escpos":
            return HttpResponse(printed(lay_out(paper)), content_type="application/octet-stream")
        text = orjson.dumps(paper.document())
        return self.answer(text, etag=f'"{hashlib.blake2b(text, digest_size=16).hexdigest()}"')

    @action(detail=True, methods=["post"], url_path="receipt/print")
    @operation(Permission.TAKE_ORDERS, body=NoBody, answers=PRINTED)
    def print_receipt(self, request: Request, pk: UUID) -> HttpResponse:
        expected = self.expected_version(self.body())
        return self.write(_printed, pk=pk, expected_version=expected)


def _printed(**arguments: Any) -> str:
    paper = print_receipt(**arguments)
    escpos = base64.b64encode(printed(lay_out(paper))).decode()
    return orjson.dumps({**paper.document(), "escpos": escpos}).decode()


@limited("receipt")
@require_safe
def public_page(request: HttpRequest, token: str) -> HttpResponse:
    """`/r/{token}/`: the receipt for whoever holds the paper with its QR code."""
    try:
        return _page(public_receipt(token))
    except ReceiptNotFound as missing:
        text = render_to_string("pos/receipt_missing.html", {"detail": missing.detail})
        return HttpResponse(text, status=missing.status, headers=_HEADERS)


def _page(paper: Paper) -> HttpResponse:
    shown = {"receipt": lay_out(paper), "qr": as_svg(paper.url) if paper.url else ""}
    return HttpResponse(render_to_string("pos/receipt.html", shown), headers=_HEADERS)
