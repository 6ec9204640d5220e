"""Who is asking: everything a request needs to know of its caller, without a query."""

from dataclasses import dataclass
from uuid import UUID

from fynlo.accounts.choices import ROLE_PERMISSIONS, Permission, Role
from fynlo.errors import PermissionMissing


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in member. `device_id` is None when the session is not on a paired device."""

    restaurant_id: UUID
    role: Role
    user_id: UUID
    membership_id: UUID
    session_id: UUID
    device_id: UUID | None = None

    is_authenticated = True

    @property
    def permissions(self) -> frozenset[Permission]:
        return ROLE_PERMISSIONS[self.role]

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        """Raises PermissionMissing."""
        if not self.may(permission):
            raise PermissionMissing


@dataclass(frozen=True, slots=True)
class DeviceActor:
    """A paired device with nobody signed in."""

    restaurant_id: UUID
    device_id: UUID

    is_authenticated = True
    membership_id: None = None


@dataclass(frozen=True, slots=True)
class System:
    """Fynlo itself: a task, the demo, an import, on one restaurant's behalf."""

    restaurant_id: UUID
    membership_id: UUID | None = None
    device_id: UUID | None = None
