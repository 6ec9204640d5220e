"""`manage.py simulate_tills`: many tills lose their line and repeat; is all there, once?"""

import random
import sys
import time
from argparse import ArgumentParser
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from random import SystemRandom
from typing import Any
from urllib.parse import urlsplit

from django.core.management.base import BaseCommand, CommandError

from fynlo.settings.env import STATE_DIR
from syncing.management.away.judging import Judgement, judge, stored
from syncing.management.away.kills import Killer, wait_until_whole
from syncing.management.away.players import Line, Player, Talk, counted, every_push
from syncing.management.away.seating import pair_and_sign_in, plain_products
from syncing.management.away.till import Ask, AwayTill
from syncing.management.till.cast import by_email, read_stack
from syncing.management.till.client import Till, TillProblem

LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
PATIENCE_S = 120.0


class Command(BaseCommand):
    help = "Plays offline tills against `make run`, and counts what was lost or done twice."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--devices", type=int, default=20)
        parser.add_argument("--minutes", type=float, default=5.0)
        parser.add_argument("--chaos", action="store_true", help="lose, repeat, reorder, damage")
        parser.add_argument(
            "--kill", action="store_true", help="also SIGKILL parts of the stack, which is yours"
        )
        parser.add_argument("--seed", type=int)
        parser.add_argument("--ready", type=Path, default=STATE_DIR / "ready.json")

    def handle(self, *args: Any, **options: Any) -> None:
        stack = read_stack(options["ready"])
        if urlsplit(stack["http"]).hostname not in LOOPBACK:
            raise CommandError("Tills are played on this machine only.")
        seed = options["seed"] if options["seed"] is not None else SystemRandom().randrange(10**6)
        self.stdout.write(
            f"{options['devices']} tills, {options['minutes']:g} minutes, seed {seed}"
        )
        manager = by_email(stack, "manager")
        dice = random.Random(seed)  # noqa: S311
        players = _seat(stack, manager, options["devices"], dice, chaos=options["chaos"])
        until = time.monotonic() + options["minutes"] * 60
        killer = Killer(options["ready"].parent, every_s=12, seed=seed) if options["kill"] else None
        if killer:
            killer.start()
        with ThreadPoolExecutor(len(players)) as counters:
            list(counters.map(lambda player: player.play(until), players))
        if killer:
            killer.stop()
            wait_until_whole(killer.state, stack, seconds=PATIENCE_S)
            self.stdout.write(f"  killed: {_listed(killer.killed)}")
        found = _settle(players, manager)
        self._tell(players, found, manager)

    def _tell(self, players: list[Player], found: Judgement, manager: Till) -> None:
        took = every_push(players)
        books = _books_that_disagree(manager)
        self.stdout.write(f"  on the way: {_listed(counted(players))}")
        self.stdout.write(
            f"  {len(took)} pushes answered,"
            f" p50 {_cut(took, 50):.0f} ms, p95 {_cut(took, 95):.0f} ms"
        )
        self.stdout.write(f"  {found.noted} operations: {_listed(found.verdicts)}")
        self.stdout.write(f"  codes: {_listed(found.codes) or 'none'}")
        self.stdout.write(f"  lost {found.lost}, doubled {found.doubled}")
        self.stdout.write(
            f"  checksums {'differ: ' + str(found.unequal) if found.unequal else 'equal'}"
        )
        self.stdout.write(f"  money {'differs: ' + str(books) if books else 'ties out'}")
        for fault in found.faults[:20]:
            self.stdout.write(self.style.ERROR(f"  WRONG: {fault[:500]}"))
        if books or not found.is_right:
            self.stdout.write(self.style.ERROR("not everything is there once"))
            sys.exit(1)
        self.stdout.write(self.style.SUCCESS("everything is there, once"))


def _seat(
    stack: dict[str, Any], manager: Till, count: int, dice: random.Random, *, chaos: bool
) -> list[Player]:
    """A paired device for each, the cashier signed in on it."""
    products, talk = plain_products(manager), Talk()
    players = []
    for number in range(count):
        seat = pair_and_sign_in(stack, manager, f"Away {number}")
        line = Line(stack["http"], seat.access)
        till = AwayTill(line.ask, products)
        players.append(Player(till, line, talk, chaos, dice.randrange(10**9)))
    return players


def _settle(players: list[Player], manager: Till) -> Judgement:
    """Everybody is on line again. What Fynlo goes on trying by itself, a manager tries at once;
    what moves by itself meanwhile, as late tickets do, is pulled again."""
    ask = _asking(manager)
    _all_home(players)
    for _ in range(2):
        for op_id, row in stored(ask).items():
            if row["next_try_at"]:
                _retry(manager, op_id)
    for _ in range(5):
        _all_home(players)
        found = judge([player.till for player in players], ask=ask)
        if not found.unequal:
            break
    return found


def _all_home(players: list[Player]) -> None:
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda player: player.come_home(PATIENCE_S), players))


def _retry(manager: Till, op_id: str) -> None:
    try:
        manager.post(f"sync/operations/{op_id}/retry/")
    except TillProblem as problem:
        if problem.code != "operation_not_waiting":
            raise


def _asking(till: Till) -> Ask:
    def ask(method: str, path: str, body: Any) -> dict[str, Any]:
        answer: dict[str, Any] = till.get(path) if method == "GET" else till.post(path, body)
        return answer

    return ask


def _books_that_disagree(till: Till) -> list[str]:
    checks = till.http.get(f"{till.base}/health/ledger/").json()["checks"]
    return [name for name, agrees in checks.items() if not agrees]


def _cut(took: list[float], percent: int) -> float:
    return took[min(len(took) * percent // 100, len(took) - 1)] if took else 0.0


def _listed(counts: Any) -> str:
    return ", ".join(f"{count} {name}" for name, count in sorted(counts.items()))
