"""How PostgreSQL would do a statement, asked afterwards and without its values.

`EXPLAIN (GENERIC_PLAN)` takes a pattern as it is kept. Nothing is ever executed: there is no
ANALYZE here.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, TypeAlias

import orjson
from django.db import DatabaseError, connection, transaction

MOST_GUESSES = 80
_UNTYPED = re.compile(r"could not determine data type of parameter (\$\d+)")
# What a pattern has values for and PostgreSQL needs more than a value.
_REWRITTEN = (
    # Without a number it expects a tenth of all rows to be wanted, which no page is.
    (re.compile(r"\bLIMIT \$\d+"), "LIMIT 50"),
    # A field is a word of the language. Any will do.
    (re.compile(r"\bextract\(\$\d+ FROM\b", re.I), "extract(epoch FROM"),
    # Behind its type only a literal can stand.
    (re.compile(r"\b(interval|date|time|timestamp|timestamptz) (\$\d+)", re.I), r"\2::\1"),
)
EXPLAINED = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}
# What hands on the rows of a table as they are.
_HANDS_ON = {"Gather", "Gather Merge", "Hash", "LockRows", "Materialize", "Memoize", "Result"}
_JOINS = {"Hash Join": "Hash Cond", "Merge Join": "Merge Cond", "Nested Loop": "Join Filter"}
# The side of a join whose rows need not all be seen; of others it is either.
_PICKED_SIDE = {
    "Left": "Inner",
    "Anti": "Inner",
    "Right": "Outer",
    "Right Anti": "Outer",
    "Full": "neither",
}
Node: TypeAlias = dict[str, Any]


@dataclass(frozen=True, slots=True)
class SeqScan:
    """`filter` is what rows are looked at for, as PostgreSQL writes it; `rows` of them are
    expected to pass it, for `cost`.

    All of these are sorted by `order` for the first `limit`. Or joined on `join` with `beside`
    rows of something else, which makes `joined` rows.
    """

    table: str
    alias: str
    filter: str
    rows: int
    cost: float
    order: list[str] = field(default_factory=list)
    limit: int = 0
    join: str = ""
    beside: int = 0
    joined: int = 0


@dataclass(frozen=True, slots=True)
class Plan:
    """`cost` in PostgreSQL's own units (a page read in sequence is 1); `lines` are the nodes,
    indented."""

    cost: float
    lines: list[str]
    seq_scans: list[SeqScan] = field(default_factory=list)


def explain(text: str) -> Plan | None:
    """The plan of a pattern; none where PostgreSQL cannot tell without its values. Where it has a
    LIMIT, that of a page of fifty."""
    for pattern, plannable in _REWRITTEN:
        text = pattern.sub(plannable, text)
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


def _read(answer: list[Node]) -> Plan:
    root = answer[0]["Plan"]
    paths = list(_paths([root]))
    return Plan(
        cost=root["Total Cost"],
        lines=[_line(path[-1], len(path) - 1) for path in paths],
        seq_scans=[_seq_scan(path) for path in paths if path[-1]["Node Type"] == "Seq Scan"],
    )


def _paths(path: list[Node]) -> Iterator[list[Node]]:
    """Every node, behind those that are above it."""
    yield path
    for child in path[-1].get("Plans", ()):
        yield from _paths([*path, child])


def _line(node: Node, depth: int) -> str:
    where = f" on {node['Relation Name']}" if "Relation Name" in node else ""
    index = f" using {node['Index Name']}" if "Index Name" in node else ""
    rule = node.get("Index Cond") or node.get("Filter") or node.get("Hash Cond") or ""
    said = f"{node['Node Type']}{where}{index}: cost {node['Total Cost']}, {node['Plan Rows']} rows"
    return "  " * depth + said + (f", {rule}" if rule else "")


def _seq_scan(path: list[Node]) -> SeqScan:
    node = path[-1]
    return SeqScan(
        table=node["Relation Name"],
        alias=node["Alias"],
        filter=node.get("Filter", ""),
        rows=node["Plan Rows"],
        cost=node["Total Cost"],
        **_sorted_above(path),
        **_joined_above(path),
    )


def _takers(path: list[Node], *, also: str = "") -> Iterator[tuple[Node, Node]]:
    """Who takes the rows of the last node, each with what is beneath it on the way. A subplan's
    are taken by nobody."""
    for above, beneath in zip(path[-2::-1], path[:0:-1], strict=True):
        if beneath.get("Parent Relationship") in {"SubPlan", "InitPlan"}:
            return
        if above["Node Type"] not in _HANDS_ON | {also}:
            yield above, beneath


def _sorted_above(path: list[Node]) -> dict[str, Any]:
    taking = [above for above, _ in _takers(path)][:2]
    if [node["Node Type"] for node in taking] != ["Sort", "Limit"]:
        return {}
    return {"order": taking[0]["Sort Key"], "limit": taking[1]["Plan Rows"]}


def _joined_above(path: list[Node]) -> dict[str, Any]:
    join, beneath = next(_takers(path, also="Sort"), ({}, {}))
    condition = join.get(_JOINS.get(join.get("Node Type", ""), ""), "")
    side = beneath.get("Parent Relationship")
    if not condition or _PICKED_SIDE.get(join["Join Type"], side) != side:
        return {}
    sides = {child["Parent Relationship"]: child["Plan Rows"] for child in join["Plans"]}
    beside = sides["Outer" if side == "Inner" else "Inner"]
    return {"join": condition, "beside": beside, "joined": join["Plan Rows"]}
