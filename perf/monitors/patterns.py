"""Statements that differ in nothing but their values are one pattern."""

import re
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import count

from pglast import parser

KEPT = 1024
LONGEST = 20_000
# What psycopg2 fills in: %s, %(name)s; and %% for a per cent sign.
_PLACE = re.compile(r"%(?:\(\w+\)s|s|(%))")
_VERB = re.compile(
    r"(select|insert|update|delete|with|copy|savepoint|release|rollback|set)\b", re.I
)


@dataclass(frozen=True, slots=True)
class Pattern:
    """`text` has `$1`, `$2`, … for every value, literals in the SQL text among them. `verb` is
    SELECT, INSERT, …"""

    fingerprint: str
    text: str
    verb: str


@lru_cache(maxsize=KEPT)
def pattern_of(sql: str) -> Pattern:
    """The pattern of a statement as Django hands it to psycopg2. The values are not looked at.

    What PostgreSQL's own parser does not understand is known by its verb alone: nothing of
    its text is kept.
    """
    verb = first_word(sql)
    try:
        numbers = count(1)
        plain = _PLACE.sub(lambda found: "%" if found[1] else f"${next(numbers)}", sql)
        text = parser.normalize(plain)
        return Pattern(parser.fingerprint(plain), text[:LONGEST], verb)
    except parser.ParseError:
        return Pattern(blake2b(verb.encode(), digest_size=8).hexdigest(), f"{verb} …", verb)


def first_word(sql: str) -> str:
    """In capitals; OTHER when it is none of those that Fynlo uses."""
    found = _VERB.search(sql)
    return found[0].upper() if found else "OTHER"
