from typing import Any

from rest_framework.permissions import BasePermission
from rest_framework.request import Request

from fynlo.accounts.actor import Actor, DeviceActor
from fynlo.accounts.choices import Permission
from fynlo.api.errors import NotSignedIn
from fynlo.api.operations import Access, Operation
from fynlo.errors import PermissionMissing


class Declared(BasePermission):
    """Denies whatever has no declared operation, then asks the actor's role.

    Raises NotSignedIn (401) or PermissionMissing (403).
    """

    def has_permission(self, request: Request, view: Any) -> bool:
        declared: Operation | None = getattr(view, "operation", None)
        if declared is None:
            raise PermissionMissing
        if declared.access is not Access.PUBLIC:
            _check(request.user, declared.access)
        return True


_WHO: dict[Permission | Access, Any] = {
    Access.DEVICE: DeviceActor,
    Access.MEMBER_OR_DEVICE: (Actor, DeviceActor),
}


def _check(caller: Any, access: Permission | Access) -> None:
    wanted = _WHO.get(access, Actor)
    if not isinstance(caller, wanted):
        raise NotSignedIn
    if isinstance(access, Permission) and isinstance(caller, Actor):
        caller.must(access)
