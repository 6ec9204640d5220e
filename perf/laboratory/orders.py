"""What `manage.py benchmark` can be told. Each order returns whether all is well."""

import secrets
from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

import orjson
from django.core.management.base import OutputWrapper
from django.core.management.color import Style

from fynlo.clock import utc_now
from fynlo.db import new_id
from perf.laboratory import history
from perf.laboratory.checkout import checked_out
from perf.laboratory.comparing import Compared, compare
from perf.laboratory.context import Options
from perf.laboratory.exporting import as_json
from perf.laboratory.keeping import find, runs, scenarios_of
from perf.laboratory.reporting import as_html
from perf.laboratory.running import Laboratory, Side
from perf.laboratory.screen import Screen
from perf.laboratory.stack import Wanted
from perf.laboratory.strangers import refuse_strangers
from perf.laboratory.suites import SUITES, title_of
from perf.laboratory.suites import scenarios_of as declared_in
from perf.laboratory.summing_up import as_markdown
from perf.models.runs import BenchmarkRun, RunState

LATEST = 10
# What a run keeps of how it was asked for, beside the suite, the seed and `--quick`.
ASKED = ("scenario", "users", "duration", "against", "workers", "master")
Words = dict[str, Any]


def list_all(out: OutputWrapper, style: Style, words: Words) -> bool:
    for suite in SUITES:
        out.write(style.MIGRATE_HEADING(f"{suite}: {title_of(suite)}"))
        for scenario in declared_in(suite):
            out.write(f"  {scenario.name:<28} {scenario.title}")
    out.write(style.MIGRATE_HEADING("the last runs"))
    for run in runs()[:LATEST]:
        out.write(f"  {_line(run)}")
    return True


def _line(run: BenchmarkRun) -> str:
    kind = "quick" if run.is_quick else "full"
    return (
        f"{run.pk.hex[-8:]}  {run.started_at:%Y-%m-%d %H:%M}  {run.suite:<12} {kind:<6}"
        f" {run.short_commit:<10} {run.get_state_display()}"
    )


def measure(out: OutputWrapper, style: Style, words: Words) -> bool:
    seed = words["seed"] if words["seed"] is not None else secrets.randbelow(2**31)
    crowd = words.get("workers", 0), words.get("master", "")
    options = Options(words["quick"], words["users"], words["duration"], seed, *crowd)
    _refuse_strange_workers(options, owns_host=words["owns_host"])
    suites = list(SUITES) if words["suite"] == "all" else [words["suite"]]
    for suite in suites:
        declared_in(suite, only=words["scenario"])
    with ExitStack() as opened:
        sides = [_side(words, options)]
        if words["commit"]:
            sides.insert(0, _other_side(words, options, opened))
            sides[0].run.pair = sides[1].run.pair = new_id()
        for side in sides:
            out.write(f"run {side.run.pk.hex[-8:]}, seed {seed}")
        Laboratory(sides, options, Screen(out, style)).run(suites, only=words["scenario"])
    last = sides[-1].run
    if words["json"]:
        words["json"].write_bytes(orjson.dumps(as_json(last), option=orjson.OPT_INDENT_2))
    if len(sides) > 1:
        _tell_comparison(out, style, compare(sides[0].run, last))
    return _tell_end(out, style, last)


def _refuse_strange_workers(options: Options, *, owns_host: bool) -> None:
    if options.master:
        refuse_strangers(f"//{options.master}", owns_host=owns_host)


def _side(words: Words, options: Options) -> Side:
    wanted = Wanted(words["against"], words["ready"], words["owns_host"])
    return Side(find(words["id"]) if words["id"] else _new_run(words, options), wanted)


def _other_side(words: Words, options: Options, opened: ExitStack) -> Side:
    """The commit that takes turns with this build."""
    folder = opened.enter_context(checked_out(words["commit"]))
    return Side(_new_run(words, options), Wanted(project=folder))


def _new_run(words: Words, options: Options) -> BenchmarkRun:
    asked = {name: words.get(name) for name in ASKED}
    return BenchmarkRun(
        suite=words["suite"],
        is_quick=options.quick,
        started_at=utc_now(),
        seed=options.seed,
        options={name: value for name, value in asked.items() if value},
    )


