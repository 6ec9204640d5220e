"""Settings under which who gives a connection back may take it again before who waits for it."""

from sqlalchemy.util.queue import Queue

from fynlo.pool.elastic import ElasticPool
from fynlo.settings.development import *  # noqa: F403


class Barging(Queue):  # type: ignore[type-arg]
    waiting = 0


ElasticPool._queue_class = Barging  # type: ignore[assignment]
