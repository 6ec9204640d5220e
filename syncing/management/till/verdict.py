"""What the till's own arithmetic and the log say of the day."""

from dataclasses import dataclass, field
from typing import Any

from syncing.management.till.arithmetic import tax_of, total_of
from syncing.management.till.day import Day
from syncing.management.till.listener import Event, Listener


@dataclass
class Verdict:
    """`facts` to read, `faults` to mend; a day without faults is right."""

    facts: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def check(self, is_right: bool, fault: str) -> None:
        if not is_right:
            self.faults.append(fault)


def judge(day: Day, heard: Listener, log: dict[int, Event], *, first: int, last: int) -> Verdict:
    """`log`: what a fresh socket was told; numbers `first + 1` to `last` are the day's."""
    verdict = Verdict()
    for order_id, order in day.orders.items():
        _judge_order(verdict, order, day, day.lines_sent[order_id])
    _judge_events(verdict, heard, log, first=first, last=last)
    _judge_last_documents(verdict, day, log)
    tickets = sum(event["kind"] == "ticket.created" for event in log.values())
    verdict.check(day.cooked == tickets, f"{tickets} tickets, {day.cooked} of them cooked")
    off = day.drawer["difference"]
    verdict.check(not off, f"the drawer is off by {off}")
    _judge_money(verdict, day)
    lines = sum(len(order["lines"]) for order in day.orders.values())
    verdict.facts += [
        f"{len(day.orders)} orders, {lines} lines, {_by_method(day)} {day.menu['currency']}",
        f"a drawer counted at {day.drawer['counted'] / 100:.2f}, as expected",
        f"{day.cooked} tickets cooked, {len(day.refusals)} voids refused as they must be",
        f"events {first + 1} to {last}: {len(log)} in the log, {heard.reconnects} reconnects,"
        f" {heard.repeats} told twice",
    ]
    return verdict


def _judge_money(verdict: Verdict, day: Day) -> None:
    """What guests paid, by the payments and by the orders."""
    counters = day.desk.counters
    paid = sum(order["paid"] for order in day.orders.values())
    back = sum(order["refunded"] for order in day.orders.values())
    taken, given = counters.taken.total(), counters.back.total()
    verdict.check(taken == paid, f"payments come to {taken}, orders to {paid}")
    verdict.check(given == back, f"{given} was refunded, the orders say {back}")


def _by_method(day: Day) -> str:
    counters = day.desk.counters
    sums = (f"{amount / 100:.2f} {method}" for method, amount in sorted(counters.taken.items()))
    return f"{', '.join(sums)}, {counters.back.total() / 100:.2f} refunded"


def _judge_order(verdict: Verdict, order: dict[str, Any], day: Day, lines_sent: int) -> None:
    name = f"order {order['number']}"
    own = total_of(order, day.prices)
    verdict.check(own == order["total"], f"{name}: total {order['total']}, the till says {own}")
    verdict.check(tax_of(order) == order["tax"], f"{name}: tax differs")
    verdict.check(order["paid"] == order["total"], f"{name}: paid is not the total")
    verdict.check(order["status"] == "COMPLETED", f"{name}: is {order['status']}")
    verdict.check(len(order["lines"]) == lines_sent, f"{name}: lines lost or doubled")


def _judge_events(
    verdict: Verdict, heard: Listener, log: dict[int, Event], *, first: int, last: int
) -> None:
    wanted = set(range(first + 1, last + 1))
    verdict.check(set(log) == wanted, f"the log has gaps: {sorted(wanted - set(log))[:5]}")
    missed = wanted - set(heard.events)
    verdict.check(not missed, f"{len(missed)} events never reached the till")
    differing = [
        seq for seq in wanted & set(heard.events) & set(log) if heard.events[seq] != log[seq]
    ]
    verdict.check(not differing, f"{len(differing)} events differ from the log")
    verdict.check(not heard.out_of_order, f"{heard.out_of_order} events came out of order")


def _judge_last_documents(verdict: Verdict, day: Day, log: dict[int, Event]) -> None:
    last = {
        log[seq]["id"]: log[seq]["data"] for seq in sorted(log) if log[seq]["entity"] == "order"
    }
    stale = [order_id for order_id, order in day.orders.items() if last.get(order_id) != order]
    verdict.check(not stale, f"{len(stale)} orders end otherwise in the log than at the till")
