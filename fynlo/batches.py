"""Many use cases in one transaction: what a lock protects is read once, and written once.

An offline till's batch holds a hundred acts on a few orders. What such an act has locked stays as
it is to the end of the transaction, so a selector may keep it for the next, and rows wait until
all are there to be written in one statement. A statement that names their table has them written
first: whoever reads finds what was done. Outside of a batch nothing is kept and nothing waits.
"""

import re
from collections import defaultdict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, TypeVar, cast
from uuid import UUID

from django.db import connection, models

from fynlo import rows as tables

T = TypeVar("T")
Model = type[models.Model]
Parts = Mapping[str, Sequence[models.Model]]
Held = tuple[models.Model, Parts]
_WORDS = re.compile(r"\w+")


@dataclass
class _Batch:
    """`held`: rows as they are by now, with the lists in their documents. `new` and `changed` wait
    to be written, by model and Python's `id` of the row; `columns` of the changed ones. `made`:
    the keys of all rows that were inserted."""

    kept: dict[Hashable, Any] = field(default_factory=dict)
    held: dict[tuple[Model, UUID], Held] = field(default_factory=dict)
    new: dict[Model, dict[int, models.Model]] = field(default_factory=lambda: defaultdict(dict))
    changed: dict[Model, dict[int, models.Model]] = field(default_factory=lambda: defaultdict(dict))
    columns: dict[Model, dict[str, None]] = field(default_factory=lambda: defaultdict(dict))
    made: set[UUID] = field(default_factory=set)
    is_writing: bool = False

    def write(self) -> None:
        new, changed = dict(self.new), dict(self.changed)
        self.new.clear()
        self.changed.clear()
        self.is_writing = True
        try:
            for waiting in new.values():
                tables.insert(list(waiting.values()))
            for model, waiting in changed.items():
                tables.update(list(waiting.values()), self.columns[model])
        finally:
            self.is_writing = False

    def before(self, execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        """Around each statement of the batch."""
        if not self.is_writing:
            self._prepare(sql)
        return execute(sql, params, many, context)

    def _prepare(self, sql: str) -> None:
        words = set(_WORDS.findall(sql))
        waiting = {model._meta.db_table for model in (*self.new, *self.changed)}
        if sql.startswith("ROLLBACK TO"):
            self.new.clear()
            self.changed.clear()
            self.forget()
        elif sql.startswith("SAVEPOINT") or waiting & words:
            self.write()
        if not sql.startswith("SELECT"):
            self.held.clear()

    def forget(self) -> None:
        self.kept.clear()
        self.held.clear()
        self.made.clear()


_BATCH: ContextVar[_Batch | None] = ContextVar("batch", default=None)


@contextmanager
def batch() -> Iterator[None]:
    """Inside one transaction, which must be rolled back when the block raises."""
    made = _Batch()
    token = _BATCH.set(made)
    try:
        with connection.execute_wrapper(made.before):
            yield
            made.write()
    finally:
        _BATCH.reset(token)


def in_batch() -> bool:
    return _BATCH.get() is not None


def kept(key: Hashable, read: Callable[[], T]) -> T:
    """What was kept under this key, or else what `read` finds, which is then kept."""
    known = _BATCH.get()
    if known is None:
        return read()
    if key not in known.kept:
        known.kept[key] = read()
    return cast("T", known.kept[key])


def kept_already(key: Hashable) -> Any:
    """None when nothing is kept under this key."""
    known = _BATCH.get()
    return known.kept.get(key) if known else None


def keep(key: Hashable, value: object) -> None:
    known = _BATCH.get()
    if known is not None:
        known.kept[key] = value


def hold(row: models.Model, **parts: Sequence[models.Model]) -> None:
    """For the events of a batch: the row is as it is here, and so are the lists in its document,
    until something is written by another way."""
    known = _BATCH.get()
    if known is not None:
        known.held[type(row), row.pk] = (row, parts)


def held(model: Model, pk: UUID) -> Held | None:
    known = _BATCH.get()
    return known.held.get((model, pk)) if known else None


def was_made_here(pk: UUID) -> bool:
    """Whether this batch inserted the row: nobody else can have anything to do with it yet."""
    known = _BATCH.get()
    return known is not None and pk in known.made


def insert_rows(rows: Sequence[models.Model]) -> None:
    """Rows of one model: now, or with the others of a batch."""
    known = _BATCH.get()
    if known is None:
        tables.insert(rows)
        return
    for row in rows:
        row._state.adding, row._state.db = False, connection.alias
        known.new[type(row)][id(row)] = row
        known.made.add(row.pk)


def update_rows(rows: Sequence[models.Model], columns: Collection[str]) -> None:
    """These columns, by attribute, of locked rows of one model: now, or with the others of a
    batch."""
    known = _BATCH.get()
    if known is None:
        tables.update(rows, columns)
        return
    for row in rows:
        if id(row) not in known.new.get(type(row), {}):
            known.changed[type(row)][id(row)] = row
            known.columns[type(row)].update(dict.fromkeys(columns))


def write_what_waits() -> None:
    known = _BATCH.get()
    if known is not None:
        known.write()


@contextmanager
def forgetting() -> Iterator[None]:
    """Around an act that changes more than the batch keeps track of: it reads everything itself,
    and so does what comes after it."""
    write_what_waits()
    known = _BATCH.get()
    token = _BATCH.set(None)
    try:
        yield
    finally:
        _BATCH.reset(token)
        if known is not None:
            known.forget()
