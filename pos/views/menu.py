import hashlib
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from fynlo.accounts.choices import Permission
from fynlo.api.operations import operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint
from fynlo.documents import schema
from pos.documents import CATEGORY, MENU, MODIFIER_GROUP, STATION, TAX_RATE
from pos.selectors.menu import categories, modifier_groups, stations, tax_rates, whole_menu
from pos.selectors.menu_changes import LISTS, menu_changes
from pos.serializers.menu import (
    CategoryChange,
    CategoryInput,
    MenuQuery,
    ModifierGroupChange,
    ModifierGroupInput,
    StationChange,
    StationInput,
    TaxRateChange,
    TaxRateInput,
)
from pos.services.categories import change_category, create_category, delete_category
from pos.services.modifier_groups import (
    change_modifier_group,
    create_modifier_group,
    delete_modifier_group,
)
from pos.services.stations import change_station, create_station, delete_station
from pos.services.tax_rates import change_tax_rate, create_tax_rate, delete_tax_rate

_MENU = schema(MENU)
WHOLE_MENU = {
    **_MENU,
    "properties": {"version": {"type": "integer"}, **_MENU["properties"]},
    "required": ["version", *_MENU["required"]],
}
_GONE = {
    "type": "object",
    "properties": {
        "entity": {"type": "string", "enum": [*LISTS]},
        "id": {"type": "string", "format": "uuid"},
    },
    "required": ["entity", "id"],
}
MENU_CHANGES = {
    "type": "object",
    "properties": {
        "version": {"type": "integer"},
        "since": {"type": "integer"},
        "changes": {
            "type": "object",
            "properties": {name: _MENU["properties"][name] for name in LISTS.values()},
            "required": [*LISTS.values()],
        },
        "deleted": {"type": "array", "items": _GONE},
    },
    "required": ["version", "since", "changes", "deleted"],
}
REFETCH = {
    "type": "object",
    "properties": {"must_refetch": {"const": True}},
    "required": ["must_refetch"],
}
MENU_OR_CHANGES = {"anyOf": [WHOLE_MENU, MENU_CHANGES, REFETCH]}


class Menus(Endpoint):
    @operation(Permission.VIEW_MENU, query=MenuQuery, answers=MENU_OR_CHANGES)
    def list(self, request: Request) -> HttpResponse:
        """The whole menu; with `since_version` what changed since that version of it.

        `version` is the number of the newest event of the stream `menu`. `must_refetch` asks for
        the whole menu instead.
        """
        if "since_version" in request.query_params:
            since = self.query["since_version"]
            text = menu_changes(self.actor.restaurant_id, since=since)
            digest = hashlib.blake2b(text.encode(), digest_size=16).hexdigest()
            return self.answer(text, etag=f'"{digest}"')
        menu = whole_menu(self.actor.restaurant_id)
        return self.answer(menu.body, etag=menu.etag)


class TaxRates(Endpoint):
    @operation(Permission.VIEW_MENU, query=PageQuery, answers=TAX_RATE, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = tax_rates(self.actor.restaurant_id)
        return self.page(TAX_RATE, rows, order=("rate_bps", "id"))

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

    @operation(Permission.EDIT_MENU, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_tax_rate, pk=pk, expected_version=self.expected_version({}))


class Stations(Endpoint):
    @operation(Permission.VIEW_MENU, query=PageQuery, answers=STATION, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = stations(self.actor.restaurant_id)
        return self.page(STATION, rows, order=("position", "id"))

    @operation(Permission.VIEW_MENU, answers=STATION)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(STATION, stations(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_MENU, body=StationInput, answers=STATION, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_station, **self.body())

    @operation(Permission.EDIT_MENU, body=StationChange, answers=STATION, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_station, pk=pk, expected_version=expected, **changes)

    @operation(Permission.EDIT_MENU, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_station, pk=pk, expected_version=self.expected_version({}))


class Categories(Endpoint):
    @operation(Permission.VIEW_MENU, query=PageQuery, answers=CATEGORY, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = categories(self.actor.restaurant_id)
        return self.page(CATEGORY, rows, order=("position", "id"))

    @operation(Permission.VIEW_MENU, answers=CATEGORY)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(CATEGORY, categories(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_MENU, body=CategoryInput, answers=CATEGORY, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_category, **self.body())

    @operation(Permission.EDIT_MENU, body=CategoryChange, answers=CATEGORY, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_category, pk=pk, expected_version=expected, **changes)

    @operation(Permission.EDIT_MENU, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_category, pk=pk, expected_version=self.expected_version({}))


class ModifierGroups(Endpoint):
    @operation(Permission.VIEW_MENU, query=PageQuery, answers=MODIFIER_GROUP, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = modifier_groups(self.actor.restaurant_id)
        return self.page(MODIFIER_GROUP, rows, order=("position", "id"))

    @operation(Permission.VIEW_MENU, answers=MODIFIER_GROUP)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(MODIFIER_GROUP, modifier_groups(self.actor.restaurant_id), pk)

    @operation(Permission.EDIT_MENU, body=ModifierGroupInput, answers=MODIFIER_GROUP, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_modifier_group, **self.body())

    @operation(
        Permission.EDIT_MENU, body=ModifierGroupChange, answers=MODIFIER_GROUP, versioned=True
    )
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_modifier_group, pk=pk, expected_version=expected, **changes)

    @operation(Permission.EDIT_MENU, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_modifier_group, pk=pk, expected_version=self.expected_version({}))
