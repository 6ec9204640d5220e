"""Work that nobody waits for, in a thread that lives as long as it takes."""

import logging
from collections.abc import Callable
from threading import Lock, Thread

from django.db import Error, connections
from redis import RedisError

logger = logging.getLogger(__name__)
_under_way: set[str] = set()
_lock = Lock()


def soon(name: str, work: Callable[[], object]) -> None:
    """Once, however many ask for it while it is under way."""
    with _lock:
        if name in _under_way:
            return
        _under_way.add(name)
    Thread(target=_run, args=(name, work), name=f"cache {name}", daemon=True).start()


def _run(name: str, work: Callable[[], object]) -> None:
    try:
        work()
    except (Error, RedisError) as error:
        logger.warning("not prepared in the background: %s: %s", name, error)
    except Exception:
        # Nobody waits for it, so nobody else would say what broke.
        logger.exception("not prepared in the background: %s", name)
    finally:
        with _lock:
            _under_way.discard(name)
        connections.close_all()
