"""A menu file on its way in: a small one at once, a large one by a worker that says how far it is.

A large one is a row, MenuImport. Whoever dies while working on it leaves it unfinished and the
menu as it was; after a minute another worker takes it up.
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import orjson
from django.db import IntegrityError, transaction

from fynlo.accounts.actor import Actor, System
from fynlo.accounts.selectors import restaurant_profile
from fynlo.celery import app
from fynlo.db import transaction_required
from fynlo.errors import move
from fynlo.events.log import Author, append
from pos.choices import IMPORT_TRANSITIONS, UNFINISHED, ImportState
from pos.documents import IMPORT
from pos.errors import ImportRunning, MenuFileInvalid, MenuFileTooLong, MenuInOtherCurrency
from pos.models import MenuImport
from pos.selectors.menu import modifier_groups
from pos.selectors.menu_imports import lock_import
from pos.services.import_progress import teller
from pos.services.menu_file import MenuFile, Table, count_rows, read_menu
from pos.services.menu_import import Imported, import_menu
from pos.services.shares_done import Tell, to_nobody

AT_ONCE = 500
"""Rows of a file that is imported while its sender waits."""
MOST_CHANGES = 500
MOST_ATTEMPTS = 3
LEFT_ALONE = timedelta(minutes=1)
"""After so long without a sign of life an import is taken up by another worker."""
_STARTED, _READ, _WRITTEN, _DONE = 5, 50, 99, 100
Rows = Sequence[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Submitted:
    """What came of a file; of a long one that a worker is to bring in, `import_id` and the IMPORT
    document instead."""

    result: dict[str, Any]
    import_id: UUID | None = None
    document: str = ""


@transaction_required
def submit_import(
    *,
    by: Actor,
    now: datetime,
    products: Table | None = None,
    modifiers: Table | None = None,
    currency: str = "",
    dry_run: bool = False,
    may_queue: bool = True,
) -> Submitted:
    """A file of more than AT_ONCE rows is left to a worker, when it may be.

    Locks the menu. Raises MenuFileInvalid (a dry run lists its problems instead), MenuFileTooLong,
    MenuInOtherCurrency, ImportRunning.
    """
    if currency not in ("", restaurant_profile(by.restaurant_id).currency):
        raise MenuInOtherCurrency(field="currency")
    try:
        rows = count_rows(products=products, modifiers=modifiers)
    except MenuFileInvalid as error:
        if not dry_run:
            raise
        return Submitted(_result(dry_run, 0, _nothing(), error.extra["rows"]))
    if rows > AT_ONCE and may_queue:
        return _queue(by, now, rows, dry_run, {"products": products, "modifiers": modifiers})
    imported, problems = _bring_in(by, now, dry_run=dry_run, products=products, modifiers=modifiers)
    return Submitted(_result(dry_run, rows, imported, problems))


def _bring_in(
    by: Author,
    now: datetime,
    *,
    dry_run: bool,
    products: Table | None,
    modifiers: Table | None,
) -> tuple[Imported, Rows]:
    """A dry run does it all, undoes it, and returns its problems instead of raising them."""
    try:
        file = read_file(by.restaurant_id, products=products, modifiers=modifiers)
        return write_file(by=by, now=now, file=file, dry_run=dry_run), []
    except MenuFileInvalid as error:
        if not dry_run:
            raise
        return _nothing(), error.extra["rows"]


def read_file(
    restaurant_id: UUID,
    *,
    products: Table | None,
    modifiers: Table | None,
    tell: Tell = to_nobody,
) -> MenuFile:
    """Raises MenuFileInvalid, MenuFileTooLong."""
    groups = modifier_groups(restaurant_id).values_list("name", flat=True)
    return read_menu(
        products=products,
        modifiers=modifiers,
        currency=restaurant_profile(restaurant_id).currency,
        known_groups=set(groups),
        tell=tell,
    )


@transaction_required
def write_file(
    *, by: Author, now: datetime, file: MenuFile, dry_run: bool, tell: Tell = to_nobody
) -> Imported:
    """Raises MenuFileInvalid when the file does not fit the menu; nothing is then left of it."""
    with transaction.atomic():
        imported = import_menu(by=by, now=now, file=file, tell=tell)
        transaction.set_rollback(dry_run)
    return imported


def _nothing() -> Imported:
    return Imported(0, 0, 0)


def _result(dry_run: bool, rows: int, imported: Imported, problems: Rows) -> dict[str, Any]:
    return {"dry_run": dry_run, "rows": rows, **_outcome(imported), "problems": problems}


def _outcome(imported: Imported) -> dict[str, Any]:
    return {
        "created": imported.created,
        "updated": imported.updated,
        "unchanged": imported.unchanged,
        "changes": [asdict(change) for change in imported.changes[:MOST_CHANGES]],
    }


def _queue(
    by: Actor, now: datetime, rows: int, dry_run: bool, source: dict[str, Table | None]
) -> Submitted:
    row = MenuImport(
        restaurant_id=by.restaurant_id,
        dry_run=dry_run,
        rows=rows,
        requested_by=by.membership_id,
        requested_at=now,
        touched_at=now,
        source=orjson.dumps(source).decode(),
    )
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError as error:
        raise ImportRunning from error
    text = append(kind="import.progress", document=IMPORT, entity_id=row.pk, by=by, now=now)
    transaction.on_commit(lambda: hand_over(row.pk), robust=True)
    return Submitted({}, row.pk, text)


def hand_over(import_id: UUID) -> None:
    """To a worker. When the broker is away the row waits until it is back."""
    app.signature("pos.run_menu_import", kwargs={"import_id": str(import_id)}).delay()


@transaction_required
def begin_import(*, import_id: UUID, now: datetime) -> bool:
    """Whether this worker is to do it: False when another one is at it, or has done it.

    What was begun too often is given up.
    """
    row = lock_import(import_id, skip_locked=True)
    if row is None or row.state not in UNFINISHED or _is_cared_for(row, now):
        return False
    row.state = move(row.state, ImportState.RUNNING, IMPORT_TRANSITIONS)
    row.attempts += 1
    if row.attempts > MOST_ATTEMPTS:
        _finish(row, ImportState.FAILED, now, problems=[_said("It was interrupted too often.")])
        return False
    _report(row, now, progress=_STARTED)
    return True


def _is_cared_for(row: MenuImport, now: datetime) -> bool:
    return row.state == ImportState.RUNNING and now - row.touched_at < LEFT_ALONE


@transaction_required
def read_import(*, import_id: UUID, now: datetime) -> MenuFile | None:
    """The file; None when it cannot be read, and the import has failed with what is wrong."""
    row = lock_import(import_id)
    if row is None or row.state != ImportState.RUNNING:
        return None
    try:
        tell = _teller(row, first=_STARTED, last=_READ)
        file = read_file(row.restaurant_id, **orjson.loads(row.source), tell=tell)
    except (MenuFileInvalid, MenuFileTooLong) as error:
        _refuse(row, now, error)
        return None
    _report(row, now, progress=_READ)
    return file


@transaction_required
def apply_import(*, import_id: UUID, file: MenuFile, now: datetime) -> None:
    """The menu changes and the import is done in one transaction, or neither."""
    row = lock_import(import_id)
    if row is None or row.state != ImportState.RUNNING:
        return
    by = System(row.restaurant_id, membership_id=row.requested_by)
    tell = _teller(row, first=_READ, last=_WRITTEN)
    try:
        imported = write_file(by=by, now=now, file=file, dry_run=row.dry_run, tell=tell)
    except MenuFileInvalid as error:
        _refuse(row, now, error)
    else:
        _finish(row, ImportState.DONE, now, **_outcome(imported))


def _teller(row: MenuImport, *, first: int, last: int) -> Tell:
    return teller(restaurant_id=row.restaurant_id, import_id=row.pk, first=first, last=last)


def _refuse(row: MenuImport, now: datetime, error: MenuFileInvalid | MenuFileTooLong) -> None:
    problems = error.extra.get("rows") or [_said(error.detail)]
    state = ImportState.DONE if row.dry_run else ImportState.FAILED
    _finish(row, state, now, problems=problems)


def _said(detail: str) -> dict[str, Any]:
    return {"file": "", "line": 0, "column": "", "detail": detail}


def _finish(row: MenuImport, state: ImportState, now: datetime, **found: Any) -> None:
    row.state = move(row.state, state, IMPORT_TRANSITIONS)
    row.source, row.finished_at = "", now
    for name, value in found.items():
        setattr(row, name, value)
    _report(row, now, progress=_DONE, also=("source", "finished_at", *found))


def _report(row: MenuImport, now: datetime, *, progress: int, also: Sequence[str] = ()) -> None:
    row.progress, row.touched_at = progress, now
    row.version += 1
    row.save(update_fields=["state", "attempts", "progress", "touched_at", "version", *also])
    by = System(row.restaurant_id, membership_id=row.requested_by)
    append(kind="import.progress", document=IMPORT, entity_id=row.pk, by=by, now=now)
