"""What changed on a menu since a version of it, from the event log."""

from collections.abc import Iterable
from uuid import UUID

from fynlo.accounts.documents import RESTAURANT
from fynlo.documents import json_list
from fynlo.events.reading import Latest, bounds, latest_of_stream
from pos.documents import CATEGORY, MENU, MODIFIER_GROUP, PRODUCT, STATION, TAX_RATE

LISTS = {
    CATEGORY.name: "categories",
    PRODUCT.name: "products",
    MODIFIER_GROUP.name: "modifier_groups",
    TAX_RATE.name: "tax_rates",
    STATION.name: "stations",
}
"""Where the menu's document holds each entity."""
FARTHEST_BEHIND = 20_000
"""Events; whoever is farther behind reads the whole menu sooner than what changed."""
MUST_REFETCH = '{"must_refetch":true}'


def menu_changes(restaurant_id: UUID, *, since: int) -> str:
    """`{"version", "since", "changes": {"categories": [...], ...}, "deleted": [{"entity", "id"}]}`
    as JSON text, in two statements; `{"must_refetch": true}` when the log does not reach back to
    `since`, or something changed that is not in any of those lists.
    """
    oldest, newest = bounds(restaurant_id)
    if not max(oldest - 1, newest - FARTHEST_BEHIND) <= since <= newest:
        return MUST_REFETCH
    rows = latest_of_stream(restaurant_id=restaurant_id, stream=MENU.stream, seq=since)
    if any(row.entity == RESTAURANT.name for row in rows):
        return MUST_REFETCH
    shown = [row for row in rows if row.entity in LISTS]
    version = max((row.seq for row in rows), default=since)
    return (
        f'{{"version":{version},"since":{since},"changes":{{{_changes(shown)}}},'
        f'"deleted":{_deleted(shown)}}}'
    )


def _changes(rows: Iterable[Latest]) -> str:
    documents: dict[str, list[str]] = {entity: [] for entity in LISTS}
    for row in rows:
        if not row.deleted:
            documents[row.entity].append(row.payload)
    lists = (f'"{LISTS[entity]}":{json_list(found)}' for entity, found in documents.items())
    return ",".join(lists)


def _deleted(rows: Iterable[Latest]) -> str:
    gone = (f'{{"entity":"{row.entity}","id":"{row.entity_id}"}}' for row in rows if row.deleted)
    return json_list(gone)
