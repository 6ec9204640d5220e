"""The pools of this process: one for each set of connection parameters."""

import os
from collections.abc import Mapping
from functools import partial
from threading import Lock
from typing import Any

import psycopg2
from psycopg2.extras import register_default_jsonb

from fynlo.pool.elastic import ElasticPool
from fynlo.pool.keeper import Keeper
from fynlo.pool.limits import Limits

_pools: dict[tuple[tuple[str, Any], ...], ElasticPool] = {}
_inherited: list[ElasticPool] = []
_lock = Lock()


def pool_of(parameters: Mapping[str, Any], limits: Limits) -> ElasticPool:
    """`limits` count when the pool is made."""
    key = tuple(parameters.items())
    found = _pools.get(key)
    if found is not None:
        return found
    with _lock:
        if key not in _pools:
            _pools[key] = ElasticPool(partial(_connect, dict(parameters)), limits)
            Keeper(_pools[key])
        return _pools[key]


def close_pool(parameters: Mapping[str, Any]) -> None:
    with _lock:
        found = _pools.pop(tuple(parameters.items()), None)
    if found:
        found.close()


def all_pools() -> list[ElasticPool]:
    with _lock:
        return list(_pools.values())


def _connect(parameters: dict[str, Any]) -> Any:
    connection = psycopg2.connect(**parameters)
    # As Django does: a JSONField decodes by itself.
    register_default_jsonb(conn_or_curs=connection, loads=lambda text: text)
    return connection


def _begin_anew() -> None:
    global _lock  # noqa: PLW0603
    _lock = Lock()
    for pool in _pools.values():
        pool.leave_to_parent()
    _inherited.extend(_pools.values())
    _pools.clear()


os.register_at_fork(after_in_child=_begin_anew)
