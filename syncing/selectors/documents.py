"""What an entity looked like before: the log remembers."""

from typing import Any
from uuid import UUID

import orjson

from fynlo.events import reading


def known_before(
    restaurant_id: UUID, root: Any, *, part: str, entity_id: UUID, version: int | None
) -> dict[str, Any] | None:
    """The document of that version. With `part`, the row of this id and version in the list of
    that name of the entity `root`. None when the log does not reach back so far."""
    for written in reversed(
        reading.history(restaurant_id=restaurant_id, entity_id=UUID(str(root)))
    ):
        document: dict[str, Any] = orjson.loads(written.payload)
        rows = document.get(part, []) if part else [document]
        for row in rows:
            if row["id"] == str(entity_id) and row.get("version") == version:
                return row
    return None
