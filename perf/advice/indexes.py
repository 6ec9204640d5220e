"""Which index a plan lacks, looking at those that are there, and which nobody uses."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.db import connection
from pglast import ast, parser
from pglast.enums import A_Expr_Kind, BoolExprType

from perf.advice.plans import Plan, SeqScan

# Smaller tables are read at once.
LEAST_ROWS = 1000
# An index pays when it leaves out most rows.
LARGEST_SHARE = 0.2
_RANGES = {"<", ">", "<=", ">="}
_INDEXES = """
    SELECT pg_index.indexrelid::regclass::text, pg_index.indrelid::regclass::text,
        array(
            SELECT attname::text FROM unnest(indkey) WITH ORDINALITY AS key(number, place)
            JOIN pg_attribute ON attrelid = indrelid AND attnum = key.number ORDER BY place
        ),
        indisunique OR indisprimary OR indisexclusion,
        coalesce(idx_scan, 0), pg_relation_size(pg_index.indexrelid), pg_class.reltuples::bigint
    FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid
    JOIN pg_stat_user_indexes USING (indexrelid)
    WHERE indisvalid AND (%s::text IS NULL OR indrelid = to_regclass(%s))
    ORDER BY 1
"""
_COLUMNS = """
    SELECT pg_attribute.attname::text,
        coalesce(CASE WHEN n_distinct < 0 THEN -n_distinct * reltuples ELSE n_distinct END, 0),
        reltuples::bigint
    FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
    LEFT JOIN pg_stats ON schemaname = relnamespace::regnamespace::text
        AND tablename = relname AND pg_stats.attname = pg_attribute.attname
    WHERE attrelid = to_regclass(%s) AND attnum > 0 AND NOT attisdropped
"""


@dataclass(frozen=True, slots=True)
class Index:
    """`is_rule`: it holds a constraint, and so is used by every write. `bytes` on disk; `rows` of
    its table."""

    name: str
    table: str
    columns: list[str]
    is_rule: bool
    scans: int
    bytes: int
    rows: int


@dataclass(frozen=True, slots=True)
class MissingIndex:
    """`statement` makes it without locking writers out. `unused` are indexes of the same table
    that nobody reads. `rows` are in the table, about `kept` of them were wanted."""

    table: str
    columns: list[str]
    statement: str
    rows: int
    kept: int
    unused: list[str] = field(default_factory=list)


def missing_indexes(plan: Plan) -> list[MissingIndex]:
    """For each whole table that is read for a few of its rows, unless an index for just that
    exists, which PostgreSQL then does not want."""
    found = (_missing(scan) for scan in plan.seq_scans if scan.filter)
    return [index for index in found if index]


def unused_indexes() -> list[Index]:
    """Of larger tables: never read since the statistics began, and no constraint's."""
    return [i for i in indexes_of(None) if not i.is_rule and not i.scans and i.rows >= LEAST_ROWS]


def indexes_of(table: str | None) -> list[Index]:
    """Of one table, or of all."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [table, table])
        return [Index(*row) for row in cursor.fetchall()]


def _missing(scan: SeqScan) -> MissingIndex | None:
    distinct, rows = _statistics(scan.table)
    if rows < LEAST_ROWS or scan.rows > rows * LARGEST_SHARE:
        return None
    equal, ranges = _conditions(scan.filter)
    # The column that tells most rows apart comes first, one that is compared last.
    columns = sorted(equal & distinct.keys(), key=lambda name: (-distinct[name], name))
    columns += sorted(ranges & distinct.keys() - equal)[:1]
    known = indexes_of(scan.table)
    if not columns or any(set(index.columns[: len(columns)]) == set(columns) for index in known):
        return None
    return MissingIndex(
        table=scan.table,
        columns=columns,
        statement=_statement(scan.table, columns),
        rows=rows,
        kept=scan.rows,
        unused=[index.name for index in known if not index.is_rule and not index.scans],
    )


def _statement(table: str, columns: list[str]) -> str:
    quote = connection.ops.quote_name
    name = f"{table}_{'_'.join(columns)}"[:59] + "_idx"
    listed = ", ".join(quote(column) for column in columns)
    return f"CREATE INDEX CONCURRENTLY {quote(name)} ON {quote(table)} ({listed})"


def _statistics(table: str) -> tuple[dict[str, float], int]:
    """About how many values each column has, and how many rows there are."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [table])
        found = cursor.fetchall()
    return {name: values for name, values, _ in found}, max((row[2] for row in found), default=0)


def _conditions(text: str) -> tuple[set[str], set[str]]:
    """Columns that must equal something, and columns that are compared with something."""
    equal: set[str] = set()
    ranges: set[str] = set()
    try:
        statements: Any = parser.parse_sql(f"SELECT WHERE {text}")
    except parser.ParseError:  # PostgreSQL writes of subplans what it does not read
        return equal, ranges
    for part in _parts(statements[0].stmt.whereClause):
        column, operator = _comparison(part)
        if operator == "=":
            equal.add(column)
        elif operator in _RANGES:
            ranges.add(column)
    return equal, ranges


def _comparison(part: Any) -> tuple[str, str]:
    """A column and how it is compared with what is none; empty for anything else."""
    kinds = (A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_OP_ANY)
    if not isinstance(part, ast.A_Expr) or part.kind not in kinds or _column(part.rexpr):
        return "", ""
    column, names = _column(part.lexpr), part.name or ()
    return (column, str(names[0].sval)) if column else ("", "")


def _parts(node: Any) -> Iterator[Any]:
    """What must all be so."""
    if type(node) is ast.BoolExpr and node.boolop == BoolExprType.AND_EXPR:
        for part in node.args or ():
            yield from _parts(part)
    else:
        yield node


def _column(node: Any) -> str:
    """The name, also of one that is read as text; empty for anything else."""
    kind: Any = getattr(node, "typeName", None)
    if isinstance(node, ast.TypeCast) and kind.names[-1].sval == "text":
        node = node.arg
    fields: Any = getattr(node, "fields", None)
    return str(fields[-1].sval) if isinstance(node, ast.ColumnRef) else ""
