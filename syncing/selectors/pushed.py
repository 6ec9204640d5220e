"""One operation as an offline till told of it."""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from fynlo.api.parsers import canonical
from pos.choices import LateFlag
from pos.services.facts import Fact
from syncing.choices import OperationType

OLDEST = timedelta(days=31)
AHEAD = timedelta(minutes=5)
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
        """By the till's clock, which may be fast: never later than `now`. A clock that is further
        off than a till is ever away is not believed at all."""
        at = self.occurred_at or now
        return at if now - OLDEST <= at <= now else now

    def fact(self, now: datetime) -> Fact:
        """What it tells of, for the services."""
        known = Fact(self.happened_at(now))
        if self.occurred_at and not now - OLDEST <= self.occurred_at <= now + AHEAD:
            known.note(LateFlag.CLOCK_OFF)
        return known

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
