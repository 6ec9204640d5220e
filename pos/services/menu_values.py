"""One row of a menu that came as JSON: the columns of the CSV file, with values of their types."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pos.services.menu_cells import MOST_MINOR_UNITS, Problem, refuse_too_many, refuse_unkept


@dataclass(frozen=True, slots=True)
class Values:
    """As Cells: what is at fault is added to `problems` and reads as an empty value. Money is in
    minor units, lists are lists, a variation is `{"name", "price"}`."""

    file: str
    line: int
    row: Mapping[str, Any]
    problems: list[Problem]

    def has(self, column: str) -> bool:
        return self.row.get(column) is not None

    def blame(self, column: str, detail: str) -> None:
        self.problems.append(Problem(self.file, self.line, column, detail))

    def text(self, column: str, *, longest: int, required: bool = True) -> str:
        value = self.row.get(column)
        if value is None and not required:
            return ""
        if not isinstance(value, str):
            self.blame(column, "This is not text.")
            return ""
        return self._checked(column, value.strip(), longest=longest, required=required)

    def _checked(self, column: str, value: str, *, longest: int, required: bool) -> str:
        if required and not value:
            self.blame(column, "This is empty.")
        if len(value) > longest:
            self.blame(column, f"This is longer than {longest} characters.")
        refuse_unkept(self, column, value)
        return value

    def whole(self, column: str, *, highest: int) -> int:
        return self._number(column, self.row.get(column), lowest=0, highest=highest)

    def flag(self, column: str) -> bool:
        value = self.row.get(column)
        if not isinstance(value, bool):
            self.blame(column, "This is neither true nor false.")
        return value is True

    def money(self, column: str, *, negative: bool = False) -> int:
        return self._amount(column, self.row.get(column), negative=negative)

    def items(self, column: str, *, allowed: Collection[str] | None = None) -> tuple[str, ...]:
        given = self._list(column)
        found = [item.strip() for item in given if isinstance(item, str)]
        if len(found) < len(given):
            self.blame(column, "Something in this list is not text.")
        for item in found:
            if allowed is not None and item not in allowed:
                self.blame(column, f"{item[:40]!r} is not known.")
        if len(set(found)) < len(found):
            self.blame(column, "Something is named twice.")
        return tuple(found)

    def priced(self, column: str, *, longest: int) -> tuple[tuple[str, int], ...]:
        found = []
        for item in self._list(column):
            if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                self.blame(column, "A variation has a name and a price.")
                continue
            name = self._checked(column, item["name"].strip(), longest=longest, required=True)
            found.append((name, self._amount(column, item.get("price"))))
        if len({name for name, _ in found}) < len(found):
            self.blame(column, "Two variations have one name.")
        return tuple(found)

    def _list(self, column: str) -> list[Any]:
        value = self.row.get(column)
        if not isinstance(value, list):
            self.blame(column, "This is not a list.")
            return []
        return value

    def _amount(self, column: str, value: Any, *, negative: bool = False) -> int:
        lowest = -MOST_MINOR_UNITS if negative else 0
        return self._number(column, value, lowest=lowest, highest=MOST_MINOR_UNITS)

    def _number(self, column: str, value: Any, *, lowest: int, highest: int) -> int:
        is_whole = isinstance(value, int) and not isinstance(value, bool)
        if not is_whole or not lowest <= value <= highest:
            self.blame(column, f"This is not a whole number from {lowest} to {highest}.")
            return 0
        return int(value)


def values_of(
    rows: Sequence[Mapping[str, Any]],
    *,
    file: str,
    columns: Collection[str],
    optional: Collection[str],
    problems: list[Problem],
) -> Iterator[Values]:
    """Raises MenuFileTooLong."""
    refuse_too_many(len(rows))
    known = {*columns, *optional}
    for line, row in enumerate(rows, start=1):
        values = Values(file, line, row, problems)
        for name in row.keys() - known:
            values.blame(str(name)[:40], "There is no such column.")
        for name in set(columns) - row.keys():
            values.blame(name, "This is missing.")
        yield values
