"""Roles, and what each may do: the one place that says so."""

from collections.abc import Collection

from django.db import models


class Role(models.TextChoices):
    PLATFORM_OWNER = "platform_owner", "Platform owner"
    OWNER = "owner", "Owner"
    MANAGER = "manager", "Manager"
    CASHIER = "cashier", "Cashier"
    SERVER = "server", "Server"
    KITCHEN = "kitchen", "Kitchen"


class DeviceKind(models.TextChoices):
    TILL = "till", "Till"
    KITCHEN_SCREEN = "kitchen_screen", "Kitchen screen"


class Permission(models.TextChoices):
    VIEW_MENU = "view_menu", "See the menu"
    EDIT_MENU = "edit_menu", "Change the menu, prices and taxes"
    SET_AVAILABILITY = "set_availability", "Mark products sold out"
    VIEW_FLOOR = "view_floor", "See floors and tables"
    EDIT_FLOOR = "edit_floor", "Change floors and tables"
    VIEW_ORDERS = "view_orders", "See orders"
    TAKE_ORDERS = "take_orders", "Take, send and serve orders"
    OVERRIDE_PRICE = "override_price", "Sell at a price that is not on the menu"
    GIVE_DISCOUNT = "give_discount", "Give discounts up to the role's cap"
    APPROVE = "approve", "Approve voids and large discounts with a PIN"
    CANCEL_ORDER = "cancel_order", "Cancel orders"
    REOPEN_ORDER = "reopen_order", "Reopen completed orders of the day"
    VIEW_KITCHEN = "view_kitchen", "See kitchen tickets"
    WORK_KITCHEN = "work_kitchen", "Move kitchen tickets along"
    TAKE_PAYMENT = "take_payment", "Take payments"
    VIEW_PAYMENTS = "view_payments", "See payments"
    REFUND_PAYMENT = "refund_payment", "Give money back, up to the restaurant's limit"
    VIEW_REPORTS = "view_reports", "See reports of sales and of the kitchen"
    EDIT_PAYMENT_SETTINGS = "edit_payment_settings", "Change how payments are taken"
    VIEW_STAFF = "view_staff", "See staff, wages, sessions and devices"
    MANAGE_STAFF = "manage_staff", "Invite people, change their role, wage and PIN"
    GRANT_PERMISSIONS = "grant_permissions", "Allow and deny single permissions to a person"
    MANAGE_TIME = "manage_time", "Approve hours, plan the rota, set the rules of the clock"
    CORRECT_LOCKED_TIME = "correct_locked_time", "Change hours of a payroll period that is locked"
    MANAGE_SESSIONS = "manage_sessions", "End other people's sessions"
    MANAGE_DEVICES = "manage_devices", "Pair and revoke devices"
    USE_SYNC = "use_sync", "Receive the sync stream"
    VIEW_WEBHOOKS = "view_webhooks", "See where events are sent, and what came of it"
    MANAGE_WEBHOOKS = "manage_webhooks", "Choose where events are sent, and send them again"
    EDIT_SYNC_RULES = "edit_sync_rules", "Say who wins when two devices change the same"
    VIEW_PERFORMANCE = "view_performance", "See how the system performs"
    VIEW_PLATFORM = "view_platform", "See figures of the whole platform"


_SERVE = frozenset(
    {
        Permission.VIEW_MENU,
        Permission.VIEW_FLOOR,
        Permission.VIEW_ORDERS,
        Permission.TAKE_ORDERS,
        Permission.GIVE_DISCOUNT,
        Permission.VIEW_KITCHEN,
        Permission.USE_SYNC,
    }
)
_SELL = _SERVE | {
    Permission.SET_AVAILABILITY,
    Permission.TAKE_PAYMENT,
    Permission.VIEW_PAYMENTS,
    Permission.REFUND_PAYMENT,
}
_MANAGE = _SELL | {
    Permission.EDIT_MENU,
    Permission.EDIT_FLOOR,
    Permission.OVERRIDE_PRICE,
    Permission.APPROVE,
    Permission.CANCEL_ORDER,
    Permission.REOPEN_ORDER,
    Permission.WORK_KITCHEN,
    Permission.VIEW_REPORTS,
    Permission.VIEW_STAFF,
    Permission.MANAGE_STAFF,
    Permission.MANAGE_TIME,
    Permission.MANAGE_SESSIONS,
    Permission.MANAGE_DEVICES,
    Permission.VIEW_PERFORMANCE,
    Permission.VIEW_WEBHOOKS,
}
_OWN = _MANAGE | {
    Permission.EDIT_PAYMENT_SETTINGS,
    Permission.EDIT_SYNC_RULES,
    Permission.GRANT_PERMISSIONS,
    Permission.CORRECT_LOCKED_TIME,
    Permission.MANAGE_WEBHOOKS,
}

ROLE_PERMISSIONS: dict[Role, frozenset[Permission]] = {
    Role.PLATFORM_OWNER: _OWN | {Permission.VIEW_PLATFORM},
    Role.OWNER: _OWN,
    Role.MANAGER: _MANAGE,
    Role.CASHIER: _SELL,
    Role.SERVER: _SERVE,
    Role.KITCHEN: frozenset(
        {
            Permission.VIEW_MENU,
            Permission.SET_AVAILABILITY,
            Permission.VIEW_ORDERS,
            Permission.VIEW_KITCHEN,
            Permission.WORK_KITCHEN,
            Permission.USE_SYNC,
        }
    ),
}

GOVERNING = frozenset({Role.OWNER, Role.MANAGER})

# Whose membership a role may make and change, and so the roles that it gives.
GIVES: dict[Role, frozenset[Role]] = {
    Role.PLATFORM_OWNER: frozenset(Role),
    Role.OWNER: frozenset(Role) - {Role.PLATFORM_OWNER},
    Role.MANAGER: frozenset({Role.MANAGER, Role.CASHIER, Role.SERVER, Role.KITCHEN}),
}


def effective(
    role: Role, *, granted: Collection[str], withheld: Collection[str]
) -> frozenset[Permission]:
    """What the role may do, with what this person was granted and without what was withheld.

    A name that is no permission any more counts for nothing.
    """
    changed = (ROLE_PERMISSIONS[role] | set(granted)) - set(withheld)
    return frozenset(Permission(name) for name in changed if name in Permission)


# What a discount may reach without an approver, in basis points of what it is taken from.
DISCOUNT_CAP_BPS: dict[Role, int] = {
    Role.PLATFORM_OWNER: 10_000,
    Role.OWNER: 10_000,
    Role.MANAGER: 10_000,
    Role.CASHIER: 1_000,
    Role.SERVER: 500,
    Role.KITCHEN: 0,
}

STREAM_PERMISSIONS: dict[str, Permission] = {
    "orders": Permission.VIEW_ORDERS,
    "kitchen": Permission.VIEW_KITCHEN,
    "payments": Permission.VIEW_PAYMENTS,
    "staff": Permission.VIEW_STAFF,
    "sync": Permission.USE_SYNC,
    "menu": Permission.VIEW_MENU,
}
