"""Tables pushed together: one of them takes the orders, the others stand with it."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from fynlo.accounts.actor import Actor
from fynlo.db import transaction_required
from fynlo.errors import NotFound, UnknownReference
from fynlo.events.log import append_all
from pos.documents import TABLE
from pos.errors import MergeIntoItself, TableMerged, TableNotMerged
from pos.models import Table
from pos.selectors.floor import lock_tables_with
from pos.services.archivable_rows import check_row_version, stored_document


@transaction_required
def merge_table(
    *, by: Actor, now: datetime, pk: UUID, into: UUID, expected_version: int | None = None
) -> str:
    """This table, and those merged into it before, stand with `into` (or with the table that it
    is itself merged into). Orders keep their tables and show at the head; new ones go there.

    The table's document. Done before: nothing changes. Locks the tables in the order of their
    keys. Raises NotFound, VersionConflict, UnknownReference, MergeIntoItself, TableMerged.
    """
    tables = lock_tables_with(by.restaurant_id, [pk, into])
    table = _named(tables, pk)
    check_row_version(TABLE, table, expected_version)
    if into not in tables:
        raise UnknownReference("There is no such table.", field="into")
    head = tables[into].merged_into_id or into
    if head == pk:
        raise MergeIntoItself(field="into")
    if table.merged_into_id == head:
        return stored_document(TABLE, pk)
    if table.merged_into_id:
        raise TableMerged
    moved = [table, *(row for row in tables.values() if row.merged_into_id == pk)]
    return _stand_with(head, moved, kind="table.merged", by=by, now=now)[pk]


@transaction_required
def unmerge_table(
    *, by: Actor, now: datetime, pk: UUID, expected_version: int | None = None
) -> str:
    """This table stands for itself again; orders taken meanwhile stay at the head.

    Raises NotFound, VersionConflict, TableNotMerged.
    """
    table = _named(lock_tables_with(by.restaurant_id, [pk]), pk)
    check_row_version(TABLE, table, expected_version)
    if table.merged_into_id is None:
        raise TableNotMerged
    return _stand_with(None, [table], kind="table.unmerged", by=by, now=now)[pk]


def _named(tables: dict[UUID, Table], pk: UUID) -> Table:
    if pk not in tables:
        raise NotFound
    return tables[pk]


def _stand_with(
    head: UUID | None, tables: Sequence[Table], *, kind: str, by: Actor, now: datetime
) -> dict[UUID, str]:
    for table in tables:
        table.merged_into_id = head
        table.version += 1
    Table.objects.bulk_update(tables, ["merged_into", "version"])
    ids = [table.pk for table in tables]
    written = append_all(kind=kind, document=TABLE, entity_ids=ids, by=by, now=now)
    return {event.entity_id: event.payload for event in written}
