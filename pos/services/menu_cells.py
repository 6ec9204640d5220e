"""One row of a menu's CSV file, read cell by cell; what cannot be read is noted, not raised."""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import StringIO
from typing import Protocol

from fynlo.money import from_major
from pos.errors import MenuFileInvalid, MenuFileTooLong
from pos.services.menu_csv import read_cell, split_list, split_pair, unescape

MOST_PROBLEMS = 500
MOST_ROWS = 10_000
MOST_MINOR_UNITS = 10**11
_AMOUNT = re.compile(r"-?\d{1,12}(\.\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1 and includes the header, as editors do; of rows that came as JSON it
    is the place in their list, from 1."""

    file: str
    line: int
    column: str
    detail: str


def refuse(problems: Sequence[Problem]) -> None:
    """Raises MenuFileInvalid when there are any, with one for each cell."""
    first: dict[tuple[str, int, str], Problem] = {}
    for row in problems:
        first.setdefault((row.file, row.line, row.column), row)
    if first:
        ordered = sorted(first.values(), key=lambda row: (row.file, row.line))
        raise MenuFileInvalid(extra={"rows": [asdict(row) for row in ordered[:MOST_PROBLEMS]]})


@dataclass(frozen=True, slots=True)
class Cells:
    """A cell at fault is added to `problems` and reads as an empty value, so that one look at
    the file finds everything. Money is read as major units of `currency`, given in minor."""

    file: str
    line: int
    row: dict[str, str]
    currency: str
    problems: list[Problem]

    def has(self, column: str) -> bool:
        """Whether the file has this column at all, and something stands in it."""
        return bool(self.row.get(column, "").strip())

    def blame(self, column: str, detail: str) -> None:
        self.problems.append(Problem(self.file, self.line, column, detail))

    def text(self, column: str, *, longest: int, required: bool = True) -> str:
        value = read_cell(self.row[column]).strip()
        if required and not value:
            self.blame(column, "This cell is empty.")
        if len(value) > longest:
            self.blame(column, f"This is longer than {longest} characters.")
        refuse_unkept(self, column, value)
        return value

    def whole(self, column: str, *, highest: int) -> int:
        value = self.row[column].strip()
        if not _WHOLE.fullmatch(value) or int(value) > highest:
            self.blame(column, f"{value[:40]!r} is not a whole number from 0 to {highest}.")
            return 0
        return int(value)

    def flag(self, column: str) -> bool:
        value = self.row[column].strip().lower()
        if value not in ("yes", "no"):
            self.blame(column, f"{value[:40]!r} is neither yes nor no.")
        return value == "yes"

    def money(self, column: str, *, negative: bool = False) -> int:
        return self._amount(column, self.row[column].strip(), negative=negative)

    def items(self, column: str, *, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        """The items between `|`, each at most once, all among `allowed` when that is given."""
        found = [unescape(item) for item in split_list(read_cell(self.row[column]))]
        for item in found:
            if allowed is not None and item not in allowed:
                self.blame(column, f"{item[:40]!r} is not known.")
        if len(set(found)) < len(found):
            self.blame(column, "Something is named twice.")
        return tuple(found)

    def priced(self, column: str, *, longest: int) -> tuple[tuple[str, int], ...]:
        """`Small=3.20|Large=3.90` as names and minor units."""
        found = []
        for item in split_list(read_cell(self.row[column])):
            name, price = split_pair(item)
            if not 1 <= len(name) <= longest:
                self.blame(column, f"{item[:40]!r} is not `name=price`.")
            refuse_unkept(self, column, name)
            found.append((name, self._amount(column, price.strip())))
        if len({name for name, _ in found}) < len(found):
            self.blame(column, "Two variations have one name.")
        return tuple(found)

    def _amount(self, column: str, value: str, *, negative: bool = False) -> int:
        try:
            if not _AMOUNT.fullmatch(value) or (value.startswith("-") and not negative):
                raise ValueError(f"{value[:40]!r} is not an amount")
            amount = from_major(value, self.currency)
            if abs(amount) > MOST_MINOR_UNITS:
                raise ValueError(f"{value[:40]!r} is too much")
            return amount
        except ValueError as error:
            self.blame(column, f"{error}.")
            return 0


def refuse_unkept(cells: "Blamed", column: str, value: str) -> None:
    """PostgreSQL keeps no NUL, and no half of a surrogate pair."""
    if "\x00" in value or any("\ud800" <= letter <= "\udfff" for letter in value):
        cells.blame(column, "This has a character that cannot be kept.")


class Blamed(Protocol):
    def blame(self, column: str, detail: str) -> None: ...


def cells_of(
    text: str,
    *,
    file: str,
    columns: Collection[str],
    optional: Collection[str],
    currency: str,
    problems: list[Problem],
) -> Iterator[Cells]:
    """The rows after the header.

    Raises MenuFileInvalid at once when a column is missing or unknown, or the text is no CSV;
    MenuFileTooLong.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")), restval="", strict=True)
    line = 1
    try:
        refuse(list(_header_problems(file, reader.fieldnames or [], columns, optional)))
        line = reader.line_num + 1
        for place, row in enumerate(reader):
            refuse_too_many(place + 1)
            cells = Cells(file, line, row, currency, problems)
            if None in row:
                cells.blame("", "This row has more cells than the header.")
            yield cells
            line = reader.line_num + 1
    except csv.Error as error:
        refuse([Problem(file, line, "", f"This is not CSV: {error}.")])


def _header_problems(
    file: str, header: Sequence[str], columns: Collection[str], optional: Collection[str]
) -> Iterator[Problem]:
    known = {*columns, *optional}
    for name in columns:
        if name not in header:
            yield Problem(file, 1, name, "This column is missing.")
    for place, name in enumerate(header):
        if name not in known:
            yield Problem(file, 1, name[:40], "There is no such column.")
        elif name in header[:place]:
            yield Problem(file, 1, name, "This column is there twice.")


def refuse_too_many(rows: int) -> None:
    """Raises MenuFileTooLong."""
    if rows > MOST_ROWS:
        raise MenuFileTooLong
