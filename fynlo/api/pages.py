"""Lists in pages: an opaque cursor over a stable order that ends in the primary key."""

import base64
import hashlib
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import ValidationError
from django.db.models import F, Q, QuerySet, TextField
from django.db.models.functions import Cast, JSONObject
from rest_framework import serializers

from fynlo.api.inputs import Input, Text
from fynlo.cache.namespaces import MIB, Namespace
from fynlo.documents import Document, json_list
from fynlo.errors import DomainError

DEFAULT_LIMIT = 50
MAX_LIMIT = 200
ETAG_LENGTH = 34
PAGES = Namespace("pages", ttl=60, room=16 * MIB)


class CursorInvalid(DomainError):
    code = "cursor_invalid"
    status = 400
    message = "This cursor does not belong to this list. Start again without it."


class PageQuery(Input):
    """What every list takes; a list adds its filters by inheriting."""

    limit = serializers.IntegerField(default=DEFAULT_LIMIT, min_value=1, max_value=MAX_LIMIT)
    cursor = Text(required=False, max_length=500)


@dataclass(frozen=True, slots=True)
class Page:
    limit: int
    cursor: str | None


def page_of(rows: QuerySet[Any], *, document: Document, order: tuple[str, ...], page: Page) -> str:
    """`{"results": […], "next": …}` as JSON text, in one statement.

    `order` names fields, `-` for descending, all in the same direction and not null.
    Raises CursorInvalid.
    """
    names = [name.lstrip("-") for name in order]
    if page.cursor:
        rows = _continued(rows, names, descending=order[0][0] == "-", cursor=page.cursor)
    keys = Cast(JSONObject(**{name: F(name) for name in names}), TextField())
    found = list(
        document.annotated(rows.order_by(*order))
        .annotate(page_keys=keys)
        .values_list("document", "page_keys")[: page.limit + 1]
    )
    more = len(found) > page.limit
    found = found[: page.limit]
    last = orjson.loads(found[-1][1]) if more else {}
    cursor = encode_cursor([last[name] for name in names]) if more else None
    results = json_list(text for text, _ in found)
    return f'{{"results":{results},"next":{orjson.dumps(cursor).decode()}}}'


def tagged(text: str) -> bytes:
    """The ETag, ETAG_LENGTH bytes with its quotes, and the text."""
    body = text.encode()
    return b'"%s"' % hashlib.blake2b(body, digest_size=16).hexdigest().encode() + body


def encode_cursor(values: list[Any]) -> str:
    """The place of a row in a list, as clients send it back."""
    return base64.urlsafe_b64encode(orjson.dumps(values)).decode().rstrip("=")


def decode_cursor(cursor: str, count: int) -> list[Any]:
    """The `count` values of a place. Raises CursorInvalid."""
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        values = orjson.loads(base64.urlsafe_b64decode(padded))
    except ValueError as error:
        raise CursorInvalid from error
    if not isinstance(values, list) or len(values) != count:
        raise CursorInvalid
    if any("\0" in value for value in values if isinstance(value, str)):
        raise CursorInvalid
    return values


def _continued(
    rows: QuerySet[Any], names: list[str], *, descending: bool, cursor: str
) -> QuerySet[Any]:
    try:
        return rows.filter(_after(names, descending=descending, cursor=cursor))
    except (TypeError, ValueError, ValidationError) as error:
        raise CursorInvalid from error


def _after(names: list[str], *, descending: bool, cursor: str) -> Q:
    values = decode_cursor(cursor, len(names))
    comparison = "lt" if descending else "gt"
    condition, equal = Q(), Q()
    for name, value in zip(names, values, strict=True):
        condition |= equal & Q(**{f"{name}__{comparison}": value})
        equal &= Q(**{name: value})
    return condition
