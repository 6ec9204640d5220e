"""One operation as an offline till told of it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from fynlo.api.parsers import canonical
from syncing.choices import OperationType

_NUL = re.compile(rb"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True, slots=True)
class Operation:
    """As the till sent it. `changes` is the body that the same act has over REST, an action's
    name beside it as `action`; `canonical` is its JSON with sorted keys and no spaces.
    `faults` says what of it cannot be read."""

    op_id: UUID
    device_seq: int
    entity: str
    entity_id: UUID
    type: OperationType
    changes: Mapping[str, Any]
    canonical: bytes
    occurred_at: datetime | None
    hash: str
    base_version: int | None = None
    base: Mapping[str, Any] | None = None
    group: str = ""
    faults: Any = None

    def happened_at(self, now: datetime) -> datetime:
        """By the till's clock, which may be fast: never later than `now`."""
        return min(self.occurred_at or now, now)

    @property
    def can_be_kept(self) -> bool:
        """PostgreSQL keeps no NUL in text."""
        return not _NUL.search(canonical([self.changes, self.base]))

    @property
    def verb(self) -> str:
        """`create`, `update`, `delete`, or the name of the action."""
        if self.type is OperationType.ACTION:
            return str(self.changes.get("action", ""))
        return str(self.type.value)

    @property
    def is_intact(self) -> bool:
        """Whether `hash` is the MD5 or the SHA-256 of the changes, in hexadecimal."""
        kind = "md5" if len(self.hash) == 32 else "sha256"
        found = hashlib.new(kind, self.canonical, usedforsecurity=False).hexdigest()
        return found == self.hash
