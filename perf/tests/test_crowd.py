"""A crowd does the same again when it is given the same seed."""

import subprocess
import sys

from fynlo.local.run import PROJECT


def asked_by_one(seed: int) -> list[str]:
    words = [sys.executable, "-m", "perf.tests.one_at_a_till", str(seed)]
    done = subprocess.run(words, cwd=PROJECT, capture_output=True, text=True, check=True)
    return done.stdout.splitlines()


def test_the_same_seed_gives_the_same_actions_and_another_others() -> None:
    first, again, other = asked_by_one(1), asked_by_one(1), asked_by_one(2)
    assert len(first) > 60
    assert first == again
    assert first != other


def test_actions_come_by_their_weight() -> None:
    """Of seven kinds; looking at products is the most frequent."""
    kinds = [" ".join(line.split()[:2]) for line in asked_by_one(3)]
    assert len(set(kinds)) == 9  # clocking is in or out, and there is the sign-in
    assert max(set(kinds), key=kinds.count) == "GET /api/v1/products/"
