"""Cells of a menu's CSV files: lists in one cell, and spreadsheets that would run what they read.

What `write_row` writes, `read_cell`, `split_list` and `split_pair` read back exactly.
"""

import csv
import re
from collections.abc import Iterable, Sequence
from decimal import Decimal

from fynlo.money import exponent

_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
# A spreadsheet takes what begins with one of these for a formula, and ' for "this is text".
_FORMULA = re.compile(r"'*[=+\-@\t\r＝＋－＠]")
_GUARDED = re.compile(r"'+[=+\-@\t\r＝＋－＠]")
_SPECIAL = re.compile(r"([\\|=])")
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)


class _Echo:
    """A file that hands back what is written to it."""

    def write(self, text: str) -> str:
        return text


_WRITER = csv.writer(_Echo())


def write_row(cells: Iterable[str]) -> str:
    """One line of CSV, its end included."""
    line: str = _WRITER.writerow([_guard(cell) for cell in cells])
    return line


def _guard(cell: str) -> str:
    return f"'{cell}" if _FORMULA.match(cell) and not _NUMBER.fullmatch(cell) else cell


def read_cell(cell: str) -> str:
    """Without the mark that keeps a spreadsheet from running it."""
    return cell[1:] if _GUARDED.match(cell) else cell


def join_list(items: Iterable[str]) -> str:
    """`a|b`; the items are escaped already, or hold nothing that needs it."""
    return "|".join(items)


def escape(name: str) -> str:
    """A name that may contain `|` or `=`, fit for a list."""
    return _SPECIAL.sub(r"\\\1", name)


def unescape(text: str) -> str:
    return _ESCAPED.sub(r"\1", text).strip()


def split_list(cell: str) -> list[str]:
    """The items between `|`, still escaped."""
    return [item for item in _split(cell, "|") if item.strip()]


def split_pair(item: str) -> tuple[str, str]:
    """`name=value` as an unescaped name and a value."""
    name, *rest = _split(item, "=")
    return unescape(name), "=".join(rest)


def _split(text: str, separator: str) -> Sequence[str]:
    if "\\" not in text:
        return text.split(separator)
    pieces = re.findall(r"\\.|[^\\]|\\$", text, re.DOTALL)
    found = [""]
    for piece in pieces:
        if piece == separator:
            found.append("")
        else:
            found[-1] += piece
    return found


def major(amount: int, currency: str) -> str:
    """`1250` and `GBP` as `12.50`."""
    return f"{Decimal(amount).scaleb(-exponent(currency)):f}"
