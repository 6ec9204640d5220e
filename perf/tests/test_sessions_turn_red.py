"""Sessions are counted and weighed on the stack itself, while people are signed in and after."""

import pytest

from fynlo.testing.live import Stack, running_stack
from perf.laboratory.context import Options
from perf.laboratory.stack import AS_BEHIND_A_PROXY
from perf.tests.broken import Finding, measure

pytestmark = pytest.mark.xdist_group("laboratory")
PEOPLE = 4


def members(stack: Stack) -> Finding:
    few = Options(quick=True, seed=1, users=PEOPLE, duration_s=7)
    return measure(stack, "sessions", "members", options=few)


def test_as_many_sessions_as_people_and_none_when_they_have_gone(stack: Stack) -> None:
    found = members(stack)
    assert not found.errors
    assert found.figures["sessions"] == PEOPLE
    assert found.figures["sessions_left"] == 0


def test_a_web_that_refuses_some_keeps_memory_and_ends_no_session_is_found() -> None:
    """Of two workers with two people each, one's have even addresses."""
    with running_stack(settings="perf.tests.hoarding_web", **AS_BEHIND_A_PROXY) as hoarding:
        found = members(hoarding)
    assert not found.passed
    assert "sessions is 2, but must be (at least 100)" in found.says
    assert "sessions_left is 2, but must be (at most 0)" in found.says
    assert "per_session_mb is " in found.says
    assert found.figures["kept_after_logout_mb"] > 10
