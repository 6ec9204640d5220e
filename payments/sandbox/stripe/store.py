"""Everything the stand-in remembers: Stripe's objects as JSON in one SQLite file."""

import json
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from payments.sandbox.stripe.refusals import Json, no_such

_TABLES = """
CREATE TABLE IF NOT EXISTS objects (
    seq INTEGER PRIMARY KEY, account TEXT, id TEXT UNIQUE, kind TEXT, created INTEGER, body TEXT);
CREATE INDEX IF NOT EXISTS objects_newest ON objects (account, kind, seq);
CREATE INDEX IF NOT EXISTS objects_of_intent
    ON objects (kind, json_extract(body, '$.payment_intent'));
CREATE TABLE IF NOT EXISTS keys (
    account TEXT, key TEXT, asked TEXT, request TEXT, status INTEGER, body TEXT, at REAL,
    PRIMARY KEY (account, key));
CREATE TABLE IF NOT EXISTS outbox (
    seq INTEGER PRIMARY KEY, body TEXT, tries INTEGER DEFAULT 0, due REAL, how TEXT DEFAULT '');
DELETE FROM keys WHERE status IS NULL;
"""
PREFIXES = {
    "payment_intent": "pi_",
    "payment_method": "pm_",
    "charge": "ch_",
    "refund": "re_",
    "balance_transaction": "txn_",
    "token": "tok_",
    "event": "evt_",
    "dispute": "du_",
    "payment_method_domain": "pmd_",
}
Filter = tuple[str, Any]


class Store:
    """One writer at a time; what a transaction did is undone when it raises."""

    def __init__(self, path: Path) -> None:
        self._database = sqlite3.connect(path, check_same_thread=False, isolation_level=None)
        self._database.executescript(_TABLES)
        self._lock = threading.RLock()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        with self._lock:
            self._database.execute("BEGIN IMMEDIATE")
            try:
                yield
            except BaseException:
                self._database.execute("ROLLBACK")
                raise
            self._database.execute("COMMIT")

    def rows(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with self._lock:
            return self._database.execute(statement, values).fetchall()

    def make(self, account: str, kind: str, **fields: Any) -> Json:
        """A new object; `id` and `created` are given here."""
        made: Json = {
            "id": PREFIXES[kind] + secrets.token_hex(12),
            "object": kind,
            "created": int(time.time()),
            "livemode": False,
            **fields,
        }
        self.rows(
            "INSERT INTO objects (account, id, kind, created, body) VALUES (?, ?, ?, ?, ?)",
            account,
            made["id"],
            kind,
            made["created"],
            json.dumps(made),
        )
        return made

    def keep(self, changed: Json) -> Json:
        body = json.dumps(changed)
        self.rows("UPDATE objects SET body = ? WHERE id = ?", body, changed["id"])
        return changed

    def one(self, account: str, kind: str, name: str) -> Json:
        """Raises Refused (404) as Stripe words it."""
        found = self.rows(
            "SELECT body FROM objects WHERE account = ? AND kind = ? AND id = ?",
            account,
            kind,
            name,
        )
        if not found:
            raise no_such(kind, name)
        body: Json = json.loads(found[0][0])
        return body

    def anything(self, account: str, name: str) -> Json | None:
        found = self.rows("SELECT body FROM objects WHERE account = ? AND id = ?", account, name)
        return json.loads(found[0][0]) if found else None

    def newest(
        self, account: str, kind: str, *filters: Filter, limit: int = 100, after: str = ""
    ) -> list[Json]:
        """`filters`: SQL conditions with one `?` each. `after`: an id that was seen last."""
        where = " AND ".join(["account = ? AND kind = ?", *(condition for condition, _ in filters)])
        values = [account, kind, *(value for _, value in filters)]
        if after:
            where += " AND seq < (SELECT seq FROM objects WHERE id = ?)"
            values.append(after)
        statement = f"SELECT body FROM objects WHERE {where} ORDER BY seq DESC LIMIT ?"  # noqa: S608
        return [json.loads(body) for (body,) in self.rows(statement, *values, limit)]


def inside(path: str, value: Any) -> Filter:
    """Objects of which the JSON `path` is `value`."""
    return f"json_extract(body, '$.{path}') = ?", value
