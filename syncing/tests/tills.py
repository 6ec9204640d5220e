"""A till that was offline: it numbers its operations and sends them when it can."""

import hashlib
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from fynlo.api.parsers import canonical
from fynlo.clock import as_utc_text, utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from pos.tests.conftest import said

Row = dict[str, Any]


def hash_of(changes: Row) -> str:
    return hashlib.sha256(canonical(changes)).hexdigest()


@dataclass
class OfflineTill:
    """`queue` holds what was not pushed yet."""

    member: Member
    seq: int = 0
    queue: list[Row] = field(default_factory=list)

    def did(
        self, entity: str, kind: str, changes: Row, *, pk: Any = None, **more: Any
    ) -> dict[str, Any]:
        """Notes one operation. An `action` is named in its changes."""
        self.seq += 1
        operation = {
            "op_id": str(new_id()),
            "device_seq": self.seq,
            "entity": entity,
            "entity_id": str(pk or new_id()),
            "type": kind,
            "changes": changes,
            "occurred_at": as_utc_text(utc_now()),
            "hash": hash_of(changes),
            **more,
        }
        self.queue.append(operation)
        return operation

    def acted(self, entity: str, action: str, pk: Any, **changes: Any) -> dict[str, Any]:
        return self.did(entity, "action", {"action": action, **changes}, pk=pk)

    def push(self, *operations: Row) -> list[Row]:
        """Sends what is queued (or these), and what was said of each."""
        response = self.send(list(operations) or self.queue)
        assert response.status_code == 200, response.content
        if not operations:
            self.queue = []
        verdicts: list[Row] = said(response)["verdicts"]
        return verdicts

    def send(self, operations: list[Row]) -> HttpResponse:
        numbers = [operation["device_seq"] for operation in operations] or [1]
        return self.member.post(
            "sync/push/",
            {
                "device_seq_from": min(numbers),
                "device_seq_to": max(numbers),
                "operations": operations,
            },
        )


def verdicts(rows: list[Row]) -> list[str]:
    return [row["verdict"] for row in rows]


def at_version(document: Row, **more: Any) -> Row:
    return {"pk": UUID(document["id"]), "base_version": document["version"], **more}
