"""Locust's master here, and workers that join it as those of other machines do."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import pytest

from fynlo.local.ports import LOOPBACK, free_port
from fynlo.local.run import PROJECT
from fynlo.testing.live import Stack
from perf.laboratory.context import Context, Options, Target
from perf.laboratory.till import Till
from perf.suites.crowd import Plan, crowd
from perf.suites.ordering import plain_dishes

pytestmark = pytest.mark.xdist_group("laboratory")
WORKERS = 2


@contextmanager
def workers_of(master: str) -> Iterator[None]:
    words = f"manage.py benchmark run sessions --worker {master} --workers {WORKERS}"
    process = subprocess.Popen(
        [sys.executable, *words.split()],
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    try:
        yield
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def members_of(stack: Stack) -> list[dict[str, str]]:
    """Two of them, of the same restaurant."""
    logins = [stack.ready["logins"][who] for who in ("owner", "manager")]
    where = {"restaurant": stack.ready["restaurant"]}
    return [{"email": one["email"], "password": one["password"], **where} for one in logins]


def restaurant_of(stack: Stack, owner: dict[str, str]) -> tuple[list[str], str]:
    """Its dishes, and a drawer."""
    token = Till(stack.ready["http"]).post("auth/login/", owner).json()["access"]
    till = Till(stack.ready["http"], token=lambda: str(token))
    body = {"name": "Crowd", "opening_float": 0}
    return plain_dishes(till), str(till.post("payments/drawers/", body).json()["id"])


def test_workers_that_joined_a_master_are_its_crowd(stack: Stack) -> None:
    master = f"{LOOPBACK}:{free_port()}"
    lab = Context(Target(stack.ready, stack.variables), Options(workers=WORKERS, master=master))
    members = members_of(stack)
    plan = Plan(members, *restaurant_of(stack, members[0]), wait_s=(0.1, 0.2), seed=1)
    with workers_of(master):
        found = crowd(lab, plan, users=2, seconds=4)
    assert not found.errors
    assert found.operations > 10
    assert found.figures["mean_POST_auth_login__ms"] > 0
