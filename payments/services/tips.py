"""Gratuity."""

from collections.abc import Sequence
from dataclasses import dataclass

from fynlo.money import share


@dataclass(frozen=True, slots=True)
class Preset:
    """`amount` in minor units of the bill's currency."""

    bps: int
    amount: int


def presets(bill: int, tip_presets_bps: Sequence[int]) -> list[Preset]:
    """What the guest is offered to add: shares of the bill before fees, half-up."""
    return [Preset(bps, share(bill, bps)) for bps in tip_presets_bps]
