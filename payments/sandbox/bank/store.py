"""What the bank remembers: one SQLite file, used by one thread."""

import json
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

TABLES = """
CREATE TABLE IF NOT EXISTS tokens (token TEXT PRIMARY KEY, scope TEXT, expires_at REAL);
CREATE TABLE IF NOT EXISTS payments (
    id TEXT PRIMARY KEY, created_at REAL, status TEXT, amount INTEGER, currency TEXT, account TEXT,
    request TEXT, page_token TEXT, user TEXT, bank TEXT, executed_at REAL, settled_at REAL,
    failed_at REAL, failure_stage TEXT, failure_reason TEXT);
CREATE TABLE IF NOT EXISTS refunds (
    id TEXT PRIMARY KEY, payment TEXT, created_at REAL, status TEXT, amount INTEGER, reference TEXT,
    metadata TEXT, executed_at REAL, failed_at REAL, failure_reason TEXT);
CREATE TABLE IF NOT EXISTS answers (
    key TEXT PRIMARY KEY, request TEXT, status INTEGER, body TEXT);
CREATE TABLE IF NOT EXISTS steps (
    id INTEGER PRIMARY KEY, due_at REAL, name TEXT, subject TEXT);
CREATE TABLE IF NOT EXISTS outbox (
    id INTEGER PRIMARY KEY, event_id TEXT, payment TEXT, type TEXT, body TEXT, state TEXT,
    due_at REAL, tries INTEGER DEFAULT 0);
CREATE TABLE IF NOT EXISTS scenarios (
    id INTEGER PRIMARY KEY, name TEXT, operation TEXT, left INTEGER, value REAL);
CREATE TABLE IF NOT EXISTS keys (id INTEGER PRIMARY KEY, kid TEXT, pem TEXT);
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT);
"""

Row = dict[str, Any]


class Store:
    def __init__(self, path: Path) -> None:
        # Transactions are begun by `together` alone.
        self._connection = sqlite3.connect(path, isolation_level=None)
        self._connection.row_factory = sqlite3.Row
        self._connection.executescript("PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;")
        self._connection.executescript(TABLES)

    @contextmanager
    def together(self) -> Iterator[None]:
        """All of it or nothing."""
        self._connection.execute("BEGIN")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def rows(self, sql: str, *values: object) -> list[Row]:
        return [dict(row) for row in self._connection.execute(sql, values)]

    def row(self, sql: str, *values: object) -> Row | None:
        found = self.rows(sql, *values)
        return found[0] if found else None

    def run(self, sql: str, *values: object) -> int:
        """How many rows were touched."""
        return self._connection.execute(sql, values).rowcount

    def insert(self, table: str, **values: object) -> None:
        names, marks = ", ".join(values), ", ".join("?" for _ in values)
        self.run(f"INSERT INTO {table} ({names}) VALUES ({marks})", *values.values())  # noqa: S608

    def update(self, table: str, pk: str, **values: object) -> None:
        sets = ", ".join(f"{name} = ?" for name in values)
        self.run(f"UPDATE {table} SET {sets} WHERE id = ?", *values.values(), pk)  # noqa: S608

    def setting(self, name: str, default: Any) -> Any:
        found = self.row("SELECT value FROM settings WHERE name = ?", name)
        return default if found is None else json.loads(found["value"])

    def set(self, name: str, value: object) -> None:
        self.run("INSERT OR REPLACE INTO settings VALUES (?, ?)", name, json.dumps(value))

    def scenario(self, name: str, operation: str = "") -> float | None:
        """Takes one turn of a scenario that was asked for: its value, or None when there is none.

        One that names an operation waits for that operation.
        """
        found = self.row(
            "SELECT * FROM scenarios WHERE name = ? AND operation IN ('', ?) AND left > 0"
            " ORDER BY id LIMIT 1",
            name,
            operation,
        )
        if found is None:
            return None
        self.run("UPDATE scenarios SET left = left - 1 WHERE id = ?", found["id"])
        return float(found["value"])


def clock() -> float:
    """Unix seconds."""
    return time.time()
