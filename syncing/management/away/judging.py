"""Whether what the tills did is what the server has: nothing lost, nothing twice, every penny."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from syncing.management.away.till import PRICE, Ask, AwayTill

Row = dict[str, Any]
DONE = frozenset({"applied", "merged"})


@dataclass
class Judgement:
    """`lost` and `doubled` are counts of operations; `faults` say what else is wrong."""

    noted: int = 0
    verdicts: Counter[str] = field(default_factory=Counter)
    codes: Counter[str] = field(default_factory=Counter)
    lost: int = 0
    doubled: int = 0
    unequal: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def is_right(self) -> bool:
        return not (self.lost or self.doubled or self.unequal or self.faults)

    def check(self, found: Any, wanted: Any, what: str) -> None:
        if found != wanted:
            self.faults.append(f"{what}: {found}, and not {wanted}")


def judge(tills: Sequence[AwayTill], *, ask: Ask) -> Judgement:
    """Call when every till has told and pulled all there is. `ask` asks as a manager."""
    judgement = Judgement()
    rows = stored(ask)
    noted = {op_id: row for till in tills for op_id, row in till.noted.items()}
    judgement.noted = len(noted)
    judgement.lost = len(noted.keys() - rows.keys())
    known = {op_id: row for op_id, row in rows.items() if op_id in noted}
    judgement.verdicts = Counter(row["verdict"] for row in known.values())
    judgement.codes = Counter(row["code"] for row in known.values() if row["code"])
    done = [noted[op_id] for op_id, row in known.items() if row["verdict"] in DONE]
    told = ask("GET", "sync/checksums/", None)
    for place, till in enumerate(tills):
        judgement.unequal += [f"till {place}: {name}" for name in till.copy.differing(told)]
        judgement.check(till.missing, [], f"till {place} misses numbers")
    _judge_effects(judgement, done, tills[0])
    return judgement


def stored(ask: Ask) -> dict[str, Row]:
    """What the server has of all operations, by their id."""
    rows: dict[str, Row] = {}
    query = "?limit=200"
    while query:
        page = ask("GET", f"sync/operations/{query}", None)
        rows |= {row["op_id"]: row for row in page["results"]}
        query = f"?limit=200&cursor={page['next']}" if page["next"] else ""
    return rows


def _judge_effects(judgement: Judgement, done: list[Row], till: AwayTill) -> None:
    """Orders, lines, pieces and cash: as many as were done, and each once."""
    orders, payments = till.copy.all_of("order"), till.copy.all_of("payment")
    pieces, paid = _pieces(done), _paid(done)
    ours = {
        pk: orders[pk] for pk in {row["entity_id"] for row in _made(done, "order")} if pk in orders
    }
    judgement.check(len(ours), len(_made(done, "order")), "orders")
    lines = {line["id"]: line for order in ours.values() for line in order["lines"]}
    judgement.doubled += sum(float(lines[pk]["quantity"]) > pieces.get(pk, 0) for pk in lines)
    found = {pk: float(line["quantity"]) for pk, line in lines.items()}
    judgement.check(found, {pk: float(count) for pk, count in pieces.items()}, "pieces")
    cash = {pk: row["captured"] for pk, row in payments.items() if row["order"] in ours}
    judgement.doubled += sum(amount > paid.get(pk, 0) for pk, amount in cash.items())
    judgement.check(cash, paid, "payments")
    for pk, order in ours.items():
        _judge_money(judgement, pk, order, payments)


def _judge_money(judgement: Judgement, pk: str, order: Row, payments: dict[str, Row]) -> None:
    name = f"order {order['number']}"
    taken = sum(row["captured"] for row in payments.values() if row["order"] == pk)
    judgement.check(order["paid"], taken, f"{name} is paid")
    live = [line for line in order["lines"] if line["state"] != "VOIDED"]
    wanted = sum(round(PRICE * float(line["quantity"])) for line in live)
    judgement.check(order["subtotal"], wanted, f"{name} comes to")
    judgement.check(order["due"], order["total"] - order["paid"] + order["refunded"], f"{name} due")


def _made(done: list[Row], entity: str) -> list[Row]:
    return [row for row in done if row["entity"] == entity and row["type"] == "create"]


def _pieces(done: list[Row]) -> dict[str, int]:
    """Of each line: what it began with, and what was added to it."""
    pieces: dict[str, int] = defaultdict(int)
    for row in _made(done, "order"):
        for line in row["changes"]["lines"]:
            pieces[line["id"]] += int(line["quantity"])
    for row in done:
        if row["entity"] == "order_line":
            before = row["base"]["quantity"] if "base" in row else "0"
            pieces[row["entity_id"]] += int(row["changes"]["quantity"]) - int(before)
    return dict(pieces)


def _paid(done: list[Row]) -> dict[str, int]:
    return {row["entity_id"]: row["changes"]["amount"] for row in _made(done, "payment")}
