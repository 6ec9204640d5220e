"""What a till holds of its server's: applied page by page, and summed up to be compared."""

import hashlib
from collections import defaultdict
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass
class LocalCopy:
    """`held` by entity and id."""

    cursor: str = ""
    held: dict[tuple[str, str], Row] = field(default_factory=dict)
    pages: int = 0

    def take(self, page: Row) -> bool:
        """One page of a pull; whether there is more."""
        self.pages += 1
        if page.get("must_refetch"):
            self.cursor, self.held = "", {}
            return True
        for change in page["changes"]:
            key = (change["entity"], change["id"])
            if change["deleted"]:
                self.held.pop(key, None)
            else:
                self.held[key] = change["data"]
        self.cursor = page["cursor"]
        return bool(page["more"])

    def all_of(self, entity: str) -> dict[str, Row]:
        return {pk: row for (name, pk), row in self.held.items() if name == entity}

    def checksums(self, entity: str) -> dict[int, str]:
        """As the server sums it up: see `GET sync/checksums/`."""
        buckets: dict[int, list[str]] = defaultdict(list)
        for pk, row in sorted(self.all_of(entity).items()):
            buckets[int(pk[-2:], 16) % 32].append(f"{pk}:{row['version']}")
        return {
            bucket: hashlib.md5(",".join(rows).encode(), usedforsecurity=False).hexdigest()
            for bucket, rows in buckets.items()
        }

    def differing(self, told: Row) -> list[str]:
        """The entities whose sums are not the server's, which has `told` its own."""
        return [
            entity
            for entity, rows in told["entities"].items()
            if self.checksums(entity) != {row["bucket"]: row["md5"] for row in rows}
        ]
