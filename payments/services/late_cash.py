"""Cash that was taken where the house could not be asked: it is in somebody's hands already."""

from contextlib import suppress
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor, System
from fynlo.db import new_id, transaction_required
from payments.errors import DrawerAlreadyOpen, DrawerNotOpen, TenderedTooLittle
from payments.models import DrawerSession
from payments.selectors.attempts import reserved
from payments.selectors.drawers import drawers, lock_drawer_at_hand, lock_late_drawer
from payments.services.charges import Charge, rounding_for
from payments.services.drawers import open_drawer
from pos.choices import LateFlag, OrderStatus
from pos.models import Order
from pos.services.facts import Fact
from pos.services.settlement import due

NAME = "Late cash"


def charge_as_it_was(
    order: Order, fact: Fact, *, tendered: int, amount: int | None, tip: int
) -> Charge:
    """What the till kept: `amount` and `tip` where it says so, else what was due, and never more
    than was `tendered`. Minor units; call while holding the order's lock.

    Raises TenderedTooLittle when that is nothing.
    """
    left = max(due(order) - reserved(order), 0)
    wanted = left if amount is None else amount
    rounds = wanted == due(order)
    rounding = rounding_for(left, wanted, tip, restaurant_id=order.restaurant_id) if rounds else 0
    charge = Charge(wanted, tip, rounding)
    if not wanted or tendered < charge.total:
        charge = Charge(tendered - tip, tip, 0)
    if charge.amount <= 0:
        raise TenderedTooLittle(field="tendered", extra={"total": tip + 1})
    if order.status != OrderStatus.OPEN:
        fact.note(LateFlag.ORDER_CLOSED)
    if charge.amount > left:
        fact.note(LateFlag.OVERPAID)
    elif charge.amount < wanted:
        fact.note(LateFlag.UNDERPAID)
    return charge


@transaction_required
def drawer_for(fact: Fact, named: UUID | None, *, by: Actor, now: datetime) -> DrawerSession:
    """The drawer that `by` takes money with, locked, or one for what comes late, to be counted by
    somebody. Raises DrawerNotOpen when neither can be had."""
    found = (named and _open(by, named)) or lock_drawer_at_hand(by)
    if found:
        return found
    fact.note(LateFlag.NO_DRAWER)
    found = lock_late_drawer(by.restaurant_id) or _opened(by, now)
    if found is None:
        raise DrawerNotOpen
    return found


def _open(by: Actor, named: UUID) -> DrawerSession | None:
    return lock_drawer_at_hand(by, named) if drawers(by.restaurant_id, pk=named).exists() else None


def _opened(by: Actor, now: datetime) -> DrawerSession | None:
    """Nobody's. Another till may do the same at this instant, and be first."""
    house = System(by.restaurant_id)
    with suppress(DrawerAlreadyOpen):
        open_drawer(by=house, now=now, pk=new_id(), fingerprint="", name=NAME, is_late=True)
    return lock_late_drawer(by.restaurant_id)
