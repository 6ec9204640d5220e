"""Who may call what: every address of the API, every role. A new address must be entered here.

Paths are written as the URLconf has them, with the piece of the `World` that each stands for.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from fynlo.accounts.choices import Role
from fynlo.testing.world import World

MANAGE = frozenset({Role.PLATFORM_OWNER, Role.OWNER, Role.MANAGER})
SELL = MANAGE | {Role.CASHIER}
SERVE = SELL | {Role.SERVER}
COOK = MANAGE | {Role.KITCHEN}
SELL_OR_COOK = SELL | COOK
ALL = SERVE | COOK
OWN = frozenset({Role.PLATFORM_OWNER, Role.OWNER})

PUBLIC = {
    "POST auth/login/",
    "POST auth/refresh/",
    "POST auth/password/reset/",
    "POST auth/password/reset/confirm/",
    "POST devices/pair/",
    "GET schema/",
    "GET docs/",
}
# Whoever holds the provider's key may call these: the signature is looked at, not a token.
SIGNED = {
    "POST payments/webhooks/open-banking/",
    "POST payments/webhooks/stripe/",
    "POST payments/webhooks/stripe/<restaurant>/",
}
DEVICES_ONLY = {"POST auth/pin/", "POST devices/heartbeat/"}


@dataclass(frozen=True)
class Row:
    """`status` is what the allowed get; `body` is made from the world."""

    roles: frozenset[Role]
    status: int
    body: Callable[[World], dict[str, Any]] = lambda world: {}
    names_others: bool = False
    """The body refers to things of the restaurant: a rival who sends it is refused."""
    denied: int = 403
    """404 where one's own may be read by anybody."""
    boss: int | None = None
    """What the world's boss gets, whose shift it is."""


VERSION = {"version": 1}
V = lambda world: VERSION  # noqa: E731
PRODUCT = {"sku": "NEW", "name": "New", "price": 100}
TOKEN = {
    "version": "EC_v1",
    "data": "AAAA",
    "signature": "AAAA",
    "header": {"ephemeralPublicKey": "AAAA", "publicKeyHash": "AAAA", "transactionId": "0" * 64},
}
REASON = {"reason": "a reason"}


def product(world: World) -> dict[str, Any]:
    menu = world.menu
    rate, category = str(menu.vat.pk), str(menu.burger.category_id)
    return {**PRODUCT, "tax_rate": rate, "category": category}


def order(world: World) -> dict[str, Any]:
    return world.menu.order()


def named(name: str, **more: Any) -> Callable[[World], dict[str, Any]]:
    return lambda world: {"name": name, **more}


def crud(path: str, spare: str, view: frozenset[Role], body: Any) -> dict[str, Row]:
    refers = path in {"products/", "tables/"}
    return {
        f"GET {path}": Row(view, 200),
        f"POST {path}": Row(MANAGE, 201, body, names_others=refers),
        f"GET {path}<{spare}>/": Row(view, 200),
        f"PATCH {path}<{spare}>/": Row(MANAGE, 200, V),
        f"DELETE {path}<{spare}>/": Row(MANAGE, 204, V),
    }


