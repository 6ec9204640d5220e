from typing import Any
from uuid import UUID

import orjson
from django.http import HttpResponse
from rest_framework.decorators import action
from rest_framework.request import Request

from employees.documents import STAFF_MEMBER
from employees.selectors.staff import staff, staff_member
from employees.serializers.staff import (
    PermissionsChange,
    PinChange,
    StaffChange,
    StaffInput,
    StaffQuery,
)
from employees.services.staff import (
    change_permissions,
    change_staff,
    invite,
    prove_present_pin,
    remove_staff,
    set_staff_pin,
)
from fynlo.accounts.choices import ROLE_PERMISSIONS, Permission, Role
from fynlo.accounts.services.pins import hash_pin
from fynlo.api.operations import Access, operation
from fynlo.api.views import Endpoint

_NAMES = {"type": "array", "items": {"type": "string", "enum": Permission.values}}
_ROLE = {"type": "string", "enum": Role.values}
STAFF_PERMISSIONS = {
    "type": "object",
    "properties": {
        "role": _ROLE,
        "role_permissions": _NAMES,
        "granted": {"type": "array", "items": {"type": "string"}},
        "withheld": {"type": "array", "items": {"type": "string"}},
        "permissions": _NAMES,
        "version": {"type": "integer"},
    },
    "required": ["role", "role_permissions", "granted", "withheld", "permissions", "version"],
}
ROLES = {
    "type": "object",
    "properties": {
        "results": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"role": _ROLE, "name": {"type": "string"}, "permissions": _NAMES},
                "required": ["role", "name", "permissions"],
            },
        }
    },
    "required": ["results"],
}


class Roles(Endpoint):
    @operation(Permission.VIEW_STAFF, answers=ROLES)
    def list(self, request: Request) -> HttpResponse:
        """What each role may do."""
        rows = [
            {"role": role, "name": role.label, "permissions": sorted(ROLE_PERMISSIONS[role])}
            for role in Role
        ]
        return self.answer(orjson.dumps({"results": rows}))


class Staff(Endpoint):
    @operation(Permission.VIEW_STAFF, query=StaffQuery, answers=STAFF_MEMBER, pages=True)
    def list(self, request: Request) -> HttpResponse:
        rows = staff(self.actor.restaurant_id, **self.filters())
        return self.page(STAFF_MEMBER, rows, order=("user__name", "id"))

    @operation(Permission.VIEW_STAFF, answers=STAFF_MEMBER)
    def retrieve(self, request: Request, pk: UUID) -> HttpResponse:
        return self.one(STAFF_MEMBER, staff(self.actor.restaurant_id), pk)

    @operation(Permission.MANAGE_STAFF, body=StaffInput, answers=STAFF_MEMBER, status=201)
    def create(self, request: Request) -> HttpResponse:
        return self.make(invite, **self.body())

    @operation(Permission.MANAGE_STAFF, body=StaffChange, answers=STAFF_MEMBER, versioned=True)
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_staff, pk=pk, expected_version=expected, **changes)

    @operation(Permission.MANAGE_STAFF, status=204, guarded=True)
    def destroy(self, request: Request, pk: UUID) -> HttpResponse:
        return self.write(remove_staff, pk=pk, expected_version=self.expected_version({}))

    @action(detail=True, methods=["post"])
    @operation(Access.SIGNED_IN, body=PinChange, status=204)
    def pin(self, request: Request, pk: UUID) -> HttpResponse:
        """One's own, or with the permission that of others."""
        given = self.body()
        if pk == self.actor.membership_id:
            prove_present_pin(by=self.actor, now=self.now, current_pin=given.get("current_pin"))
        pin_hash, must_change = hash_pin(given["pin"]), given["must_change"]
        return self.write(set_staff_pin, pk=pk, pin_hash=pin_hash, must_change=must_change)


class StaffPermissions(Endpoint):
    """`staff/{id}/permissions/`."""

    @operation(Permission.VIEW_STAFF, answers=STAFF_PERMISSIONS)
    def list(self, request: Request, pk: UUID) -> HttpResponse:
        member = staff_member(self.actor.restaurant_id, pk)
        role = Role(member.role)
        answer = {
            "role": role,
            "role_permissions": sorted(ROLE_PERMISSIONS[role]),
            "granted": member.granted,
            "withheld": member.withheld,
            "permissions": sorted(member.permissions),
            "version": member.version,
        }
        return self.answer(orjson.dumps(answer), etag=f'"{member.version}"')

    @operation(
        Permission.GRANT_PERMISSIONS, body=PermissionsChange, answers=STAFF_MEMBER, versioned=True
    )
    def partial_update(self, request: Request, pk: UUID) -> HttpResponse:
        changes: dict[str, Any] = self.body()
        expected = self.expected_version(changes)
        return self.write(change_permissions, pk=pk, expected_version=expected, **changes)
