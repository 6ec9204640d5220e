"""What a scenario is given: the stack that it measures, the options of the run, and dice."""

import random
from collections.abc import Callable
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

import psycopg2

from fynlo.accounts.choices import Role
from perf.laboratory.signed_in import Identity
from perf.laboratory.till import Till

T = TypeVar("T")


@dataclass(frozen=True)
class Target:
    """The stack that is measured. `ready` is its ready.json, `variables` its environment; `pid`
    that of its supervisor, 0 when it runs elsewhere."""

    ready: dict[str, Any]
    variables: dict[str, str]
    pid: int = 0

    @property
    def http(self) -> str:
        return str(self.ready["http"])

    @property
    def websocket(self) -> str:
        return str(self.ready["websocket"])


@dataclass(frozen=True)
class Options:
    """How a run was asked for. `users` and `duration_s` override what scenarios have, 0 not.
    `workers` is how many processes make a crowd, 0 one for each core; `master` the HOST:PORT at
    which those of other machines join, empty for processes of this one."""

    quick: bool = False
    users: int = 0
    duration_s: float = 0.0
    seed: int = 0
    workers: int = 0
    master: str = ""


class Context:
    """One for each suite that runs. Everything opened through it is closed when `close` is called.

    Django is set up for the measured stack: models, `connection`, the cache and settings are its.
    """

    def __init__(self, target: Target, options: Options) -> None:
        self.target = target
        self.options = options
        self.random = random.Random(options.seed)  # noqa: S311 a run that can be had again
        self.report: Callable[[int, int], None] = lambda done, total: None
        self._made: dict[Any, Any] = {}
        self._making = Lock()
        self._open = ExitStack()
        self._tills = 0
        self._identities: dict[tuple[str, int], Identity] = {}

    @property
    def quick(self) -> bool:
        return self.options.quick

    def once(self, make: Callable[["Context"], T]) -> T:
        """What `make` returned the first time it was asked for: data that scenarios share."""
        if make not in self._made:
            self._made[make] = make(self)
        made: T = self._made[make]
        return made

    def till(self, role: str = Role.MANAGER) -> Till:
        """A till of its own, signed in at the demo restaurant, with an address of its own.

        The n-th till of a block is the n-th of the next as well: nobody signs in twice for it.
        """
        with self._making:
            self._tills += 1
            number = self._tills
        who = (role, number)
        if who not in self._identities:
            restaurant = self.target.ready["restaurant"]
            self._identities[who] = Identity(restaurant, Role(role), address_of(number))
        identity = self._identities[who]
        return self._opened(identity.token, address=identity.address, seen_at=identity.seen_at)

    def stranger(self, token: Callable[[], str] = str, *, address: str = "127.0.0.1") -> Till:
        """A till with this token, or with none."""
        return self._opened(token, address=address)

    def _opened(self, token: Callable[[], str], **where: Any) -> Till:
        till = Till(self.target.http, token=token, **where)
        self._open.callback(till.close)
        return till

    def cursor(self) -> Any:
        """A cursor (autocommit) on a plain psycopg2 connection of its own."""
        connection = psycopg2.connect(self.target.variables["DATABASE_URL"])
        connection.autocommit = True
        self._open.callback(connection.close)
        return connection.cursor()

    def close(self) -> None:
        """What is left of one block."""
        with suppress(psycopg2.Error, OSError):
            self._open.close()
        self._tills = 0


def address_of(number: int) -> str:
    """Loopback addresses, one for each till: limits are counted for each as for tills at large."""
    return f"127.1.{number // 250 % 250}.{number % 250 + 1}"
