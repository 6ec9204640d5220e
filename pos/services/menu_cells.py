"""One row of a menu file, read cell by cell; what cannot be read is noted, not raised."""

import csv
import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import asdict, dataclass
from io import StringIO

from fynlo.money import from_major
from pos.errors import MenuFileInvalid

MOST_PROBLEMS = 500
_AMOUNT = re.compile(r"-?\d{1,9}(\.\d{1,4})?", re.ASCII)
_WHOLE = re.compile(r"\d{1,6}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Problem:
    """`line` counts from 1 and includes the header, as editors do."""

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

    def blame(self, column: str, detail: str) -> None:
        self.problems.append(Problem(self.file, self.line, column, detail))

    def text(self, column: str, *, longest: int, required: bool = True) -> str:
        value = self.row[column].strip()
        if required and not value:
            self.blame(column, "This cell is empty.")
        if len(value) > longest:
            self.blame(column, f"This is longer than {longest} characters.")
        if "\x00" in value:
            self.blame(column, "This has a character that cannot be kept.")
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
        found = [item.strip() for item in self.row[column].split("|") if item.strip()]
        for item in found:
            if allowed is not None and item not in allowed:
                self.blame(column, f"{item[:40]!r} is not known.")
        if len(set(found)) < len(found):
            self.blame(column, "Something is named twice.")
        return tuple(found)

    def priced(self, column: str, *, longest: int) -> tuple[tuple[str, int], ...]:
        """`Small=3.20|Large=3.90` as names and minor units."""
        found = []
        for item in self.items(column):
            name, _, price = item.partition("=")
            if not 1 <= len(name.strip()) <= longest:
                self.blame(column, f"{item[:40]!r} is not `name=price`.")
            found.append((name.strip(), self._amount(column, price.strip())))
        if len({name for name, _ in found}) < len(found):
            self.blame(column, "Two variations have one name.")
        return tuple(found)

    def _amount(self, column: str, value: str, *, negative: bool = False) -> int:
        try:
            if not _AMOUNT.fullmatch(value) or (value.startswith("-") and not negative):
                raise ValueError(f"{value[:40]!r} is not an amount")
            return from_major(value, self.currency)
        except ValueError as error:
            self.blame(column, f"{error}.")
            return 0


def rows_of(
    text: str, *, file: str, columns: Collection[str], currency: str, problems: list[Problem]
) -> Iterator[Cells]:
    """The rows after the header.

    Raises MenuFileInvalid at once when a column is missing, or the text is no CSV.
    """
    reader = csv.DictReader(StringIO(text.removeprefix("\ufeff")), restval="", strict=True)
    line = 1
    try:
        missing = set(columns) - set(reader.fieldnames or [])
        refuse([Problem(file, 1, name, "This column is missing.") for name in missing])
        line = reader.line_num + 1
        for row in reader:
            cells = Cells(file, line, row, currency, problems)
            if None in row:
                cells.blame("", "This row has more cells than the header.")
            yield cells
            line = reader.line_num + 1
    except csv.Error as error:
        refuse([Problem(file, line, "", f"This is not CSV: {error}.")])
