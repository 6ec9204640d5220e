"""A receipt as the bytes that an ESC/POS printer of 42 columns takes (80 mm paper)."""

import re
import textwrap
from collections.abc import Iterator

from escpos.printer import Dummy

from pos.services.receipts.layout import Layout, Row, TaxRow

WIDTH = 42
PROFILE = "TM-T88V"
# A name is no printer command; and a line with one Chinese character would be sent in GB 18030.
_UNPRINTABLE = re.compile(r"[\x00-\x1f\x7f-\x9f\u4e00-\u9fa5]")


def printed(layout: Layout) -> bytes:
    """Cut at the end. A character that no code page of the printer has comes out as `?`."""
    printer = Dummy(profile=PROFILE)
    printer.hw("INIT")
    _head(printer, layout)
    for line in _body(layout):
        printer.textln(_clean(line))
    _foot(printer, layout)
    printer.cut()
    return bytes(printer.output)


def _head(printer: Dummy, layout: Layout) -> None:
    printer.set(align="center", bold=True, double_height=True, double_width=True)
    for line in _wrapped(layout.name, WIDTH // 2):
        printer.textln(_clean(line))
    printer.set(align="center", bold=False, normal_textsize=True)
    for text in layout.head:
        for line in _wrapped(text):
            printer.textln(_clean(line))
    printer.set(align="center", bold=True, normal_textsize=True)
    for line in (layout.title, layout.mark.upper()):
        if line:
            printer.textln(_clean(line))
    printer.set(align="left", bold=False, normal_textsize=True)


def _body(layout: Layout) -> Iterator[str]:
    for label, value in layout.facts:
        yield from _pair(label, value)
    yield _rule()
    for item in layout.items:
        yield from _row(item)
    yield _rule()
    for row in [*layout.sums, layout.total]:
        yield from _row(row)
    yield _rule()
    for row in layout.payments:
        yield from _row(row)
    if layout.taxes:
        yield from _tax_table(layout.taxes)


def _foot(printer: Dummy, layout: Layout) -> None:
    if layout.url:
        printer.set(align="center")
        printer.textln("")
        printer.qr(layout.url, native=True, size=6)
        printer.textln(f"{layout.hash[:16]}")


def _tax_table(taxes: list[TaxRow]) -> Iterator[str]:
    yield _rule()
    yield f"{'Tax':<12}{'Net':>10}{'Tax':>10}{'Gross':>10}"
    for row in taxes:
        first, *rest = _wrapped(row.name, 11)
        yield f"{first:<12}{row.net:>10}{row.tax:>10}{row.gross:>10}"
        yield from rest


def _row(row: Row) -> Iterator[str]:
    yield from _pair(row.label, row.amount)
    for label, amount in row.details:
        yield from _pair(f"  {label}", amount)


def _pair(label: str, amount: str) -> Iterator[str]:
    """The label on the left, wrapped beside the amount on the right of its first line."""
    indent = " " * (len(label) - len(label.lstrip()))
    first, *rest = _wrapped(label.strip(), WIDTH - len(indent) - len(amount) - 1)
    yield (f"{indent}{first}".ljust(WIDTH - len(amount)) + amount).rstrip()
    for line in rest:
        yield f"{indent}{line}"


def _wrapped(text: str, width: int = WIDTH) -> list[str]:
    return textwrap.wrap(_clean(text), width) or [""]


def _rule() -> str:
    return "-" * WIDTH


def _clean(text: str) -> str:
    return _UNPRINTABLE.sub("?", text.replace("\xa0", " "))
