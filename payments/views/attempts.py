from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from fynlo.errors import NotFound
from payments.selectors.attempts import attempts
from payments.services.links import as_png, as_svg

# Whoever has the address in the code may see the payment.
_PRIVATE = {"Cache-Control": "private, no-store"}


class QRCodes(Endpoint):
    """The QR code of an attempt by bank: the guest's own phone opens it."""

    @operation(Permission.VIEW_PAYMENTS, answers={"type": "string"}, also=("image/svg+xml",))
    def svg(self, request: Request, pk: UUID) -> HttpResponse:
        self._must_exist(pk)
        return HttpResponse(as_svg(pk), content_type="image/svg+xml", headers=_PRIVATE)

    @operation(Permission.VIEW_PAYMENTS, answers={"type": "string"}, also=("image/png",))
    def png(self, request: Request, pk: UUID) -> HttpResponse:
        self._must_exist(pk)
        return HttpResponse(as_png(pk), content_type="image/png", headers=_PRIVATE)

    def _must_exist(self, pk: UUID) -> None:
        rows = attempts(self.actor.restaurant_id).exclude(token_hash="")
        if not rows.filter(pk=pk).exists():
            raise NotFound
