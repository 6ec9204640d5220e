"""Whether the documentation is so: links, endpoints, settings, figures, commands."""

import re
from pathlib import Path

from fynlo.settings.env import BASE_DIR
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario
from perf.suites.pages import broken_links, pages, unfounded_figures
from perf.suites.pasting import commands
from perf.suites.probes.surface import surface

READ = re.compile(r"""(?:env(?:\.\w+)?|require_pairs)\(\s*"([A-Z][A-Z_]+)\"""")
GIVEN = re.compile(r"\$\{([A-Z][A-Z_]+)")


def links(lab: Context) -> Outcome:
    outcome = Outcome()
    for page in pages():
        found = list(broken_links(page))
        for link in found:
            outcome.fail(f"{page.name}: {link} leads nowhere")
        outcome.record(0.0)
    return outcome


def endpoints(lab: Context) -> Outcome:
    """Each says in the schema what it is, who may call it, and what it answers."""
    outcome = Outcome()
    for operation in lab.once(surface):
        declared = operation.declared
        if declared.get("summary") and operation.needs and "default" in declared["responses"]:
            outcome.record(0.0)
        else:
            outcome.fail(f"{operation}: is not documented")
    return outcome


def variables(root: Path = BASE_DIR) -> set[str]:
    """What settings and docker-compose.yml read."""
    sources = [path.read_text() for path in (root / "fynlo/settings").glob("*.py")]
    found = {name for source in sources for name in READ.findall(source)}
    return found | set(GIVEN.findall((root / "docker-compose.yml").read_text()))


def settings(lab: Context) -> Outcome:
    outcome, explained = Outcome(), (BASE_DIR / "deploy/env.example").read_text()
    for name in sorted(variables()):
        if re.search(rf"^#?{name}=", explained, re.MULTILINE):
            outcome.record(0.0)
        else:
            outcome.fail(f"{name} is not in deploy/env.example")
    return outcome


def figures(lab: Context) -> Outcome:
    outcome = Outcome()
    for finding in unfounded_figures():
        outcome.fail(finding)
    outcome.record(0.0)
    return outcome


CLEAN = (ALL_SUCCEED,)
SCENARIOS = [
    Scenario("links", "every link leads somewhere", links, CLEAN, "pages", 1),
    Scenario("endpoints", "every endpoint is documented", endpoints, CLEAN, "endpoints", 1),
    Scenario("settings", "every setting is documented", settings, CLEAN, "settings", 1),
    Scenario("figures", "every figure has a command behind it", figures, CLEAN, "sections", 1),
    Scenario(
        "commands",
        "what is to be pasted runs in a fresh checkout",
        commands,
        CLEAN,
        unit="commands",
        blocks=1,
        limit_s=900,
    ),
]
