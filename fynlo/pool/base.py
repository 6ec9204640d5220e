"""The database engine `fynlo.pool`: Django's own for PostgreSQL, on borrowed connections.

A connection is lent when the first statement of a request, task or command needs it, and goes
back when Django closes it: with `CONN_MAX_AGE` 0 at the end of the request.
"""

from typing import Any

from django.conf import settings
from django.db import InterfaceError, OperationalError
from django.db.backends.base.base import NO_DB_ALIAS
from django.db.backends.postgresql import base
from django.db.backends.postgresql.psycopg_any import IsolationLevel
from django.utils.asyncio import async_unsafe
from django.utils.module_loading import import_string
from sqlalchemy.pool import PoolProxiedConnection

from fynlo.pool.elastic import ElasticPool
from fynlo.pool.limits import Limits
from fynlo.pool.pools import close_pool, pool_of


class DatabaseWrapper(base.DatabaseWrapper):
    """`POOL` beside `NAME` in the settings has the fields of Limits."""

    _loan: PoolProxiedConnection | None = None
    _lender: ElasticPool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        # By name, for what measures is above everything that is measured.
        self.execute_wrappers += [import_string(name) for name in settings.STATEMENT_WATCHERS]

    @async_unsafe
    def get_new_connection(self, conn_params: dict[str, Any]) -> Any:
        if self.alias == NO_DB_ALIAS:
            return super().get_new_connection(conn_params)
        self.isolation_level = IsolationLevel.READ_COMMITTED
        self._lender = pool_of(conn_params, Limits(**self.settings_dict.get("POOL", {})))
        self._loan = self._lender.borrow()
        return self._loan.dbapi_connection

    def _commit(self) -> None:
        try:
            super()._commit()  # type: ignore[misc]  # django-stubs do not know it
        except (InterfaceError, OperationalError):
            import_string(settings.COMMIT_DOUBTER)()
            raise

    def _close(self) -> None:
        loan, self._loan = self._loan, None
        if loan is None:
            super()._close()  # type: ignore[misc]  # nor this
            return
        is_broken = self.connection is None or self.connection.closed
        with self.wrap_database_errors:
            # Django goes on to use what was closed inside a transaction: nobody else may.
            if self.in_atomic_block or is_broken:
                self._lender.discard(loan)
            else:
                self._lender.give_back(loan)

    def close_pool(self) -> None:
        """Before the database is dropped or copied."""
        close_pool(self.get_connection_params())
