"""X and Z: what went through a drawer, in figures. A Z report is an X report at its closing."""

from datetime import datetime
from typing import Any

from fynlo.clock import as_utc_text
from payments.choices import DrawerEventKind, DrawerOutcome
from payments.models import DrawerSession
from payments.selectors.drawers import drawer_sums, tips_in

FIGURES = {
    "sales": DrawerEventKind.SALE,
    "refunds": DrawerEventKind.REFUND,
    "late_tips": DrawerEventKind.TIP,
    "paid_in": DrawerEventKind.PAID_IN,
    "paid_out": DrawerEventKind.PAID_OUT,
    "undone": DrawerEventKind.UNDONE,
}


def report(drawer: DrawerSession, *, now: datetime) -> dict[str, Any]:
    """Minor units; `count` is how often. `expected` is the float and all that came and went.

    Call while holding the drawer's lock when it is to be kept.
    """
    sums = drawer_sums(drawer)
    figures = {
        name: {"count": sums[kind][0], "amount": sums[kind][1]} for name, kind in FIGURES.items()
    }
    expected = sum(amount for kind, (_, amount) in sums.items() if kind != DrawerEventKind.CLOSED)
    return {
        "drawer": str(drawer.pk),
        "name": drawer.name,
        "business_date": drawer.business_date.isoformat(),
        "currency": drawer.currency,
        "opened_at": as_utc_text(drawer.opened_at),
        "reported_at": as_utc_text(now),
        "opening_float": drawer.opening_float,
        **figures,
        "no_sales": sums[DrawerEventKind.NO_SALE][0],
        "tips": tips_in(drawer),
        "expected": expected,
        "counted": drawer.counted,
        "difference": drawer.difference,
        "outcome": outcome(drawer.difference),
    }


def outcome(difference: int | None) -> str | None:
    """None while the drawer is open."""
    if difference is None:
        return None
    if not difference:
        return DrawerOutcome.EXACT.value
    return (DrawerOutcome.OVERAGE if difference > 0 else DrawerOutcome.SHORTAGE).value
