"""An order changes its table or its server; the kitchen's tickets show the new table."""

from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.accounts.models import Membership
from fynlo.db import transaction_required
from fynlo.errors import UnknownReference
from fynlo.events.log import append
from pos.documents import ORDER
from pos.selectors.floor import lock_table
from pos.services.bill import open_bill, save_order
from pos.services.tickets import announce_header


@transaction_required
def transfer_order(
    *,
    by: Actor,
    now: datetime,
    pk: UUID,
    table: UUID | None = None,
    server: UUID | None = None,
    expected_version: int | None = None,
) -> str:
    """To another table, another server, or both; what is not named stays.

    Locks the order, the table, tickets, the log.
    Raises NotFound, VersionConflict, OrderNotOpen, UnknownReference.
    """
    bill = open_bill(by.restaurant_id, pk, expected_version=expected_version)
    if table is not None:
        bill.order.table_id = seat_at(by.restaurant_id, table)
    if server is not None:
        check_server(by.restaurant_id, server)
        bill.order.server_id = server
    save_order(bill, now=now)
    if table is not None:
        announce_header(bill, by=by, now=now)
    return append(kind="order.transferred", document=ORDER, entity_id=pk, by=by, now=now)


def seat_at(restaurant_id: UUID, table: UUID) -> UUID:
    """Where an order for this table goes: a merged table takes none, the one it is merged into
    does.

    Locks the row of the table named, so that it is neither archived nor unmerged meanwhile; what
    it is merged into cannot be archived as long. Raises UnknownReference.
    """
    found = lock_table(restaurant_id, table)
    if found is None:
        raise UnknownReference("There is no such table.", field="table")
    return found.merged_into_id or found.pk


def check_server(restaurant_id: UUID, server: UUID) -> None:
    """Raises UnknownReference."""
    staff = Membership.objects.for_restaurant(restaurant_id).filter(pk=server, is_active=True)
    if not staff.exists():
        raise UnknownReference("There is no such member of staff.", field="server")
