"""Runs of the laboratory: what was measured, on what, and what came of it."""

from typing import Any

from django.db import models

from fynlo.db import new_id


class RunState(models.TextChoices):
    WAITING = "WAITING", "Waiting"
    RUNNING = "RUNNING", "Running"
    PASSED = "PASSED", "Passed"
    FAILED = "FAILED", "Failed"
    BROKEN = "BROKEN", "Broken off"


class BenchmarkRun(models.Model):
    """One run of one suite, or of all. `commit`, `machine` and `options` say what was measured and
    where, `settings` how the stack was set up (`configured`); `noise` is how unsteady the machine
    was (`machine.calibrate`); `seed` throws its dice again. Runs with the same `pair` took turns,
    block by block. `progress` is for who watches. `suite_seconds` is how long each suite took, with
    the start and the end of its stack.
    """

    id = models.UUIDField(primary_key=True, default=new_id, editable=False)
    suite = models.CharField(max_length=40)
    state = models.CharField(max_length=8, choices=RunState.choices, default=RunState.WAITING)
    is_quick = models.BooleanField(default=False)
    started_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True)
    commit = models.JSONField(default=dict)
    machine = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    settings = models.JSONField(default=dict)
    seed = models.PositiveBigIntegerField()
    loop_ms = models.FloatField(default=0)
    noise = models.FloatField(default=0)
    pair = models.UUIDField(null=True)
    progress = models.JSONField(default=dict)
    suite_seconds = models.JSONField(default=dict)
    failure = models.TextField(blank=True)

    class Meta:
        indexes = [models.Index(fields=["-started_at"], name="run_newest_first")]

    def __str__(self) -> str:
        return f"{self.suite} {self.started_at:%Y-%m-%d %H:%M} {self.short_commit}"

    @property
    def short_commit(self) -> str:
        found: dict[str, Any] = self.commit
        return str(found.get("id", ""))[:8] + ("+" if found.get("dirty") else "")

    @property
    def is_over(self) -> bool:
        return self.state not in (RunState.WAITING, RunState.RUNNING)


class Scenario(models.Model):
    """One scenario of a run. `figures` are over all of its blocks; `verdicts` the criteria with
    what was found; `errors` how many there were of each kind. `skipped` says why it could not be
    measured there: it has neither passed nor failed."""

    run = models.ForeignKey(BenchmarkRun, models.CASCADE, related_name="scenarios")
    position = models.PositiveIntegerField()
    suite = models.CharField(max_length=40)
    name = models.CharField(max_length=80)
    title = models.CharField(max_length=200)
    unit = models.CharField(max_length=16)
    figures = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)
    verdicts = models.JSONField(default=list)
    passed = models.BooleanField(default=False)
    skipped = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint("run", "suite", "name", name="scenario_once_in_a_run")
        ]
        indexes = [models.Index(fields=["suite", "name"], name="scenario_over_runs")]

    def __str__(self) -> str:
        return f"{self.suite}/{self.name}"

    @property
    def failed(self) -> bool:
        return not self.passed and not self.skipped


class Sample(models.Model):
    """One block of a scenario. `histogram` is HdrHistogram's compressed encoding, microseconds;
    `calibration_ms` how long the calibration loop took just before."""

    scenario = models.ForeignKey(Scenario, models.CASCADE, related_name="samples")
    position = models.PositiveIntegerField()
    started_at = models.DateTimeField()
    seconds = models.FloatField()
    calibration_ms = models.FloatField()
    histogram = models.TextField(blank=True)
    figures = models.JSONField(default=dict)
    errors = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint("scenario", "position", name="sample_once_in_a_scenario")
        ]

    def __str__(self) -> str:
        return f"{self.scenario} block {self.position}"
