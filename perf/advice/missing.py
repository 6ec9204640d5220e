"""Which index a plan lacks, looking at those that are there. Where none is sure to help, it says so
and proposes nothing."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from django.db import connection

from perf.advice.conditions import Term, conditions_on, terms_of
from perf.advice.indexes import LEAST_ROWS, indexes_of
from perf.advice.plans import Plan, SeqScan

# An index pays when it leaves out most rows.
LARGEST_SHARE = 0.2
# What PostgreSQL takes a row to cost that an index leads to, where a page in sequence is 1.
PICKED_ROW_COST = 4
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
class MissingIndex:
    """`statement` makes it without locking writers out. `unused` are indexes of the same table
    that nobody reads. `rows` are in the table and were read `why`, about `kept` of them were
    wanted. `columns` as they are to be sorted."""

    table: str
    columns: list[str]
    statement: str
    rows: int
    kept: int
    why: str
    unused: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Table:
    """`distinct`: about how many values each column has."""

    rows: int
    distinct: dict[str, float]

    def sorted(self, columns: set[str]) -> list[str]:
        """That which tells most rows apart comes first."""
        return sorted(columns & self.distinct.keys(), key=lambda name: (-self.distinct[name], name))


@dataclass(frozen=True, slots=True)
class IndexAdvice:
    """`unsure` are sentences about tables that are read whole where no index is sure to help."""

    missing: list[MissingIndex] = field(default_factory=list)
    unsure: list[str] = field(default_factory=list)


def index_advice(plan: Plan) -> IndexAdvice:
    """About each whole table that is read for a few of its rows, unless an index for just that
    exists, which PostgreSQL then does not want."""
    said = [found for scan in plan.seq_scans if (found := _about(scan))]
    missing = {found.statement: found for found in said if isinstance(found, MissingIndex)}
    unsure = [found for found in said if isinstance(found, str)]
    return IndexAdvice(list(missing.values()), list(dict.fromkeys(unsure)))


def _about(scan: SeqScan) -> MissingIndex | str | None:
    """Of what the rules say of it the first proposal, or else the first doubt."""
    table = _table(scan.table)
    if table.rows < LEAST_ROWS:
        return None
    said = [found for rule in _RULES if (found := rule(scan, table))]
    return min(said, key=lambda found: isinstance(found, str), default=None)


def _table(name: str) -> Table:
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS, [name])
        found = cursor.fetchall()
    rows = max((row[2] for row in found), default=0)
    return Table(rows, {column: values for column, values, _ in found})


def _for_order(scan: SeqScan, table: Table) -> MissingIndex | str | None:
    """Sorted for its first rows: an index has them in order already. When the limit is few of the
    rows that pass, few have to be passed over on the way to it, whatever the filter."""
    if not scan.order or scan.limit > scan.rows * LARGEST_SHARE:
        return None
    keys, terms = ", ".join(scan.order), terms_of(scan.alias, scan.order)
    if terms is None:
        return (
            f"All {scan.rows} rows of {scan.table} are sorted for {scan.limit} of them by {keys},"
            " which are not columns of that table alone: no index is sure to help."
        )
    equal = table.sorted(conditions_on(scan.alias, scan.filter).equal)
    order = [term for term in terms if term.column not in equal]
    return _proposed(scan, table, equal, order, why=f" to sort them by {keys}", kept=scan.limit)


def _for_filter(scan: SeqScan, table: Table) -> MissingIndex | str | None:
    if not scan.filter or scan.rows > table.rows * LARGEST_SHARE:
        return None
    found = conditions_on(scan.alias, scan.filter)
    equal = found.equal | found.any_of
    # One that is compared comes last.
    columns = table.sorted(equal) + sorted(found.ranges & table.distinct.keys() - equal)[:1]
    if not columns:
        return (
            f"All {table.rows} rows of {scan.table} are read for about {scan.rows} by what compares"
            f" no column by itself, {scan.filter}: no index is sure to help."
        )
    return _proposed(scan, table, columns, [], why="", kept=scan.rows)


def _for_join(scan: SeqScan, table: Table) -> MissingIndex | str | None:
    """Joined to few rows of something else: an index leads from each to its own."""
    equal = table.sorted(conditions_on(scan.alias, scan.join).equal)
    # The filter may leave out rows that the index leads to.
    picked = round(scan.joined * table.rows / max(scan.rows, 1))
    if not equal or max(picked, scan.beside) > table.rows * LARGEST_SHARE:
        return None
    why = f" to join them by {', '.join(equal)} to about {scan.beside} others"
    if (picked + scan.beside) * PICKED_ROW_COST > scan.cost:
        return (
            f"All {table.rows} rows of {scan.table} are read{why}, for about {picked} of them:"
            " by an index PostgreSQL might not be faster."
        )
    return _proposed(scan, table, equal, [], why=why, kept=picked)


_Rule = Callable[[SeqScan, Table], MissingIndex | str | None]
_RULES: tuple[_Rule, ...] = (_for_order, _for_filter, _for_join)


def _proposed(
    scan: SeqScan, table: Table, free: list[str], order: list[Term], *, why: str, kept: int
) -> MissingIndex | str | None:
    known = indexes_of(scan.table)
    serving = [index for index in known if index.serves(free, order)]
    terms = [*(Term(column) for column in free), *order]
    columns = [term.column + term.order for term in terms]
    if serving and all(index.is_partial for index in serving):
        return (
            f"All {table.rows} rows of {scan.table} are read{why}, for about {kept} of them:"
            f" {serving[0].name} on {', '.join(columns)} has only some of the rows, and it is not"
            " sure that one of all would be better."
        )
    if serving:
        return None
    return MissingIndex(
        table=scan.table,
        columns=columns,
        statement=_statement(scan.table, terms),
        rows=table.rows,
        kept=kept,
        why=why,
        unused=[index.name for index in known if not index.is_rule and not index.scans],
    )


def _statement(table: str, terms: list[Term]) -> str:
    quote = connection.ops.quote_name
    listed = ", ".join(quote(term.column) + term.order for term in terms)
    words = re.sub(r"\W+", "_", "_".join(term.column + term.order for term in terms)).lower()
    name = f"{table}_{words}"[:59] + "_idx"
    return f"CREATE INDEX CONCURRENTLY {quote(name)} ON {quote(table)} ({listed})"
