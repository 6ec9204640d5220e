import os

from fynlo.local.postgres import start_postgres
from fynlo.local.redis import start_redis
from fynlo.local.supervisor import Supervisor

# Importing `fynlo` chooses these settings when nothing else has;
# a command that we run chooses for itself.
DEFAULT_SETTINGS = "fynlo.settings.development"
SETTINGS = "DJANGO_SETTINGS_MODULE"


def start_databases(supervisor: Supervisor) -> dict[str, str]:
    """Starts what DATABASE_URL and REDIS_URL do not give; returns the variables for both."""
    return {
        "DATABASE_URL": os.environ.get("DATABASE_URL") or start_postgres(supervisor),
        "REDIS_URL": os.environ.get("REDIS_URL") or start_redis(supervisor),
        "SECRET_KEY": os.environ.get("SECRET_KEY") or supervisor.state.secrets().secret_key,
    }


def for_command(variables: dict[str, str]) -> dict[str, str]:
    """The environment of a command such as pytest or manage.py."""
    environment = {**os.environ, **variables}
    if environment.get(SETTINGS) == DEFAULT_SETTINGS:
        del environment[SETTINGS]
    return environment
