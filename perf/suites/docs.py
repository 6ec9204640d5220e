"""Whether the documentation is so: links, endpoints, settings, figures, commands."""

import json
import os
import re
import subprocess
import time
from pathlib import Path
from tempfile import TemporaryDirectory

from fynlo.settings.env import BASE_DIR
from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_most
from perf.suites.pages import Block, blocks, broken_links, pages, unexplained_figures
from perf.suites.pasting import is_brief, reason
from perf.suites.probes.surface import surface

SAMPLE = 2
COMMAND_S = 180
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
    page = BASE_DIR / "docs/performance.md"
    for section in unexplained_figures(page):
        outcome.fail(f"{page.name}: {section}: no command, run or test behind its figures")
    outcome.record(0.0)
    return outcome


def commands(lab: Context) -> Outcome:
    """Those that end by themselves; in a quick run some of them, as the seed has it."""
    every, outcome = blocks(), Outcome()
    wanted = [block for block in every if not reason(block.text)]
    chosen = wanted
    if lab.quick:
        brief = [block for block in wanted if is_brief(block.text)]
        chosen = lab.random.sample(brief, min(SAMPLE, len(brief)))
    with TemporaryDirectory() as folder:
        environment = _beside(lab, Path(folder))
        for done, block in enumerate(chosen):
            lab.report(done, len(chosen))
            text = block.text.replace("http://127.0.0.1:8000", lab.target.http)
            _paste(outcome, Block(block.page, text), environment)
    outcome.figures |= {"blocks": len(every), "left_out": len(every) - len(wanted)}
    return outcome


def _beside(lab: Context, folder: Path) -> dict[str, str]:
    """The variables of a terminal beside a `make run` that is the measured stack."""
    (folder / "ready.json").write_text(json.dumps(lab.target.ready))
    lines = [f"{name}={value}\n" for name, value in lab.target.variables.items()]
    (folder / "env").write_text("".join(lines))
    kept = {name: value for name, value in os.environ.items() if name not in lab.target.variables}
    return {**kept, "FYNLO_STATE": str(folder)}


def _paste(outcome: Outcome, block: Block, environment: dict[str, str]) -> None:
    started = time.perf_counter()
    shell = ["bash", "-e", "-o", "pipefail", "-c", block.text]
    try:
        done = subprocess.run(  # noqa: S603 what our own pages say
            shell,
            cwd=BASE_DIR,
            env=environment,
            capture_output=True,
            timeout=COMMAND_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        outcome.fail(f"{block.page}: {block.text.strip()}: not done after {COMMAND_S} s")
        return
    if done.returncode:
        outcome.fail(f"{block.page}: {block.text.strip()}: {done.stderr.decode()[-80:].strip()}")
    else:
        outcome.record(time.perf_counter() - started)


CLEAN = (ALL_SUCCEED,)
SCENARIOS = [
    Scenario("links", "every link leads somewhere", links, CLEAN, "pages", 1),
    Scenario("endpoints", "every endpoint is documented", endpoints, CLEAN, "endpoints", 1),
    Scenario("settings", "every setting is documented", settings, CLEAN, "settings", 1),
    Scenario("figures", "every figure has a command behind it", figures, CLEAN, "sections", 1),
    Scenario(
        "commands",
        "what is to be pasted runs",
        commands,
        (ALL_SUCCEED, at_most("left_out", 50, "What is pasted should run where it is read.")),
        unit="commands",
        blocks=1,
        limit_s=1200,
    ),
]