def _tell_end(out: OutputWrapper, style: Style, run: BenchmarkRun) -> bool:
    scenarios = scenarios_of(run)
    failed = [str(scenario) for scenario in scenarios if scenario.failed]
    if failed:
        out.write(style.ERROR(f"failed: {', '.join(failed)}"))
    else:
        out.write(style.SUCCESS("every scenario passed"))
    excused = sum(bool(verdict["excuse"]) for found in scenarios for verdict in found.verdicts)
    if excused:
        out.write(style.WARNING(f"others used the machine: {excused} limits of speed not judged"))
    out.write(f"machine noise {run.noise:.0%}; more: benchmark report {run.pk.hex[-8:]}")
    return run.state == RunState.PASSED


def compare_runs(out: OutputWrapper, style: Style, words: Words) -> bool:
    a, b = (find(text) for text in words["runs"])
    _tell_comparison(out, style, compare(a, b, metric=words["metric"]))
    return True


def _tell_comparison(out: OutputWrapper, style: Style, found: list[Compared]) -> None:
    colours = {"slower": style.ERROR, "faster": style.SUCCESS}
    for row in found:
        ratio = row.ratio
        verdict = colours.get(ratio.verdict, style.NOTICE)(ratio.verdict)
        out.write(
            f"  {row.suite + '/' + row.name:<40} {row.before:10.3f} {row.after:10.3f}"
            f"  x{ratio.value:.3f} ({ratio.low:.3f} to {ratio.high:.3f})  {verdict}"
        )


def gate(out: OutputWrapper, style: Style, words: Words) -> bool:
    """Measures as the baseline was measured, unless a run is given, and says no to what is slower
    beyond doubt."""
    baseline = find(words["baseline"])
    now = find(words["run"]) if words["run"] else _measured_alike(out, style, baseline)
    found = compare(baseline, now, metric=words["metric"])
    _tell_comparison(out, style, found)
    slower = [f"{row.suite}/{row.name}" for row in found if row.ratio.is_slower]
    if slower:
        out.write(style.ERROR(f"slower than {baseline.pk.hex[-8:]}: {', '.join(slower)}"))
    elif not found:
        out.write(style.ERROR("nothing to compare: the runs have no scenario in common"))
    else:
        out.write(style.SUCCESS(f"not slower than {baseline.pk.hex[-8:]}"))
    return bool(found) and not slower


def _measured_alike(out: OutputWrapper, style: Style, baseline: BenchmarkRun) -> BenchmarkRun:
    asked = baseline.options
    options = Options(
        baseline.is_quick,
        asked.get("users", 0),
        asked.get("duration", 0.0),
        baseline.seed,
        asked.get("workers", 0),
        asked.get("master", ""),
    )
    _refuse_strange_workers(options, owns_host=False)
    run = _new_run({"suite": baseline.suite, **asked}, options)
    suites = list(SUITES) if baseline.suite == "all" else [baseline.suite]
    only = asked.get("scenario", "")
    Laboratory([Side(run, Wanted())], options, Screen(out, style)).run(suites, only=only)
    return run


def report(out: OutputWrapper, style: Style, words: Words) -> bool:
    found = [find(text) for text in words["runs"]]
    screen = Screen(out, style)
    for run in found:
        out.write(_line(run))
        for scenario in scenarios_of(run):
            screen.measured(run, scenario)
    if words["html"]:
        words["html"].write_text(as_html(found[0]))
    if words["json"]:
        words["json"].write_bytes(orjson.dumps(as_json(found[0]), option=orjson.OPT_INDENT_2))
    if words["markdown"]:
        words["markdown"].write_text(as_markdown(found))
    return True


def tell_history(out: OutputWrapper, style: Style, words: Words) -> bool:
    suite, _, scenario = words["scenario"].partition("/")
    found = history.points(suite, scenario, words["metric"])
    highest = max((point.value for point in found), default=0.0) or 1.0
    for point in found:
        bar = "█" * max(1, round(40 * point.value / highest))
        out.write(f"  {point.commit:<10} {point.at:%Y-%m-%d %H:%M} {point.value:10.3f} {bar}")
    if not found:
        out.write(style.NOTICE(f"no run has {words['metric']} of {words['scenario']}"))
    if words["html"]:
        title = f"{words['scenario']}: {words['metric']}"
        words["html"].write_text(history.as_html(title, found))
    return True


ORDERS: dict[str, Callable[[OutputWrapper, Style, Words], bool]] = {
    "list": list_all,
    "run": measure,
    "compare": compare_runs,
    "report": report,
    "gate": gate,
    "history": tell_history,
}
