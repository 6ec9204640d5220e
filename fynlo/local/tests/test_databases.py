import subprocess
import sys
from pathlib import Path

from fynlo.local.tests.stacks import finish

CONNECT = """
import os, signal, subprocess, sys, time
from pathlib import Path
import psycopg2, redis
def query(sql):
    connection = psycopg2.connect(os.environ["DATABASE_URL"], connect_timeout=2)
    connection.autocommit = True
    cursor = connection.cursor()
    cursor.execute(sql)
    return cursor.fetchone() if cursor.description else None
def eventually(ask, errors):
    deadline = time.monotonic() + 20
    while True:
        try:
            return ask()
        except errors:
            assert time.monotonic() < deadline
cache = redis.Redis.from_url(os.environ["REDIS_URL"])
"""


def run_beside_databases(
    state: Path, script: str, *options: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    command = [*options, "--", sys.executable, "-c", CONNECT + script]
    result = finish(state, "exec", *command, **variables)
    assert result.returncode == 0, result.stderr
    return result


def test_a_second_start_loses_nothing(state: Path) -> None:
    run_beside_databases(state, "query('CREATE TABLE kept ()'); cache.set('kept', 'yes')")
    run_beside_databases(
        state, "query('SELECT count(*) FROM kept'); assert cache.get('kept') == b'yes'"
    )


def test_commits_survive_a_power_cut_unless_the_database_is_thrown_away(state: Path) -> None:
    script = "print('fsync', query('SHOW fsync')[0])"
    assert "fsync on" in run_beside_databases(state, script).stdout
    assert "fsync off" in run_beside_databases(state, script, "--throw-away").stdout


def test_postgresql_is_18_in_utf8_and_listens_on_loopback_alone(state: Path) -> None:
    script = (
        "names = ('server_version', 'server_encoding', 'listen_addresses')\n"
        "print('is', *(query(f'SHOW {name}')[0] for name in names))\n"
    )
    output = run_beside_databases(state, script).stdout
    assert "is 18." in output
    assert "UTF8 127.0.0.1" in output


def test_databases_killed_at_work_are_started_again_with_their_data_and_a_line(state: Path) -> None:
    script = f"""
query('CREATE TABLE kept ()'); cache.set('kept', 'yes')
os.kill(cache.info()['process_id'], signal.SIGKILL)
assert eventually(lambda: cache.get('kept'), redis.ConnectionError) == b'yes'
busy = "DO $$ BEGIN LOOP END LOOP; END $$"
execute = "import os, psycopg2, sys; url, sql = os.environ['DATABASE_URL'], sys.argv[1];"
execute += "psycopg2.connect(url).cursor().execute(sql)"
client = subprocess.Popen([sys.executable, "-c", execute, busy], stderr=subprocess.DEVNULL)
while not query(f"SELECT 1 FROM pg_stat_activity WHERE query = '{{busy}}'"):
    assert client.poll() is None
pid = int(Path({str(state / "postgres" / "postmaster.pid")!r}).read_text().split()[0])
os.kill(pid, signal.SIGKILL)
eventually(lambda: query('SELECT count(*) FROM kept'), psycopg2.OperationalError)
client.wait()
"""
    output = run_beside_databases(state, script).stdout
    assert "redis was killed by SIGKILL: starting it again" in output
    assert "postgres was killed by SIGKILL: starting it again" in output


def test_a_private_home_is_no_obstacle(state: Path) -> None:
    """Root's PostgreSQL, which is another user, then keeps its files where it can reach them."""
    state.parent.chmod(0o700)
    run_beside_databases(state, "query('CREATE TABLE kept ()')")
    run_beside_databases(state, "query('SELECT count(*) FROM kept')")
    cluster = (state / "postgres").resolve()
    assert finish(state, "clean").returncode == 0
    assert not cluster.exists()
    assert not state.exists()


def test_databases_that_are_given_are_used_and_nothing_is_embedded(state: Path) -> None:
    given = {"DATABASE_URL": "postgresql://given/one", "REDIS_URL": "redis://given/two"}
    script = "echo $DATABASE_URL $REDIS_URL"
    result = finish(state, "exec", "--", "sh", "-c", script, **given)
    assert "postgresql://given/one redis://given/two" in result.stdout
    assert not (state / "postgres").exists()
    assert not (state / "redis").exists()


def test_a_folder_that_is_not_ours_is_not_cleaned(state: Path) -> None:
    state.mkdir()
    (state / "thesis.txt").write_text("precious")
    assert "is not a state folder" in finish(state, "clean").stderr
    assert (state / "thesis.txt").exists()
