from datetime import datetime

from fynlo.accounts.actor import Actor
from fynlo.accounts.choices import Permission
from fynlo.db import transaction_required
from pos.services import tickets
from syncing.selectors.sockets import ticket_of_event


@transaction_required
def acknowledge(*, by: Actor, now: datetime, seq: int) -> None:
    """A station has shown event `seq`. Only tickets keep note of it; a ticket that is further
    along and events about anything else are left alone.

    Raises PermissionMissing.
    """
    ticket = ticket_of_event(by.restaurant_id, seq)
    if ticket:
        by.must(Permission.WORK_KITCHEN)
        tickets.advance(by=by, now=now, pk=ticket, action="ack")
