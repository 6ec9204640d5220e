"""What offline work looks like outside."""

from fynlo.documents import Document
from syncing import models

SYNC_OPERATION = Document(
    "sync_operation",
    models.SyncOperation,
    stream="sync",
    fields={
        "id": "id",
        "op_id": "op_id",
        "device": "device_id",
        "actor": "actor_id",
        "device_seq": "device_seq",
        "group": "group",
        "entity": "entity",
        "entity_id": "entity_id",
        "type": "type",
        "base_version": "base_version",
        "changes": "changes",
        "occurred_at": "occurred_at",
        "received_at": "received_at",
        "verdict": "verdict",
        "code": "code",
        "detail": "detail",
        "entity_version": "entity_version",
        "tries": "tries",
        "next_try_at": "next_try_at",
        "settled_by": "settled_by_id",
        "settled_at": "settled_at",
        "reason": "reason",
        "version": "version",
    },
)
CONFLICT = Document(
    "conflict",
    models.Conflict,
    stream="sync",
    fields={
        "id": "id",
        "op_id": "operation__op_id",
        "device": "operation__device_id",
        "entity": "operation__entity",
        "entity_id": "operation__entity_id",
        "changes": "operation__changes",
        "fields": "fields",
        "base": "base",
        "server": "server",
        "found_at": "found_at",
        "choice": "choice",
        "resolved_by": "resolved_by_id",
        "resolved_at": "resolved_at",
        "version": "version",
    },
)
