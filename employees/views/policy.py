from typing import Any
from uuid import UUID

from django.http import HttpResponse
from rest_framework.request import Request

from employees.documents import BREAK_TYPE, LABOUR_POLICY
from employees.selectors.entries import break_types
from employees.selectors.policy import policies, policy_of
from employees.serializers.clock import BreakTypeChange, BreakTypeInput
from employees.serializers.policy import PolicyChange
from employees.services.break_types import (
    change_break_type,
    create_break_type,
    delete_break_type,
)
from employees.services.policy import change_policy
from fynlo.accounts.choices import Permission
from fynlo.api.operations import Access, operation
from fynlo.api.pages import PageQuery
from fynlo.api.views import Endpoint


class Policies(Endpoint):
    """There is one."""

    @operation(Permission.VIEW_STAFF, answers=LABOUR_POLICY)
    def list(self, request: Request) -> HttpResponse:
        pk = policy_of(self.actor.restaurant_id).pk
        return self.one(LABOUR_POLICY, policies(self.actor.restaurant_id), pk)

    @operation(Permission.MANAGE_TIME, body=PolicyChange, answers=LABOUR_POLICY, versioned=True)
    def partial_update(self, request: Request) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_policy, expected_version=expected, **changes)


class BreakTypes(Endpoint):
    @operation(Access.SIGNED_IN, query=PageQuery, answers=BREAK_TYPE, pages=True)
    def list(self, request: Request) -> HttpResponse:
        return self.page(BREAK_TYPE, break_types(self.actor.restaurant_id), order=("name", "id"))

    @operation(Access.SIGNED_IN, answers=BREAK_TYPE)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(BREAK_TYPE, break_types(self.actor.restaurant_id), pk)

    @operation(Permission.MANAGE_TIME, body=BreakTypeInput, answers=BREAK_TYPE, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(create_break_type, **self.body())

    @operation(Permission.MANAGE_TIME, body=BreakTypeChange, answers=BREAK_TYPE, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_break_type, pk=pk, expected_version=expected, **changes)

    @operation(Permission.MANAGE_TIME, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(delete_break_type, pk=pk, expected_version=self.expected_version({}))
