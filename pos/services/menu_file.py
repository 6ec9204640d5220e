"""A menu as two tables, CSV text or rows of JSON, read into plain rows; the columns are in
`pos/demo/README.md`.

Pure: a table in, rows out, or one error that lists every bad cell with its line.
"""

from collections import Counter
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias, TypeVar

from pos.choices import Allergen, Diet
from pos.services.menu_cells import Cells, Problem, cells_of, refuse
from pos.services.menu_values import Values, values_of
from pos.services.shares_done import Tell, counted, to_nobody

Table: TypeAlias = str | Sequence[Mapping[str, Any]]
Read: TypeAlias = Cells | Values
SMALLINT = 32_767
PRODUCTS, MODIFIERS = "products", "modifiers"
PRODUCT_COLUMNS = (
    "sku", "category", "parent_category", "name", "description", "price", "tax_rate", "tax_bps",
    "station", "course", "prep_minutes", "allergens", "dietary", "variations", "modifier_groups",
    "image",
)  # fmt: skip
OPTIONAL_COLUMNS = ("tax_inclusive", "cost")
MODIFIER_COLUMNS = (
    "group", "min", "max", "allow_quantities", "modifier", "price_delta", "position",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class ProductRow:
    """Prices in minor units; `variations` are names and full prices. `tax_inclusive` and `cost`
    are None where the file does not say."""

    line: int
    sku: str
    category: str
    parent_category: str
    name: str
    description: str
    price: int
    tax_rate: str
    tax_bps: int
    tax_inclusive: bool | None
    cost: int | None
    station: str
    course: int
    prep_minutes: int
    image: str
    allergens: tuple[str, ...]
    dietary: tuple[str, ...]
    variations: tuple[tuple[str, int], ...]
    modifier_groups: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ModifierRow:
    line: int
    group: str
    min_choices: int
    max_choices: int
    allow_quantities: bool
    name: str
    price_delta: int
    position: int


@dataclass(frozen=True, slots=True)
class GroupRows:
    """The modifiers of one group, in their order; none, where its one row names none."""

    name: str
    min_choices: int
    max_choices: int
    allow_quantities: bool
    modifiers: tuple[ModifierRow, ...]


@dataclass(frozen=True, slots=True)
class MenuFile:
    products: tuple[ProductRow, ...]
    groups: tuple[GroupRows, ...]


Row = TypeVar("Row", ProductRow, ModifierRow)


def read_menu(
    *,
    products: Table | None,
    modifiers: Table | None,
    currency: str,
    known_groups: Collection[str] = (),
    tell: Tell = to_nobody,
) -> MenuFile:
    """Both files, checked row by row and against each other; products may ask for the groups of
    the modifiers file and for `known_groups`. None is a file without rows.

    Raises MenuFileInvalid with every problem found, MenuFileTooLong.
    """
    problems: list[Problem] = []
    product_cells = _opened(products, PRODUCTS, currency, problems)
    modifier_cells = _opened(modifiers, MODIFIERS, currency, problems)
    product_rows = tuple(_product(cells) for cells in counted(product_cells, tell))
    modifier_rows = tuple(_modifier(cells) for cells in modifier_cells)
    _check_modifiers(modifier_cells, modifier_rows)
    groups = {row.group for row in modifier_rows}
    _check_products(product_cells, product_rows, groups.union(known_groups))
    refuse(problems)
    return MenuFile(product_rows, _groups(modifier_rows))


def count_rows(*, products: Table | None, modifiers: Table | None) -> int:
    """How long both files are together.

    Raises MenuFileInvalid when one is no table of its columns, MenuFileTooLong.
    """
    opened = [_opened(table, file, "", []) for file, table in
              ((PRODUCTS, products), (MODIFIERS, modifiers))]  # fmt: skip
    return sum(len(rows) for rows in opened)


def _opened(
    table: Table | None, file: str, currency: str, problems: list[Problem]
) -> Sequence[Read]:
    is_products = file == PRODUCTS
    columns = PRODUCT_COLUMNS if is_products else MODIFIER_COLUMNS
    optional = OPTIONAL_COLUMNS if is_products else ()
    if isinstance(table, str):
        return list(
            cells_of(table, file=file, columns=columns, optional=optional, currency=currency,
                     problems=problems)
        )  # fmt: skip
    rows = values_of(table or [], file=file, columns=columns, optional=optional, problems=problems)
    return list(rows)


def _product(cells: Read) -> ProductRow:
    return ProductRow(
        line=cells.line,
        sku=cells.text("sku", longest=40),
        category=cells.text("category", longest=80),
        parent_category=cells.text("parent_category", longest=80, required=False),
        name=cells.text("name", longest=120),
        description=cells.text("description", longest=500, required=False),
        price=cells.money("price"),
        tax_rate=cells.text("tax_rate", longest=40),
        tax_bps=cells.whole("tax_bps", highest=10_000),
        tax_inclusive=cells.flag("tax_inclusive") if cells.has("tax_inclusive") else None,
        cost=cells.money("cost") if cells.has("cost") else None,
        station=cells.text("station", longest=40, required=False),
        course=cells.whole("course", highest=SMALLINT),
        prep_minutes=cells.whole("prep_minutes", highest=SMALLINT),
        image=cells.text("image", longest=300, required=False),
        allergens=cells.items("allergens", allowed=Allergen.values),
        dietary=cells.items("dietary", allowed=Diet.values),
        variations=cells.priced("variations", longest=60),
        modifier_groups=cells.items("modifier_groups"),
    )


def _modifier(cells: Read) -> ModifierRow:
    return ModifierRow(
        line=cells.line,
        group=cells.text("group", longest=80),
        min_choices=cells.whole("min", highest=SMALLINT),
        max_choices=cells.whole("max", highest=SMALLINT),
        allow_quantities=cells.flag("allow_quantities"),
        name=cells.text("modifier", longest=80, required=False),
        price_delta=cells.money("price_delta", negative=True),
        position=cells.whole("position", highest=999_999),
    )


def _check_products(cells: Sequence[Read], rows: Sequence[ProductRow], groups: set[str]) -> None:
    pairs = list(zip(cells, rows, strict=True))
    children = {row.category for row in rows if row.parent_category}
    _one_of_each(pairs, "sku", lambda row: row.sku)
    _always_with(
        pairs, "parent_category", lambda row: row.category, lambda row: row.parent_category
    )
    _always_with(pairs, "tax_bps", lambda row: row.tax_rate, lambda row: row.tax_bps)
    _always_with(pairs, "tax_inclusive", lambda row: row.tax_rate, lambda row: row.tax_inclusive)
    for cell, row in pairs:
        if row.parent_category in children:
            cell.blame("parent_category", "Categories have two levels; this one has a parent.")
        for name in sorted(set(row.modifier_groups) - groups):
            cell.blame("modifier_groups", f"{name[:40]!r} is not a modifier group.")


def _check_modifiers(cells: Sequence[Read], rows: Sequence[ModifierRow]) -> None:
    pairs = list(zip(cells, rows, strict=True))
    _one_of_each(pairs, "modifier", lambda row: (row.group, row.name))
    _always_with(pairs, "min", lambda row: row.group, lambda row: row.min_choices)
    _always_with(pairs, "max", lambda row: row.group, lambda row: row.max_choices)
    _always_with(pairs, "allow_quantities", lambda row: row.group, lambda row: row.allow_quantities)
    sizes = Counter(row.group for row in rows)
    for cell, row in pairs:
        if not row.min_choices <= row.max_choices or not row.max_choices:
            cell.blame("max", "This is less than `min`, or nothing.")
        if not row.name and sizes[row.group] > 1:
            cell.blame("modifier", "Only a group without modifiers may leave this empty.")
        if row.min_choices > sizes[row.group] and not row.allow_quantities:
            cell.blame("min", "The group has fewer modifiers than this.")


def _one_of_each(
    pairs: Sequence[tuple[Read, Row]], column: str, key: Callable[[Row], Hashable]
) -> None:
    seen: set[Hashable] = set()
    for cells, row in pairs:
        if key(row) in seen:
            cells.blame(column, "Another row has the same.")
        seen.add(key(row))


def _always_with(
    pairs: Sequence[tuple[Read, Row]],
    column: str,
    name: Callable[[Row], str],
    value: Callable[[Row], Hashable],
) -> None:
    first: dict[str, Hashable] = {}
    for cells, row in pairs:
        if first.setdefault(name(row), value(row)) != value(row):
            cells.blame(column, f"Another row says otherwise for {name(row)[:40]!r}.")


def _groups(rows: Sequence[ModifierRow]) -> tuple[GroupRows, ...]:
    by_group: dict[str, list[ModifierRow]] = {}
    for row in rows:
        by_group.setdefault(row.group, []).append(row)
    return tuple(_group(found) for found in by_group.values())


def _group(rows: Sequence[ModifierRow]) -> GroupRows:
    head = rows[0]
    return GroupRows(
        name=head.group,
        min_choices=head.min_choices,
        max_choices=head.max_choices,
        allow_quantities=head.allow_quantities,
        modifiers=tuple(sorted((row for row in rows if row.name), key=lambda row: row.position)),
    )
