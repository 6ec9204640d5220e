"""Is one build slower than another, or does it only look so?

Each block of a scenario gives one value. The ratio of the two builds' values is judged by its
bootstrap interval (Efron, 1979), not by eye: a difference is one only when the whole interval is
on one side of 1, and further from it than the margin below which nobody need care.
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from math import exp, log
from statistics import fmean

RESAMPLES = 4000
CONFIDENCE = 0.99
MARGIN = 0.03
ENOUGH_BLOCKS = 5


@dataclass(frozen=True)
class Ratio:
    """B over A: 1.1 means that B takes a tenth longer. `low` and `high` are its interval; `margin`
    is how far from 1 it must be to count."""

    value: float
    low: float
    high: float
    blocks: int
    margin: float = MARGIN

    @property
    def verdict(self) -> str:
        if self.blocks < ENOUGH_BLOCKS:
            return "too few blocks"
        if self.low > 1 + self.margin:
            return "slower"
        if self.high < 1 - self.margin:
            return "faster"
        return "no difference"

    @property
    def is_slower(self) -> bool:
        return self.verdict == "slower"


def paired_ratio(a: Sequence[float], b: Sequence[float], *, seed: int = 0) -> Ratio:
    """Of blocks that took turns: each pair shares what the machine did at the time.

    Values must be above 0. Surplus blocks of the longer side are left out.
    """
    logs = [log(y / x) for x, y in zip(a, b, strict=False)]
    dice = random.Random(seed)  # noqa: S311 no secret
    draws = sorted(_middle(dice.choices(logs, k=len(logs))) for _ in range(RESAMPLES))
    return _ratio(_middle(logs), draws, len(logs))


def unpaired_ratio(
    a: Sequence[float], b: Sequence[float], *, seed: int = 0, noise: float = 0.0
) -> Ratio:
    """Of two runs at different times, on a machine as noisy as that. Values must be above 0."""
    log_a, log_b = [log(value) for value in a], [log(value) for value in b]
    dice = random.Random(seed)  # noqa: S311 no secret
    draws = sorted(
        _middle(dice.choices(log_b, k=len(log_b))) - _middle(dice.choices(log_a, k=len(log_a)))
        for _ in range(RESAMPLES)
    )
    middle = _middle(log_b) - _middle(log_a)
    return _ratio(middle, draws, min(len(a), len(b)), max(MARGIN, noise))


def _ratio(middle: float, draws: list[float], blocks: int, margin: float = MARGIN) -> Ratio:
    tail = (1 - CONFIDENCE) / 2
    low = draws[int(tail * len(draws))]
    high = draws[int((1 - tail) * len(draws)) - 1]
    return Ratio(exp(middle), exp(low), exp(high), blocks, margin)


def _middle(values: Sequence[float]) -> float:
    """The mean of the inner half: one block that was disturbed does not decide."""
    ranked = sorted(values)
    cut = len(ranked) // 4
    return fmean(ranked[cut : len(ranked) - cut])
