"""The application with holes in it, each as somebody might make it by mistake."""

from base64 import b64decode
from typing import Any
from uuid import UUID

import jwt
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from rest_framework.request import Request

from employees.views.staff import Staff
from fynlo.accounts.choices import Permission
from fynlo.api import tokens
from fynlo.api.inputs import Input
from fynlo.api.operations import operation
from pos.documents import ORDER, PRODUCT
from pos.models.orders import Order
from pos.selectors.menu import products
from pos.serializers.menu import CategoryInput, ProductQuery
from pos.views.orders import Orders
from pos.views.products import Products


class StaffForAll(Staff):
    """Nobody asks for the permission."""

    permission_classes = []


class OrdersOfAll(Orders):
    """The restaurant is forgotten."""

    @operation(Permission.VIEW_ORDERS, answers=ORDER)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(ORDER, Order.objects.all(), pk)


class InjectableProducts(Products):
    """A filter is written into the statement."""

    @operation(Permission.VIEW_MENU, query=ProductQuery, answers=PRODUCT, pages=True)
    def list(self, request: Request) -> HttpResponse:
        sku = request.query_params.get("sku", "")
        rows: Any = products(self.actor.restaurant_id)
        if "sku" in request.query_params:
            rows = rows.extra(where=[f"pos_product.sku = '{sku}'".replace("%", "%%")])
        return self.page(PRODUCT, rows, order=("position", "id"))


def careless(token: str, kind: str) -> dict[str, Any]:
    """`alg: none` is believed."""
    if '"alg":"none"' in b64decode(token.partition(".")[0] + "==").decode(errors="ignore"):
        claims: dict[str, Any] = jwt.decode(token, options={"verify_signature": False})
        return claims
    return _decode(token, kind)


_decode = tokens._decode
tokens._decode = careless


def takes_whatever_comes(body: CategoryInput, data: Any) -> Any:
    """Fields that are not known are left out instead of refused."""
    return super(Input, body).to_internal_value(data)


CategoryInput.to_internal_value = takes_whatever_comes  # type: ignore[method-assign, assignment]


def lets_everybody_read(get_response: Any) -> Any:
    def answer(request: HttpRequest) -> HttpResponse:
        response: HttpResponse = get_response(request)
        response["Access-Control-Allow-Origin"] = request.headers.get("Origin", "*")
        return response

    return answer


def _under(address: str, view: Any, basename: str, **actions: str) -> Any:
    return path(f"api/v1/{address}", view.as_view(actions, basename=basename))


urlpatterns = [
    _under("staff/", StaffForAll, "staff", get="list", post="create"),
    _under("orders/<uuid:pk>/", OrdersOfAll, "order", get="retrieve", patch="partial_update"),
    _under("products/", InjectableProducts, "product", get="list", post="create"),
    path("", include("fynlo.urls")),
]
