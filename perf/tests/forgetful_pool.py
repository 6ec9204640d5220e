"""Settings under which every fortieth connection is not given back."""

from itertools import count
from typing import Any

from fynlo.pool.elastic import ElasticPool
from fynlo.settings.development import *  # noqa: F403

_gives_back = ElasticPool.give_back
_number = count(1)
_kept: list[Any] = []


def _gives_most_back(pool: ElasticPool, loan: Any) -> None:
    if next(_number) % 40:
        _gives_back(pool, loan)
    else:
        _kept.append(loan)


ElasticPool.give_back = _gives_most_back  # type: ignore[method-assign, assignment]