TABLE: dict[str, Row] = {
    "POST auth/logout/": Row(ALL, 204),
    "GET auth/me/": Row(ALL, 200),
    "GET auth/sessions/": Row(ALL, 200),
    "POST auth/switch/": Row(ALL, 404, lambda w: {"restaurant": str(w.order)}),
    "POST auth/password/change/": Row(
        ALL, 422, lambda w: {"current_password": "wrong", "new_password": "Kettle-on-the-hob-9"}
    ),
    "DELETE auth/sessions/<session>/": Row(MANAGE, 204, denied=404),
    "POST devices/pairing-codes/": Row(MANAGE, 201, lambda w: {"kind": "till"}),
    "GET devices/": Row(MANAGE, 200),
    "GET devices/<device>/": Row(MANAGE, 200),
    "POST devices/<device>/revoke/": Row(MANAGE, 200),
    "GET health/performance/": Row(MANAGE, 200),
    "POST benchmarks/": Row(frozenset({Role.PLATFORM_OWNER}), 202, lambda w: {"suite": "api"}),
    "GET benchmarks/": Row(frozenset({Role.PLATFORM_OWNER}), 200),
    "GET staff/roles/": Row(MANAGE, 200),
    "GET staff/": Row(MANAGE, 200),
    "POST staff/": Row(
        MANAGE,
        201,
        lambda w: {"email": "new@x.example", "name": "N", "role": "server", "employee_code": "n"},
    ),
    "GET staff/<colleague>/": Row(MANAGE, 200),
    "PATCH staff/<colleague>/": Row(MANAGE, 200, lambda w: {"job_title": "Host", **VERSION}),
    "DELETE staff/<colleague>/": Row(MANAGE, 204, V),
    "POST staff/<colleague>/pin/": Row(MANAGE, 204, lambda w: {"pin": "4719"}),
    "GET staff/<colleague>/permissions/": Row(MANAGE, 200),
    "PATCH staff/<colleague>/permissions/": Row(
        OWN, 200, lambda w: {"granted": ["reopen_order"], "withheld": [], **VERSION}
    ),
    "POST timeclock/clock-in/": Row(ALL, 201),
    "POST timeclock/clock-out/": Row(ALL, 409),
    "POST timeclock/breaks/start/": Row(ALL, 409),
    "POST timeclock/breaks/end/": Row(ALL, 409),
    "GET timeclock/status/": Row(ALL, 200),
    "GET timeclock/board/": Row(MANAGE, 200),
    "GET timeclock/attempts/": Row(MANAGE, 200),
    "GET time-entries/": Row(ALL, 200),
    "POST time-entries/": Row(
        MANAGE,
        201,
        lambda w: {
            "member": str(w.colleague),
            "started_at": "2026-01-05T10:00:00Z",
            "ended_at": "2026-01-05T11:00:00Z",
            **REASON,
        },
        names_others=True,
    ),
    "GET time-entries/<time_entry>/": Row(MANAGE, 200, denied=404),
    "POST time-entries/<time_entry>/adjustments/": Row(
        MANAGE,
        201,
        lambda w: {
            "started_at": "2026-01-05T10:00:00Z",
            "ended_at": "2026-01-05T11:00:00Z",
            "reason": "Forgot",
        },
        denied=404,
    ),
    "GET adjustments/": Row(ALL, 200),
    "GET adjustments/<adjustment>/": Row(MANAGE, 200, denied=404),
    "POST adjustments/<adjustment>/approve/": Row(MANAGE, 200),
    "POST adjustments/<adjustment>/reject/": Row(MANAGE, 200),
    "GET payroll/periods/": Row(MANAGE, 200),
    "POST payroll/periods/": Row(
        MANAGE, 201, lambda w: {"starts_on": "2026-02-02", "ends_on": "2026-02-08"}
    ),
    "GET payroll/periods/<payroll_period>/": Row(MANAGE, 200),
    "POST payroll/periods/<payroll_period>/lock/": Row(MANAGE, 200),
    "GET payroll/": Row(MANAGE, 400),
    "GET payroll/export/": Row(MANAGE, 400),
    "GET payroll/tips/export/": Row(MANAGE, 400),
    "POST overtime/what-if/": Row(
        MANAGE, 200, lambda w: {"from": "2026-02-02", "to": "2026-02-08", "pack": "uk"}
    ),
    "GET shifts/": Row(MANAGE, 200),
    "POST shifts/": Row(
        MANAGE,
        201,
        lambda w: {
            "starts_at": "2026-03-02T12:00:00Z",
            "ends_at": "2026-03-02T18:00:00Z",
            "member": str(w.colleague),
        },
        names_others=True,
    ),
    "GET shifts/<shift>/": Row(MANAGE, 200),
    "PATCH shifts/<shift>/": Row(MANAGE, 200, lambda w: {"note": "Bar", "version": 2}),
    "DELETE shifts/<shift>/": Row(MANAGE, 204),
    "GET shifts/published/": Row(ALL, 200),
    "GET shifts/conflicts/": Row(MANAGE, 400),
    "POST shifts/publish/": Row(
        MANAGE, 200, lambda w: {"since": "2026-03-01T00:00:00Z", "until": "2026-03-03T00:00:00Z"}
    ),
    "POST shifts/<shift>/swaps/": Row(ALL, 403, lambda w: {"to": str(w.colleague)}, boss=201),
    "GET swaps/": Row(ALL, 200),
    "GET swaps/<swap>/": Row(MANAGE, 200, denied=404),
    "POST swaps/<swap>/accept/": Row(MANAGE, 403, denied=404),
    "POST swaps/<swap>/decline/": Row(MANAGE, 200, denied=404, boss=403),
    "POST swaps/<swap>/cancel/": Row(MANAGE, 403, denied=404, boss=200),
    "POST swaps/<swap>/approve/": Row(MANAGE, 409, boss=403),
    "GET labour-policy/": Row(MANAGE, 200),
    "PATCH labour-policy/": Row(MANAGE, 200, lambda w: {"pack": "uk", **VERSION}),
    **crud("break-types/", "break_type", ALL, named("New", expected_minutes=30)),
    "GET menu/": Row(ALL, 200),
    "POST menu/import/": Row(MANAGE, 200, lambda w: {"products": []}),
    "GET menu/import/<menu_import>/": Row(MANAGE, 200),
    "GET menu/export/": Row(MANAGE, 200),
    **crud("categories/", "spare_category", ALL, named("New")),
    **crud("products/", "product", ALL, product),
    "POST products/<product>/availability/": Row(
        SELL_OR_COOK, 200, lambda w: {"state": "limited", "quantity": 3}
    ),
    **crud(
        "modifier-groups/",
        "spare_group",
        ALL,
        named("New", modifiers=[{"name": "One", "price_delta": 0}]),
    ),
    **crud("tax-rates/", "spare_rate", ALL, named("New", rate_bps=500)),
    **crud("stations/", "spare_station", ALL, named("New")),
    **crud("floors/", "spare_floor", SERVE, named("New")),
    **crud(
        "tables/",
        "table",
        SERVE,
        lambda w: {"floor": str(w.spare_floor), "number": "N1"},
    ),
    "POST tables/<table>/merge/": Row(SERVE, 200, lambda w: {"into": str(w.menu.table.pk)}),
    "POST tables/<seated_table>/move/": Row(SERVE, 200, lambda w: {"to": str(w.menu.table.pk)}),
    "POST tables/<merged_table>/unmerge/": Row(SERVE, 200),
    "GET orders/": Row(ALL, 200),
    "POST orders/": Row(SERVE, 201, order, names_others=True),
    "POST orders/calculate/": Row(SERVE, 200, order, names_others=True),
    "GET orders/<order>/": Row(ALL, 200),
    "PATCH orders/<order>/": Row(SERVE, 200, lambda w: {"guests": 3, **VERSION}),
    "POST orders/<order>/lines/": Row(SERVE, 200, lambda w: {"lines": [w.menu.line()]}),
    "PATCH orders/<order>/lines/<line>/": Row(SERVE, 200, lambda w: {"seat": 2, **VERSION}),
    "DELETE orders/<order>/lines/<line>/": Row(SERVE, 200),
    "POST orders/<order>/send/": Row(SERVE, 200),
    "POST orders/<order>/hold/": Row(SERVE, 200),
    "POST orders/<order>/fire/": Row(SERVE, 200, lambda w: {"course": 3}),
    "POST orders/<sent>/serve/": Row(SERVE, 200),
    "POST orders/<paid>/complete/": Row(SERVE, 200),
    "GET orders/<completed>/receipt/": Row(SERVE, 200),
    "POST orders/<completed>/receipt/print/": Row(SERVE, 200),
    "POST orders/<order>/cancel/": Row(SERVE, 200, lambda w: REASON),
    "POST orders/<completed>/reopen/": Row(MANAGE, 200),
    "POST orders/<order>/void-line/": Row(SERVE, 200, lambda w: {**REASON, "line": w.line}),
    "POST orders/<order>/discount/": Row(
        SERVE, 200, lambda w: {**REASON, "kind": "percent", "value": 100}
    ),
    "POST orders/<discounted>/remove-discount/": Row(
        SERVE, 200, lambda w: {"discount": w.discount}
    ),
    "POST orders/<order>/transfer/": Row(SERVE, 200, lambda w: {"table": str(w.table)}),
    "POST orders/<order>/merge/": Row(SERVE, 200, lambda w: {"into": w.other_order}),
    "POST orders/<sent>/split/": Row(SERVE, 200, lambda w: {"equal": 2}),
    "GET orders/<order>/history/": Row(ALL, 200),
    "GET orders/<order>/explain/": Row(ALL, 200),
    "GET kitchen/load/": Row(ALL, 200),
    "GET kitchen/tickets/": Row(ALL, 200),
    "GET kitchen/tickets/<ticket>/": Row(ALL, 200),
    "POST kitchen/tickets/<ticket>/ack/": Row(COOK, 200),
    "POST kitchen/tickets/<ticket>/start/": Row(COOK, 200),
    "POST kitchen/tickets/<ticket>/ready/": Row(COOK, 200),
    "POST kitchen/tickets/<ready_ticket>/collect/": Row(ALL, 200),
    "POST kitchen/tickets/<ready_ticket>/recall/": Row(COOK, 200),
    "GET analytics/sales/": Row(MANAGE, 200),
    "POST sync/push/": Row(
        ALL, 200, lambda w: {"device_seq_from": 1, "device_seq_to": 1, "operations": []}
    ),
    "GET analytics/products/": Row(MANAGE, 200),
    "GET analytics/kitchen/": Row(MANAGE, 200),
    "GET analytics/servers/": Row(MANAGE, 200),
    "POST sync/preview/": Row(
        ALL, 200, lambda w: {"device_seq_from": 1, "device_seq_to": 1, "operations": []}
    ),
    "GET sync/pull/": Row(ALL, 200),
    "GET sync/checksums/": Row(ALL, 200),
    "GET sync/status/": Row(MANAGE, 200),
    "GET sync/operations/": Row(MANAGE, 200),
    "POST sync/operations/<waiting_operation>/retry/": Row(MANAGE, 200),
    "POST sync/operations/<waiting_operation>/dismiss/": Row(
        MANAGE, 200, lambda w: {"reason": "rung up twice"}
    ),
    "GET sync/strategies/": Row(MANAGE, 200),
    "POST sync/strategies/": Row(
        OWN, 200, lambda w: {"entity": "order", "field": "note", "strategy": "manual"}
    ),
    "GET sync/conflicts/": Row(MANAGE, 200),
    "POST sync/conflicts/<conflict>/resolve/": Row(MANAGE, 200, lambda w: {"choice": "server"}),
    "GET webhook-endpoints/": Row(MANAGE, 200),
    "POST webhook-endpoints/": Row(OWN, 201, lambda w: {"url": "https://hooks.kettle.example/"}),
    "GET webhook-endpoints/<webhook_endpoint>/": Row(MANAGE, 200),
    "PATCH webhook-endpoints/<webhook_endpoint>/": Row(
        OWN, 200, lambda w: {"description": "Stock", **VERSION}
    ),
    "DELETE webhook-endpoints/<webhook_endpoint>/": Row(OWN, 204),
    "POST webhook-endpoints/<webhook_endpoint>/rotate-secret/": Row(OWN, 200),
    "POST webhook-endpoints/<webhook_endpoint>/test/": Row(OWN, 200),
    "GET webhook-endpoints/<webhook_endpoint>/deliveries/": Row(MANAGE, 200),
    "GET webhook-deliveries/<webhook_delivery>/": Row(MANAGE, 200),
    "GET webhook-deliveries/<webhook_delivery>/attempts/": Row(MANAGE, 200),
    "POST webhook-deliveries/<webhook_delivery>/redeliver/": Row(OWN, 200),
    "GET payments/": Row(SELL, 200),
    "GET payments/<payment>/": Row(SELL, 200),
    "GET payments/settings/": Row(OWN, 200),
    "PATCH payments/settings/": Row(OWN, 200, lambda w: {"takes_tips": False, "version": 1}),
    "POST payments/quote/": Row(SELL, 200, lambda w: {"order": w.sent}, names_others=True),
    "GET payments/<pending>/status/": Row(SELL, 200),
    "POST payments/": Row(
        SELL, 201, lambda w: {"order": w.sent, "method": "open_banking"}, names_others=True
    ),
    "PATCH payments/<pending>/": Row(SELL, 200, lambda w: {"tip": 100, **VERSION}),
    "POST payments/<pending>/cancel/": Row(SELL, 200),
    "POST payments/<pending>/fallback/": Row(SELL, 200),
    "POST payments/open-banking/qr/": Row(
        SELL, 201, lambda w: {"order": w.sent}, names_others=True
    ),
    "GET payments/attempts/<attempt>/qr.svg": Row(SELL, 200),
    "GET payments/attempts/<attempt>/qr.png": Row(SELL, 200),
    "GET payments/drawers/": Row(SELL, 200),
    "POST payments/drawers/": Row(SELL, 201, named("New")),
    "POST payments/drawers/open/": Row(SELL, 201, named("New")),
    "GET payments/drawers/current/": Row(SELL, 200),
    "GET payments/drawers/<drawer>/": Row(SELL, 200),
    "GET payments/drawers/<drawer>/movements/": Row(MANAGE, 200),
    "POST payments/drawers/<drawer>/movements/": Row(SELL, 201, lambda w: {"kind": "NO_SALE"}),
    "POST payments/drawers/<drawer>/undo/": Row(
        MANAGE, 201, lambda w: {"movement": w.movement, **REASON}
    ),
    "POST payments/drawers/<drawer>/count/": Row(SELL, 200, lambda w: {"counted": 0}),
    "POST payments/drawers/<drawer>/close/": Row(SELL, 200),
    "GET payments/drawers/<drawer>/x-report/": Row(MANAGE, 200),
    "GET payments/drawers/<closed_drawer>/z-report/": Row(MANAGE, 200),
    "POST payments/stripe/intents/": Row(SELL, 201, lambda w: {"order": w.sent}, names_others=True),
    # Nobody has given the suite keys of Stripe or Apple.
    "GET payments/stripe/intents/<card>/": Row(SELL, 422),
    "POST payments/stripe/intents/<card>/confirm/": Row(
        SELL, 409, lambda w: {"payment_method": "pm_card_visa"}
    ),
    "POST payments/stripe/intents/<card>/capture/": Row(SELL, 409),
    "POST payments/stripe/intents/<card>/cancel/": Row(SELL, 409),
    "POST payments/apple-pay/merchant-session/": Row(SELL, 422),
    "GET payments/apple-pay/config/": Row(SELL, 400),
    "POST payments/apple-pay/process/": Row(
        SELL, 422, lambda w: {"payment": w.pending, "token": TOKEN}, names_others=True
    ),
    "GET payments/<payment>/refunds/": Row(SELL, 200),
    "POST payments/<payment>/refunds/": Row(SELL, 201, lambda w: {**REASON, "amount": 1}),
    "GET payments/orders/<sent>/splits/": Row(SELL, 200),
    "POST payments/orders/<sent>/splits/": Row(SELL, 200, lambda w: {"equal": 2}),
    "POST payments/<unasked>/cash/": Row(SELL, 200, lambda w: {"tendered": 10_000}),
    "GET payments/tips/": Row(ALL, 200),
    "POST payments/tips/": Row(
        SELL, 201, lambda w: {"payment": w.payment, "amount": 100}, names_others=True
    ),
    "GET payments/reports/revenue/": Row(frozenset({Role.PLATFORM_OWNER}), 200),
    "GET payments/reports/fees/": Row(MANAGE, 200),
    "GET payments/reports/settlement/": Row(MANAGE, 200),
    "GET payments/day/preflight/": Row(MANAGE, 200),
    "POST payments/day/close/": Row(MANAGE, 202, lambda w: {"override": True}),
    "GET payments/day/closes/": Row(MANAGE, 200),
    "GET payments/day/closes/<day_close>/": Row(MANAGE, 200),
    "POST payments/cash/": Row(
        SELL, 201, lambda w: {"order": w.sent, "tendered": 10_000}, names_others=True
    ),
}
