"""A report as CSV for a spreadsheet: a header, a line for each row, money as people write it."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pos.services.menu_csv import major, write_row


def report_csv(
    rows: Iterable[Mapping[str, Any]],
    *,
    columns: Sequence[str],
    money: Iterable[str],
    currency: str,
) -> str:
    """What is null is an empty cell. A cell that a spreadsheet would run as a formula, such as a
    product named `=1+1`, gets a `'` in front of it; numbers stay numbers."""
    amounts = frozenset(money)
    lines = [write_row(columns)]
    for row in rows:
        lines.append(
            write_row(
                ""
                if row[name] is None
                else major(row[name], currency)
                if name in amounts
                else str(row[name])
                for name in columns
            )
        )
    return "".join(lines)
