"""The cache of restaurants where somebody works: filled at start, kept warm by Celery beat."""

import logging
from datetime import datetime

from fynlo.accounts.selectors import restaurants_at_work
from fynlo.cache.warming import ahead, warm
from fynlo.clock import utc_now
from fynlo.parallel import run_parallel

logger = logging.getLogger(__name__)
AT_MOST = 500
_WORKERS = 4


def warm_restaurants_at_work(*, now: datetime) -> int:
    """Those signed in to last come first, AT_MOST of them; how many."""
    found = restaurants_at_work(now=now, limit=AT_MOST)
    report = run_parallel(warm, found, workers=_WORKERS)
    for failure in report.failures:
        logger.warning("cache not warmed for %s: %r", found[failure.index], failure.error)
    logger.info("cache warmed for %s restaurants", len(found))
    return len(found)


def warm_at_start() -> None:
    """In the background: the process serves meanwhile."""
    ahead("warm at start", lambda: warm_restaurants_at_work(now=utc_now()))
