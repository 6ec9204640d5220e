"""Tills that are played against a running stack, each in a thread of its own, by dice."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import httpx

from syncing.management.away.till import AwayTill, NoAnswer, Row, damaged

CUT_OFF_S = (0.002, 0.05)
NOT_AN_ANSWER = frozenset({401, 429, 500, 502, 503, 504})


@dataclass
class Line:
    """The way to one server as one device. `took` are milliseconds of answered pushes; `counts`
    what happened on the way."""

    base: str
    token: str
    took: list[float] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    cuts_off: bool = False

    def __post_init__(self) -> None:
        self.http = httpx.Client(
            base_url=f"{self.base.rstrip('/')}/api/v1/",
            headers={"Authorization": f"Bearer {self.token}"},
        )

    def ask(self, method: str, path: str, body: Row | None) -> Row:
        """Raises NoAnswer. `cuts_off`: it may hang up before the answer comes."""
        patience = random.uniform(*CUT_OFF_S) if self.cuts_off else 30.0  # noqa: S311
        started = time.monotonic()
        try:
            response = self.http.request(method, path, json=body, timeout=patience)
        except httpx.TransportError as error:
            self.counts["no answer"] += 1
            raise NoAnswer from error
        if response.status_code in NOT_AN_ANSWER:
            self.counts[f"answered {response.status_code}"] += 1
            raise NoAnswer
        response.raise_for_status()
        if path.startswith("sync/push"):
            self.took.append((time.monotonic() - started) * 1000)
        answer: Row = response.json()
        return answer


@dataclass
class Talk:
    """Orders that all tills know of, as people call them out: their ids and first lines."""

    orders: list[tuple[str, str]] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def tell(self, order: str, line: str) -> None:
        with self.lock:
            self.orders = [*self.orders[-40:], (order, line)]


@dataclass
class Player:
    """`seed` plays the same dice again, though not the same hours."""

    till: AwayTill
    line: Line
    talk: Talk
    chaos: bool
    seed: int
    away_until: float = 0.0

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)  # noqa: S311  (to be repeated, not a secret)

    def play(self, until: float) -> None:
        """Sells and talks to the server until that monotonic instant."""
        while time.monotonic() < until:
            self._sell()
            if self.chaos and self.dice.random() < 0.03:
                self.away_until = time.monotonic() + self.dice.uniform(3, 20)
                self.line.counts["times away"] += 1
                self.till.skew = timedelta(minutes=self.dice.randint(-90, 90))
            if time.monotonic() > self.away_until:
                self._talk()
            time.sleep(self.dice.uniform(0.1, 0.8))

    def _sell(self) -> None:
        till, dice = self.till, self.dice
        product = dice.choice(till.products)
        known = self.talk.orders
        if not known or dice.random() < 0.3:
            group = f"sale {len(till.noted)}" if dice.random() < 0.4 else ""
            order = till.open_order(product, quantity=dice.randint(1, 3), group=group)
            if group:
                till.take_cash(order, dice.randint(100, 900), group=group)
            made = next(row for row in till.noted.values() if row["entity_id"] == order)
            self.talk.tell(order, made["changes"]["lines"][0]["id"])
            return
        order, line = dice.choice(known)
        acts: list[Callable[[], object]] = [
            lambda: till.add_line(order, product),
            lambda: till.add_to_line(order, line, seen=dice.randint(1, 4), more=1),
            lambda: till.write_on(order, f"note {dice.random()}", version=dice.randint(1, 5)),
            lambda: till.take_cash(order, dice.randint(100, 900)),
            lambda: till.act(order, dice.choice(["send", "serve", "complete"])),
        ]
        dice.choice(acts)()

    def _talk(self) -> None:
        try:
            if self.chaos and self.dice.random() < 0.4:
                self._badly()
            else:
                self.till.push(self.till.queue[:500])
            if self.dice.random() < 0.2:
                self.till.pull()
        except NoAnswer:
            pass
        finally:
            self.line.cuts_off = False

    def _badly(self) -> None:
        """Twice, backwards, damaged, with a crash before the answer, or hanging up."""
        till, dice = self.till, self.dice
        how = dice.choice(["twice", "backwards", "damaged", "crash", "hang up"])
        self.line.counts[how] += 1
        recent: Sequence[Row] = list(till.noted.values())[-30:]
        if how == "damaged":
            till.push([damaged(row) for row in till.queue[:3]], forgets=True)
        elif how == "backwards":
            till.push(till.whole_groups(till.queue[-5:])[::-1])
        elif how == "twice":
            chosen = dice.sample(recent, min(5, len(recent)))
            till.push(till.whole_groups([*chosen, *till.queue[:20]]))
        else:
            self.line.cuts_off = how == "hang up"
            till.push(till.queue[:500], forgets=how == "crash")

    def come_home(self, patience_s: float) -> None:
        """Tells and hears all there is. Raises NoAnswer when nobody answers for that long."""
        give_up_at = time.monotonic() + patience_s
        while True:
            try:
                while self.till.queue:
                    self.till.push(self.till.whole_groups(self.till.queue[:400])[:500])
                self.till.pull()
            except NoAnswer:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.5)
            else:
                return


def every_push(players: Sequence[Player]) -> list[float]:
    """Milliseconds, sorted."""
    return sorted(took for player in players for took in player.line.took)


def counted(players: Sequence[Player]) -> Counter[str]:
    total: Counter[Any] = Counter()
    for player in players:
        total += player.line.counts
    return total
