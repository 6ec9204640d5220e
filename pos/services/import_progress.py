"""How far an import is while the transaction that does it is still open.

Nothing of it can be written to the import's row, which that transaction holds, nor numbered in
the log before it commits. So Redis alone carries it: a value for whoever asks, and a message to
the sockets that are open. Without Redis the row's own steps are all there is.
"""

import logging
from typing import Any, cast
from uuid import UUID

import orjson
from redis import RedisError

from fynlo.events.nudge import publish_passing
from fynlo.redis import asking
from pos.documents import IMPORT
from pos.services.shares_done import Tell

logger = logging.getLogger(__name__)
STEP = 5
KEPT_S = 300


def teller(*, restaurant_id: UUID, import_id: UUID, first: int, last: int) -> Tell:
    """Tells from `first` to `last` percent, every STEP; at once that it is at `first`."""
    told = first - STEP

    def tell(share: float) -> None:
        nonlocal told
        percent = int(first + (last - first) * share)
        if percent >= told + STEP:
            told = percent
            _tell(restaurant_id, import_id, percent)

    tell(0)
    return tell


def _tell(restaurant_id: UUID, import_id: UUID, percent: int) -> None:
    said = {"type": "progress", "entity": IMPORT.name, "id": import_id, "progress": percent}
    try:
        with asking() as redis:
            redis.set(_key(import_id), percent, ex=KEPT_S)
    except RedisError as error:
        logger.warning("progress not told: %s", error)
    publish_passing(
        restaurant_id=restaurant_id, stream=IMPORT.stream, text=orjson.dumps(said).decode()
    )


def with_progress(import_id: UUID, document: dict[str, Any]) -> dict[str, Any]:
    """The document of a running import as far as it really is."""
    try:
        with asking() as redis:
            percent = int(cast("bytes", redis.get(_key(import_id)) or b"0"))
    except RedisError:
        return document
    return {**document, "progress": max(document["progress"], percent)}


def _key(import_id: UUID) -> str:
    return f"import-progress:{import_id}"
