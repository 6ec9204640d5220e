from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import Access, operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from payments.documents import LATE_TIP, PAYMENT_SPLIT, TIP
from payments.selectors.splits import splits_of
from payments.selectors.tips import tips_in_reach
from payments.serializers.splits import LateTipInput, PaymentSplitInput, TipQuery
from payments.services.splitting import Taken, split_payment
from payments.services.tips import take_late_tip


class Splits(Endpoint):
    """Several guests pay one order: each part is a payment that waits to be asked for."""

    @operation(Permission.VIEW_PAYMENTS, query=PageQuery, answers=PAYMENT_SPLIT, pages=True)
    def list(self, request: Request, order: UUID) -> HttpResponse:
        rows = splits_of(self.actor.restaurant_id, order)
        return self.page(PAYMENT_SPLIT, rows, order=("made_at", "number", "id"))

    @operation(Permission.TAKE_PAYMENT, body=PaymentSplitInput, answers=PAYMENT_SPLIT, pages=True)
    def create(self, request: Request, order: UUID) -> HttpResponse:
        given = self.body()
        guests = given.pop("items", [])
        items = [[Taken(**one) for one in guest["lines"]] for guest in guests]
        return self.write(split_payment, order=order, items=items, **given)


class Tips(Endpoint):
    """What guests left for the staff, and whose it is."""

    @operation(Access.SIGNED_IN, query=TipQuery, answers=TIP, pages=True)
    def list(self, request: Request) -> HttpResponse:
        """One's own; managers see everybody's."""
        rows = tips_in_reach(self.actor, **self.filters())
        return self.page(TIP, rows, order=("-created_at", "-id"))

    @operation(Permission.TAKE_PAYMENT, body=LateTipInput, answers=LATE_TIP, status=201, money=True)
    def create(self, request: Request) -> HttpResponse:
        """Cash from a guest who has paid."""
        return self.make(take_late_tip, **self.body())
