"""How the stack that is measured was set up: what its speed depends on, and no secret."""

from collections import Counter
from contextlib import suppress
from typing import Any

import psutil
from django.conf import settings

from perf.laboratory.watching import processes_of, service_of

SERVED_BY = ("web", "ws", "worker")


def configured(pid: int) -> dict[str, Any]:
    """Asked in a process that has the stack's settings; `pid` is that of its supervisor. Processes
    of a service are counted with the one that started them; a stack of elsewhere (`pid` 0) tells
    neither these nor whether it is in DEBUG."""
    found = {
        "settings": settings.SETTINGS_MODULE,
        "cache": settings.CACHE_IS_ON,
        "cache_ahead": settings.CACHE_AHEAD,
        "reports": settings.PERF_REPORTS,
        "slow_query_ms": settings.SLOW_QUERY_MS,
        **{f"pool_{name}": value for name, value in settings.DATABASES["default"]["POOL"].items()},
    }
    if pid:
        with suppress(psutil.Error):
            found["debug"] = _is_in_debug(psutil.Process(pid).environ())
        found |= {f"{name}_processes": count for name, count in _processes(pid).items()}
    return found


def _is_in_debug(environment: dict[str, str]) -> bool:
    """As its services read it; this process itself never is."""
    return environment.get("DEBUG", "true").lower() in ("true", "yes", "on", "ok", "y", "1")


def _processes(pid: int) -> Counter[str]:
    found: Counter[str] = Counter()
    for process in processes_of(pid):
        with suppress(psutil.Error):
            found[service_of(" ".join(process.cmdline()))] += 1
    return Counter({name: found[name] for name in SERVED_BY})
