"""Reading a body: JSON in UTF-8, of bounded size and depth, nothing else."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from fynlo.api.errors import BodyTooLarge, Malformed

MAX_NESTING = 20


class StrictJSONParser(BaseParser):
    """`view.body_limit` (bytes) may raise the limit for one endpoint."""

    media_type = "application/json"

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        view = (parser_context or {}).get("view")
        limit = getattr(view, "body_limit", settings.BODY_LIMIT)
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise BodyTooLarge
        return read_json(raw)


def read_json(raw: bytes) -> Any:
    """Raises Malformed when it is not JSON, or nested deeper than `MAX_NESTING`."""
    try:
        value = orjson.loads(raw or b"{}")
    except orjson.JSONDecodeError as error:
        raise Malformed(f"The body is not JSON: {error}.") from error
    _check_depth(value)
    return value


def _check_depth(value: Any) -> None:
    layer, depth = [value], 0
    while layer:
        depth += 1
        if depth > MAX_NESTING:
            raise Malformed(f"The body is nested deeper than {MAX_NESTING} levels.")
        containers = [item for item in layer if isinstance(item, dict | list)]
        layer = [
            inner
            for item in containers
            for inner in (item.values() if isinstance(item, dict) else item)
        ]
        layer = [inner for inner in layer if isinstance(inner, dict | list)]


def canonical(value: Any) -> bytes:
    """JSON with sorted keys and no spaces: equal values are equal bytes."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
