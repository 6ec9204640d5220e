"""Lists, searches and the expansion of ids into objects."""

import re
from collections.abc import Iterable
from typing import Any

from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.refusals import Answer, Json, invalid
from payments.sandbox.stripe.store import Filter, inside

HIDDEN = ("number", "card_number", "pk")
_QUERY = re.compile(r"""metadata\[['"](\w+)['"]\]\s*:\s*['"]([^'"]*)['"]""")
_COMPARED = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}


def listed(books: Books, kind: str, path: str, params: Json) -> Answer:
    """A page, newest first. Every other parameter is an equality."""
    limit = _limit(params)
    rows = books.store.newest(
        books.account,
        kind,
        *_between(params.get("created", {})),
        *_equal(params),
        limit=limit + 1,
        after=params.get("starting_after", ""),
    )
    return Answer(
        200,
        {"object": "list", "url": path, "has_more": len(rows) > limit, "data": rows[:limit]},
    )


def _limit(params: Json) -> int:
    limit: int = params.get("limit", 10)
    if not 1 <= limit <= 100:
        raise invalid("Invalid integer: limit must be 1 to 100", param="limit")
    return limit


def _between(created: dict[str, int]) -> Iterable[Filter]:
    return [(f"created {_COMPARED[name]} ?", value) for name, value in created.items()]


def _equal(params: Json) -> Iterable[Filter]:
    names = params.keys() & {"payment_intent", "charge", "type", "source", "currency"}
    return [inside(name, params[name]) for name in names]


def searched(books: Books, kind: str, path: str, params: Json) -> Answer:
    """`metadata['a']:'b'` and no more of Stripe's query language; as there, it may lag behind."""
    asked = _QUERY.fullmatch(params.get("query", "").strip())
    if asked is None:
        raise invalid("We were unable to parse your search query.", param="query")
    lags = books.scenarios.of_search()
    rows = books.store.newest(
        books.account, kind, inside(f"metadata.{asked[1]}", asked[2]), limit=_limit(params)
    )
    found = {"object": "search_result", "url": path, "has_more": False, "next_page": None}
    return Answer(200, {**found, "data": [] if lags else rows})


def expanded(books: Books, body: Json, paths: Iterable[str]) -> Json:
    """Raises Refused for a path that names no id."""
    for path in paths:
        _expand(books, body, path.split("."), path)
    return without_hidden(body)


def _expand(books: Books, body: Json, parts: list[str], path: str) -> None:
    head, rest = parts[0], parts[1:]
    if head == "data" and isinstance(body.get("data"), list):
        for row in body["data"]:
            _expand(books, row, rest, path)
        return
    if head not in body:
        raise invalid(f"This property cannot be expanded ({path}).", param="expand")
    value = body[head]
    if isinstance(value, str):
        value = books.store.anything(books.account, value)
        body[head] = value
    if rest and isinstance(value, dict):
        _expand(books, value, rest, path)


def without_hidden(body: Json) -> Json:
    """What the stand-in knows of a card and never says."""
    return {name: _shown(value) for name, value in body.items() if name not in HIDDEN}


def _shown(value: Any) -> Any:
    if isinstance(value, dict):
        return without_hidden(value)
    return [_shown(row) for row in value] if isinstance(value, list) else value
