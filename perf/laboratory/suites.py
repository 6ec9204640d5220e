"""The suites, by name. A suite is a module of `perf.suites` with a list `SCENARIOS`."""

from importlib import import_module
from types import ModuleType

from perf.laboratory.scenario import Scenario

SUITES: dict[str, str] = {
    "database": "perf.suites.database",
    "api": "perf.suites.api",
    "latency": "perf.suites.latency",
    "sessions": "perf.suites.sessions",
    "load": "perf.suites.load",
    "security": "perf.suites.security",
    "pool": "perf.suites.pool",
    "cache": "perf.suites.cache",
    "stress": "perf.suites.stress",
    "parallel": "perf.suites.parallel",
    "scalability": "perf.suites.scalability",
    "websocket": "perf.suites.websocket",
    "docs": "perf.suites.docs",
}


class NoSuchSuite(Exception):
    """There is no suite, or no scenario in it, of that name."""


def module_of(suite: str) -> ModuleType:
    """Raises NoSuchSuite."""
    if suite not in SUITES:
        raise NoSuchSuite(f"There is no suite {suite!r}: choose one of {', '.join(SUITES)}.")
    return import_module(SUITES[suite])


def title_of(suite: str) -> str:
    """The first line of the module's docstring."""
    return (module_of(suite).__doc__ or suite).strip().splitlines()[0]


def scenarios_of(suite: str, *, only: str = "") -> list[Scenario]:
    """Those whose name is `only` or begins with it. Raises NoSuchSuite."""
    every: list[Scenario] = module_of(suite).SCENARIOS
    found = [scenario for scenario in every if scenario.name.startswith(only)]
    exact = [scenario for scenario in found if scenario.name == only]
    if not found:
        names = ", ".join(scenario.name for scenario in every)
        raise NoSuchSuite(f"Suite {suite} has no scenario {only!r}: choose one of {names}.")
    return exact or found
