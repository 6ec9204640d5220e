from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.views import Endpoint
from pos.documents import PRODUCT
from pos.selectors.menu import PRODUCT_PAGES, products
from pos.serializers.menu import AvailabilityInput, ProductChange, ProductInput, ProductQuery
from pos.services.availability import set_availability
from pos.services.products import change_product, create_product, delete_product


class Products(Endpoint):
    @operation(Permission.VIEW_MENU, query=ProductQuery, answers=PRODUCT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = products(self.actor.restaurant_id, **self.filters())
        return self.page(PRODUCT, rows, order=("position", "id"), kept_in=PRODUCT_PAGES)

    @operation(Permission.VIEW_MENU, answers=PRODUCT)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(PRODUCT, products(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_MENU, body=ProductInput, answers=PRODUCT, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_product, **self.body())

    @operation(Permission.EDIT_MENU, body=ProductChange, answers=PRODUCT, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_product, pk=pk, expected_version=expected, **changes)

    @operation(Permission.EDIT_MENU, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_product, pk=pk, expected_version=self.expected_version({}))

    @action(detail=True, methods=["post"])
    @operation(Permission.SET_AVAILABILITY, body=AvailabilityInput, answers=PRODUCT)
    def availability(self, request: Request, pk: UUID) -> HttpResponse:
        """Sold out, so many left, or back. It returns by itself at `until`."""
        said: dict[str, Any] = self.body()
        expected = self.expected_version(said)
        return self.write(set_availability, pk=pk, expected_version=expected, **said)
