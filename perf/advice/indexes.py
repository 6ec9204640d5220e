"""The indexes that are there, and which of them nobody uses."""

from dataclasses import dataclass

from django.db import connection

from perf.advice.conditions import Term

# Smaller tables are read at once.
LEAST_ROWS = 1000
_INDEXES = """
    SELECT pg_index.indexrelid::regclass::text, pg_index.indrelid::regclass::text,
        array(
            SELECT coalesce(attname::text, pg_get_indexdef(pg_index.indexrelid, place::int, true))
            FROM unnest(indkey) WITH ORDINALITY AS key(number, place)
            LEFT JOIN pg_attribute ON attrelid = indrelid AND attnum = key.number
            WHERE place <= indnkeyatts ORDER BY place
        ),
        CASE WHEN amname = 'btree' THEN array(SELECT unnest(indoption)) ELSE '{}' END,
        indisunique OR indisprimary OR indisexclusion, indpred IS NOT NULL,
        coalesce(idx_scan, 0), pg_relation_size(pg_index.indexrelid), pg_class.reltuples::bigint
    FROM pg_index
    JOIN pg_class ON pg_class.oid = indrelid
    JOIN pg_class AS itself ON itself.oid = pg_index.indexrelid
    JOIN pg_am ON pg_am.oid = itself.relam
    JOIN pg_stat_user_indexes USING (indexrelid)
    WHERE indisvalid AND (%s::text IS NULL OR indrelid = to_regclass(%s))
    ORDER BY 1
"""
_DESCENDING, _NULLS_FIRST = 1, 2


@dataclass(frozen=True, slots=True)
class Index:
    """`sorting`: PostgreSQL's flags of each column; none where an index is in no order. `is_rule`:
    it holds a constraint, and so is used by every write. `is_partial`: it has some of the rows.
    `bytes` on disk; `rows` of its table."""

    name: str
    table: str
    columns: list[str]
    sorting: list[int]
    is_rule: bool
    is_partial: bool
    scans: int
    bytes: int
    rows: int

    def serves(self, free: list[str], order: list[Term]) -> bool:
        """Whether it begins with the columns that are `free` to come in any order, and goes on
        with `order`, as it is or backwards."""
        if set(self.columns[: len(free)]) != set(free):
            return False
        goes_on = self._terms()[len(free) :][: len(order)]
        return goes_on in (order, [term.reversed for term in order])

    def _terms(self) -> list[Term]:
        return [
            Term(column, bool(flags & _DESCENDING), bool(flags & _NULLS_FIRST))
            for column, flags in zip(self.columns, self.sorting, strict=False)
        ]


def unused_indexes() -> list[Index]:
    """Of larger tables: never read since the statistics began, and no constraint's."""
    return [i for i in indexes_of(None) if not i.is_rule and not i.scans and i.rows >= LEAST_ROWS]


def indexes_of(table: str | None) -> list[Index]:
    """Of one table, or of all."""
    with connection.cursor() as cursor:
        cursor.execute(_INDEXES, [table, table])
        return [Index(*row) for row in cursor.fetchall()]
