"""The application with holes in it, each as somebody might make it by mistake."""

from base64 import b64decode
from collections.abc import Callable
from dataclasses import replace
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
from payments.models import DayClose
from payments.views import day
from pos.documents import ORDER, PRODUCT
from pos.models import MenuImport
from pos.models.orders import Order
from pos.selectors.menu import products
from pos.selectors.menu_imports import import_document
from pos.serializers.menu import CategoryInput, ProductQuery
from pos.views import menu_files
from pos.views.orders import Orders
from pos.views.products import Products
from syncing.models import Conflict, SyncOperation
from syncing.services.settling import dismiss, resolve, retry
from syncing.views import desk


class StaffForAll(Staff):
    """Nobody asks for the permission."""

    permission_classes = []


class OrdersOfAll(Orders):
    """The restaurant is forgotten."""

    @operation(Permission.VIEW_ORDERS, answers=ORDER)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(ORDER, Order.objects.all(), pk)


def import_of_all(restaurant_id: UUID, pk: UUID) -> str:
    found = MenuImport.objects.filter(pk=pk).first()
    return import_document(found.restaurant_id if found else restaurant_id, pk)


def closes_of_all(restaurant_id: UUID) -> Any:
    return DayClose.objects.all()


def for_all(service: Callable[..., str], model: Any, name: str) -> Callable[..., str]:
    """Done in the restaurant of the thing, whoever asks for it."""

    def careless(*, by: Any, **given: Any) -> str:
        found = model.objects.filter(**{name: given[name]}).first()
        whose = found.restaurant_id if found else by.restaurant_id
        return service(by=replace(by, restaurant_id=whose), **given)

    return careless


vars(menu_files)["import_document"] = import_of_all
vars(day)["day_closes"] = closes_of_all
vars(desk)["retry"] = for_all(retry, SyncOperation, "op_id")
vars(desk)["dismiss"] = for_all(dismiss, SyncOperation, "op_id")
vars(desk)["resolve"] = for_all(resolve, Conflict, "pk")


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
