from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from pos.documents import TAX_RATE
from pos.selectors.menu import tax_rates
from pos.serializers.menu import TaxRateChange, TaxRateInput
from pos.services.tax_rates import change_tax_rate, create_tax_rate


class TaxRates(Endpoint):
    @operation(Permission.VIEW_MENU, query=PageQuery, answers=TAX_RATE, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = tax_rates(self.actor.restaurant_id)
        return self.page(TAX_RATE, rows, query=self.query(), order=("rate_bps", "id"))

    @operation(Permission.VIEW_MENU, answers=TAX_RATE)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(TAX_RATE, tax_rates(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_MENU, body=TaxRateInput, answers=TAX_RATE, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_tax_rate, **self.body())

    @operation(Permission.EDIT_MENU, body=TaxRateChange, answers=TAX_RATE, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_tax_rate, pk=pk, expected_version=expected, **changes)
