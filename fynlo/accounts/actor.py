"""Who is asking: everything a request needs to know of its caller, without a query."""

from dataclasses import dataclass
from uuid import UUID

from fynlo.accounts.choices import ROLE_PERMISSIONS, Permission, Role, effective
from fynlo.accounts.errors import PinMustChange
from fynlo.errors import PermissionMissing

# The admin signs in with a cookie of its own, and a punch on a till with no more than a PIN.
NO_SESSION = UUID(int=0)


@dataclass(frozen=True, slots=True)
class Actor:
    """A signed-in member. `device_id` is None when the session is not on a paired device.

    `granted` and `withheld` are what differs from the role. Who must change their PIN may do
    nothing else.
    """

    restaurant_id: UUID
    role: Role
    user_id: UUID
    membership_id: UUID
    session_id: UUID
    device_id: UUID | None = None
    granted: frozenset[str] = frozenset()
    withheld: frozenset[str] = frozenset()
    must_change_pin: bool = False

    is_authenticated = True

    @property
    def permissions(self) -> frozenset[Permission]:
        if self.must_change_pin:
            return frozenset()
        if not self.granted and not self.withheld:
            return ROLE_PERMISSIONS[self.role]
        return effective(self.role, granted=self.granted, withheld=self.withheld)

    def may(self, permission: Permission) -> bool:
        return permission in self.permissions

    def must(self, permission: Permission) -> None:
        """Raises PinMustChange, PermissionMissing."""
        if self.must_change_pin:
            raise PinMustChange
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
