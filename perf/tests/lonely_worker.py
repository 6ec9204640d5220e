"""Settings under which nothing is done at the same time."""

from fynlo import parallel
from fynlo.settings.development import *  # noqa: F403


def _one(strategy: parallel.Strategy) -> int:
    return 1


parallel._workers = _one
