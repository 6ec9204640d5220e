"""The few threads that touch the database, so that a thousand sockets hold four connections.

Each kind of work has its own, so that a burst of reconnecting clients does not hold up live
events, and a ticket that waits for a lock holds up neither.
"""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from channels.db import database_sync_to_async
from django.db import InterfaceError, OperationalError

R = TypeVar("R")
logger = logging.getLogger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError)
RETRY_S = 1.0

LIVE = ThreadPoolExecutor(1, "realtime-live")
CLIENTS = ThreadPoolExecutor(2, "realtime-clients")
ACKS = ThreadPoolExecutor(1, "realtime-acks")


async def run(pool: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    """Raises what `work` raises."""
    answer: R = await database_sync_to_async(work, thread_sensitive=False, executor=pool)()
    return answer


async def run_until_answered(pool: ThreadPoolExecutor, work: Callable[[], R]) -> R:
    """Waits as long as PostgreSQL is away."""
    return await until_answered(lambda: run(pool, work))


async def until_answered(ask: Callable[[], Awaitable[R]]) -> R:
    """Asks again as long as PostgreSQL is away."""
    while True:
        try:
            return await ask()
        except DATABASE_AWAY as error:
            logger.warning("the event log cannot be read, sockets wait: %s", error)
            await asyncio.sleep(RETRY_S)
