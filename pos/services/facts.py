"""What has already happened where the house could not be asked, such as at a till without a line.

A service that is given a `Fact` records it as it was, and notes what it would have refused.
"""

from dataclasses import dataclass, field
from datetime import datetime

from pos.choices import LateFlag


@dataclass(slots=True)
class Fact:
    """When it happened, and what had changed by the time it was told (values of `LateFlag`, each
    once)."""

    happened_at: datetime
    flags: list[str] = field(default_factory=list)

    def note(self, flag: LateFlag) -> None:
        if flag.value not in self.flags:
            self.flags.append(flag.value)

    def beside(self, flags: list[str]) -> list[str]:
        """Together with those that a row has already, in alphabetical order."""
        return sorted({*flags, *self.flags})
