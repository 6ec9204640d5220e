"""What a till did beside what it had seen and what is there now, field by field."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson

from employees.documents import TIME_ENTRY
from syncing.choices import ENVELOPE, PARTS
from syncing.models import Conflict, SyncOperation
from syncing.selectors.documents import known_before
from syncing.selectors.snapshot import ENTITIES

DOCUMENTS = {name: entity.document for name, entity in ENTITIES.items()} | {
    TIME_ENTRY.name: TIME_ENTRY
}
BESIDE = {
    "order": ("number", "status", "kitchen_status", "payment_status", "total", "due"),
    "payment": ("number", "status", "payment_status", "total", "paid", "due"),
}
"""What helps to decide, though the till said nothing of it."""
_MOVES_BY_ITSELF = frozenset({"version", "updated_at"})
Fields = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Row:
    """One field. None where a side says nothing of it; `changed_by` is device, server, both or
    empty."""

    name: str
    base: Any
    device: Any
    server: Any
    changed_by: str


@dataclass(frozen=True, slots=True)
class ThreeWay:
    """`has_base`: whether it is known what the till had seen; `server` is what is there now."""

    rows: list[Row]
    has_base: bool
    server: Fields | None


def three_way(operation: SyncOperation) -> ThreeWay:
    """Reads only."""
    server, base = _server(operation), _base(operation)
    device = {k: v for k, v in _fields(operation.changes).items() if k not in ENVELOPE}
    names = [*device, *_moved(base, server, device)]
    names += [name for name in BESIDE.get(operation.entity, ()) if name not in names]
    rows = [_row(name, base, device, server) for name in names if _is_told(name, device, server)]
    return ThreeWay(rows, base is not None, server)


def _row(name: str, base: Fields | None, device: Fields, server: Fields | None) -> Row:
    before, ours, theirs = (side.get(name) if side else None for side in (base, device, server))
    by_device = name in device and ours != (before if base else theirs)
    by_server = base is not None and server is not None and theirs != before
    marks = [mark for mark, is_so in (("device", by_device), ("server", by_server)) if is_so]
    return Row(name, before, ours, theirs, "both" if len(marks) == 2 else "".join(marks))


def _is_told(name: str, device: Fields, server: Fields | None) -> bool:
    return name in device or (server is not None and name in server)


def _moved(base: Fields | None, server: Fields | None, device: Fields) -> Iterable[str]:
    """Plain fields that somebody else has changed."""
    if base is None or server is None:
        return []
    return [
        name
        for name, value in server.items()
        if name in base
        and name not in device
        and name not in _MOVES_BY_ITSELF
        and value != base[name]
        and not isinstance(value, dict | list)
    ]


def _server(operation: SyncOperation) -> Fields | None:
    """The entity as it is; the order of a payment that is not there."""
    root = _fields(operation.changes).get("order")
    part = PARTS.get(operation.entity)
    if part:
        order = _document("order", operation.restaurant_id, root) or {}
        return next((row for row in order.get(part, []) if _is_it(row, operation)), None)
    found = _document(operation.entity, operation.restaurant_id, operation.entity_id)
    return found or (_document("order", operation.restaurant_id, root) if root else None)


def _base(operation: SyncOperation) -> Fields | None:
    found = Conflict.objects.filter(operation=operation).values_list("base", flat=True).first()
    if found or operation.base or operation.base_version is None:
        return found or operation.base
    part = PARTS.get(operation.entity, "")
    root = _as_id(_fields(operation.changes).get("order") if part else operation.entity_id)
    if root is None:
        return None
    return known_before(
        operation.restaurant_id,
        root,
        part=part,
        entity_id=operation.entity_id,
        version=operation.base_version,
    )


def _document(name: str, restaurant_id: UUID, pk: Any) -> dict[str, Any] | None:
    document, known = DOCUMENTS.get(name), _as_id(pk)
    if document is None or known is None:
        return None
    rows = document.model._default_manager.filter(restaurant_id=restaurant_id, pk=known)
    texts = document.read(rows)
    return orjson.loads(texts[0]) if texts else None


def _is_it(row: Fields, operation: SyncOperation) -> bool:
    return bool(row["id"] == str(operation.entity_id))


def _as_id(value: Any) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None


def _fields(value: Any) -> Fields:
    return value if isinstance(value, dict) else {}
