"""How PostgreSQL would do a statement, asked afterwards and without its values.

`EXPLAIN (GENERIC_PLAN)` takes a pattern as it is kept. Nothing is ever executed: there is no
ANALYZE here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.db import DatabaseError, connection, transaction

MOST_GUESSES = 80
_UNTYPED = re.compile(r"could not determine data type of parameter (\$\d+)")
EXPLAINED = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}


@dataclass(frozen=True, slots=True)
class SeqScan:
    """`filter` is what rows are looked at for, as PostgreSQL writes it; `rows` of them are
    expected to pass it."""

    table: str
    filter: str
    rows: int


@dataclass(frozen=True, slots=True)
class Plan:
    """`cost` in PostgreSQL's own units (a page read in sequence is 1); `lines` are the nodes,
    indented."""

    cost: float
    lines: list[str]
    seq_scans: list[SeqScan] = field(default_factory=list)


def explain(text: str) -> Plan | None:
    """The plan of a pattern; none where PostgreSQL cannot tell without its values."""
    for _ in range(MOST_GUESSES):
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (GENERIC_PLAN, FORMAT JSON) {text}")
                (answer,) = cursor.fetchone()
            return _read(answer if isinstance(answer, list) else orjson.loads(answer))
        except DatabaseError as error:
            untyped = _UNTYPED.search(str(error))
            if untyped is None:
                return None
            text = re.sub(rf"{re.escape(untyped[1])}(?!\d)", f"{untyped[1]}::text", text)
    return None


def _read(answer: list[dict[str, Any]]) -> Plan:
    root = answer[0]["Plan"]
    nodes = list(_nodes(root, 0))
    return Plan(
        cost=root["Total Cost"],
        lines=[_line(node, depth) for node, depth in nodes],
        seq_scans=[
            SeqScan(node["Relation Name"], node.get("Filter", ""), node["Plan Rows"])
            for node, _ in nodes
            if node["Node Type"] == "Seq Scan"
        ],
    )


def _nodes(node: dict[str, Any], depth: int) -> Iterator[tuple[dict[str, Any], int]]:
    yield node, depth
    for child in node.get("Plans", ()):
        yield from _nodes(child, depth + 1)


def _line(node: dict[str, Any], depth: int) -> str:
    where = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    index = f" using {node['Index Name']}" if "Index Name" in node else ""
    rule = node.get("Index Cond") or node.get("Filter") or node.get("Hash Cond") or ""
    said = f"{node['Node Type']}{where}{index}: cost {node['Total Cost']}, {node['Plan Rows']} rows"
    return "  " * depth + said + (f", {rule}" if rule else "")
