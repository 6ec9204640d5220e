"""What PostgreSQL says of itself."""

from typing import Any

from django.db import connection

_SQL = """
    SELECT
        (SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()),
        (SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND state = 'active'),
        (SELECT count(*) FROM pg_stat_activity
            WHERE datname = current_database() AND wait_event_type = 'Lock'),
        current_setting('max_connections')::int,
        coalesce((SELECT extract(epoch FROM now() - min(xact_start)) FROM pg_stat_activity
            WHERE datname = current_database() AND xact_start IS NOT NULL), 0)::float,
        blks_hit, blks_read, deadlocks, xact_commit, xact_rollback,
        pg_database_size(current_database())
    FROM pg_stat_database WHERE datname = current_database()
"""


def database_figures() -> dict[str, Any]:
    """Connections of everybody, locks waited for, seconds of the oldest transaction, the share of
    pages found in memory, bytes. Counts are since its statistics began."""
    with connection.cursor() as cursor:
        cursor.execute(_SQL)
        row = cursor.fetchone()
    hit, read = row[5], row[6]
    return {
        "connections": row[0],
        "active": row[1],
        "waiting_for_locks": row[2],
        "connections_limit": row[3],
        "oldest_transaction_s": round(row[4], 1),
        "memory_hit_rate": round(hit / (hit + read), 4) if hit + read else None,
        "deadlocks": row[7],
        "commits": row[8],
        "rollbacks": row[9],
        "bytes": row[10],
    }
