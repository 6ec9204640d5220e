"""What a plan says of a table's columns: compared, joined, sorted by. PostgreSQL's own parser reads
it."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pglast import ast, parser
from pglast.enums import A_Expr_Kind, BoolExprType, SortByDir, SortByNulls

_RANGES = {"<", ">", "<=", ">="}
_FLIPPED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "="}


class Term(NamedTuple):
    """A column and how it is sorted."""

    column: str
    is_descending: bool = False
    is_nulls_first: bool = False

    @property
    def order(self) -> str:
        """As it is written behind the column; empty for the usual one."""
        if self.is_descending:
            return " DESC" if self.is_nulls_first else " DESC NULLS LAST"
        return " NULLS FIRST" if self.is_nulls_first else ""

    @property
    def reversed(self) -> "Term":
        """As an index that is read backwards has it."""
        return Term(self.column, not self.is_descending, not self.is_nulls_first)


@dataclass(frozen=True, slots=True)
class Conditions:
    """Columns of one table that must equal one thing, one of several, or are compared with
    something."""

    equal: set[str] = field(default_factory=set)
    any_of: set[str] = field(default_factory=set)
    ranges: set[str] = field(default_factory=set)


def conditions_on(alias: str, text: str) -> Conditions:
    """Of what must all be so. Columns of other tables count as given: PostgreSQL knows them by
    the time it looks."""
    found = Conditions()
    for part in _parts(_parsed(f"SELECT WHERE {text}", "whereClause")) if text else ():
        column, operator = _comparison(part, alias)
        if operator == "=":
            several = part.kind == A_Expr_Kind.AEXPR_OP_ANY
            (found.any_of if several else found.equal).add(column)
        elif operator in _RANGES:
            found.ranges.add(column)
    return found


def terms_of(alias: str, keys: list[str]) -> list[Term] | None:
    """What is sorted by, when it is nothing but columns of that table."""
    parsed = _parsed(f"SELECT ORDER BY {', '.join(keys)}", "sortClause") or ()
    terms = [_term(key, alias) for key in parsed]
    found = [term for term in terms if term]
    return found if found and len(found) == len(terms) else None


def _term(key: Any, alias: str) -> Term | None:
    column = _column(key.node, alias)
    if not column or key.useOp:
        return None
    is_descending = key.sortby_dir == SortByDir.SORTBY_DESC
    if key.sortby_nulls == SortByNulls.SORTBY_NULLS_DEFAULT:
        return Term(column, is_descending, is_descending)
    return Term(column, is_descending, key.sortby_nulls == SortByNulls.SORTBY_NULLS_FIRST)


def _parsed(text: str, clause: str) -> Any:
    try:
        statements: Any = parser.parse_sql(text)
    except parser.ParseError:  # PostgreSQL writes of subplans what it does not read
        return None
    return getattr(statements[0].stmt, clause)


def _parts(node: Any) -> Iterator[Any]:
    """What must all be so."""
    if type(node) is ast.BoolExpr and node.boolop == BoolExprType.AND_EXPR:
        for part in node.args or ():
            yield from _parts(part)
    elif node is not None:
        yield node


def _comparison(part: Any, alias: str) -> tuple[str, str]:
    """A column and how it is compared with what is none of that table; empty for anything else."""
    kinds = (A_Expr_Kind.AEXPR_OP, A_Expr_Kind.AEXPR_OP_ANY)
    if not isinstance(part, ast.A_Expr) or part.kind not in kinds:
        return "", ""
    names: Any = part.name
    operator = str(names[0].sval)
    left, right = _column(part.lexpr, alias), _column(part.rexpr, alias)
    if left and not right:
        return left, operator
    if right and not left and operator in _FLIPPED:
        return right, _FLIPPED[operator]
    return "", ""


def _column(node: Any, alias: str) -> str:
    """The name, also of one that is read as text; empty for anything else, and for a column of
    another table. Where there is but one table PostgreSQL leaves its alias out."""
    kind: Any = getattr(node, "typeName", None)
    if isinstance(node, ast.TypeCast) and kind.names[-1].sval == "text":
        node = node.arg
    if not isinstance(node, ast.ColumnRef):
        return ""
    fields: Any = node.fields
    *of, name = [str(getattr(field, "sval", "*")) for field in fields]
    return name if of in ([], [alias]) else ""
