"""How many connections, and for how long."""

from dataclasses import dataclass

MOST = 500


@dataclass(frozen=True, slots=True)
class Limits:
    """`smallest` and `largest`: connections of this process to one database. Seconds: `wait_s` a
    borrower waits when all are lent out, `idle_s` what was not needed is kept, `check_s` a
    connection may lie unused before it is tried out, `leak_s` a loan may last before it is
    reported.
    """

    smallest: int = 5
    largest: int = 20
    wait_s: float = 5.0
    idle_s: float = 60.0
    check_s: float = 30.0
    leak_s: float = 120.0

    def __post_init__(self) -> None:
        if not 0 <= self.smallest <= self.largest or not 1 <= self.largest <= MOST:
            raise ValueError(f"a pool has 0 to {MOST} connections, {self} does not")
