"""By what a till and the server can tell that they hold the same, and where they do not."""

from datetime import datetime
from uuid import UUID

from django.db import connection

from syncing.selectors.pulling import BUCKETS
from syncing.selectors.snapshot import ENTITIES

_SQL = f"""
SELECT get_byte(uuid_send(id), 15) %% {BUCKETS} AS bucket, count(*),
    md5(string_agg(id::text || ':' || version, ',' ORDER BY id))
FROM ({{rows}}) held(id, version) GROUP BY bucket ORDER BY bucket
"""  # noqa: S608


def checksums(restaurant_id: UUID, name: str, *, now: datetime) -> list[dict[str, object]]:
    """One row for each bucket that holds anything.

    The bucket is the last byte of the id modulo 32; `md5` is that of `id:version` of all of its
    rows, ordered by id and joined by commas.
    """
    rows = ENTITIES[name].rows(restaurant_id, now).order_by().values_list("pk", "version")
    sql, parameters = rows.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(rows=sql), parameters)
        return [
            {"bucket": bucket, "count": count, "md5": digest}
            for bucket, count, digest in cursor.fetchall()
        ]
