"""A difference is one only when chance cannot explain it."""

import random

from perf.laboratory.statistics import paired_ratio, unpaired_ratio


def test_a_machine_that_slows_down_meanwhile_is_no_difference() -> None:
    """The blocks of both sides take twice as long in the second half."""
    dice = random.Random(1)
    pace = [1.0] * 5 + [2.0] * 5
    a = [10 * by * dice.uniform(0.98, 1.02) for by in pace]
    b = [10 * by * dice.uniform(0.98, 1.02) for by in pace]
    assert paired_ratio(a, b).verdict == "no difference"


def test_one_block_that_was_disturbed_does_not_decide() -> None:
    a = [10.0, 10.1, 9.9, 10.05, 9.95, 10.0, 10.1, 9.9]
    b = [*a[:-1], 90.0]
    assert paired_ratio(a, b).verdict == "no difference"


def test_runs_apart_must_differ_by_more_than_the_machine_is_noisy() -> None:
    a = [10.0, 10.1, 9.9, 10.05, 9.95, 10.0]
    b = [value * 1.15 for value in a]
    assert unpaired_ratio(a, b, noise=0.02).verdict == "slower"
    assert unpaired_ratio(a, b, noise=0.20).verdict == "no difference"


def test_too_few_blocks_say_nothing() -> None:
    assert paired_ratio([1.0, 1.0], [9.0, 9.0]).verdict == "too few blocks"


def test_the_same_seed_gives_the_same_interval() -> None:
    a, b = [1.0, 1.2, 0.9, 1.1, 1.0], [1.3, 1.1, 1.0, 1.2, 1.4]
    assert paired_ratio(a, b, seed=7) == paired_ratio(a, b, seed=7)
