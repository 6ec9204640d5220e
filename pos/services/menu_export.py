"""The menu as the two tables that an import takes: imported again, they change nothing."""

from collections.abc import Callable, Iterator, Sequence
from typing import Any, TypeAlias
from uuid import UUID

import orjson

from fynlo.accounts.selectors import restaurant_profile
from fynlo.documents import json_list
from pos.selectors.menu import modifier_groups, products
from pos.selectors.menu_files import GROUP_ROWS, PRODUCT_ROW
from pos.services.menu_csv import escape, join_list, major, write_row
from pos.services.menu_file import (
    MODIFIER_COLUMNS,
    OPTIONAL_COLUMNS,
    PRODUCT_COLUMNS,
    PRODUCTS,
)

Row: TypeAlias = dict[str, Any]


def export_json(restaurant_id: UUID) -> str:
    """Both tables, money in minor units, as the body that an import takes."""
    currency = restaurant_profile(restaurant_id).currency
    modifiers = orjson.dumps(_modifier_rows(restaurant_id)).decode()
    rows = json_list(_product_texts(restaurant_id))
    return f'{{"currency":"{currency}","products":{rows},"modifiers":{modifiers}}}'


def csv_lines(restaurant_id: UUID, *, file: str) -> Iterator[str]:
    """The lines of one table, the header first; all rows are read at once, as one moment saw
    them, and written one by one."""
    currency = restaurant_profile(restaurant_id).currency
    if file == PRODUCTS:
        columns: Sequence[str] = (*PRODUCT_COLUMNS, *OPTIONAL_COLUMNS)
        rows = [orjson.loads(text) for text in _product_texts(restaurant_id)]
    else:
        columns, rows = MODIFIER_COLUMNS, _modifier_rows(restaurant_id)
    return _lines(columns, rows, currency)


def _lines(columns: Sequence[str], rows: Sequence[Row], currency: str) -> Iterator[str]:
    yield write_row(columns)
    for row in rows:
        yield write_row(_cell(name, row[name], currency) for name in columns)


def _product_texts(restaurant_id: UUID) -> list[str]:
    return PRODUCT_ROW.read(products(restaurant_id).order_by("position", "id"))


def _modifier_rows(restaurant_id: UUID) -> list[Row]:
    groups = GROUP_ROWS.read(modifier_groups(restaurant_id).order_by("position", "id"))
    return [row for text in groups for row in _rows_of_group(orjson.loads(text))]


def _rows_of_group(group: Row) -> Iterator[Row]:
    """A group without modifiers has one row that names none."""
    modifiers = group.pop("modifiers") or [{"name": "", "price_delta": 0}]
    for position, row in enumerate(modifiers, start=1):
        said = {"modifier": row["name"], "price_delta": row["price_delta"]}
        yield {**group, **said, "position": position}


def _cell(column: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    write = _WRITTEN.get(column)
    return write(value, currency) if write else str(value)


def _names(value: list[str], currency: str) -> str:
    return join_list(escape(name) for name in value)


def _sizes(value: list[Row], currency: str) -> str:
    pairs = (f"{escape(row['name'])}={major(row['price'], currency)}" for row in value)
    return join_list(pairs)


def _yes_or_no(value: bool, currency: str) -> str:
    return "yes" if value else "no"


_WRITTEN: dict[str, Callable[[Any, str], str]] = {
    "price": major,
    "cost": major,
    "price_delta": major,
    "tax_inclusive": _yes_or_no,
    "allow_quantities": _yes_or_no,
    "allergens": _names,
    "dietary": _names,
    "modifier_groups": _names,
    "variations": _sizes,
}
