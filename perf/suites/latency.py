"""How long one has to wait: reads, writes, queries and the cache, with 1, 10, 50 and 100 users.

A user looks once a second and writes once in four. They come at fixed times, whatever the server
does, and never fewer than 20 a second, so that there is something to count.
"""

from collections.abc import Callable
from itertools import count
from uuid import UUID

from fynlo.cache.forgetting import forget
from fynlo.cache.local import copies
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from perf.laboratory.context import Context
from perf.laboratory.driving import AtRate, Operation, Workload, drive, sequential
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Criterion, Scenario, at_most
from perf.suites.api import creates_orders, reads
from perf.suites.hearing import hears_orders
from perf.suites.ordering import open_order
from perf.suites.past_orders import past_orders

USERS = (1, 10, 50, 100)
LOOKS, WRITES, LEAST = 1.0, 0.25, 20.0
SIMPLE = "SELECT status, total FROM pos_order WHERE id = %(order)s"
COMPLEX = """
SELECT l.product_id, p.name, sum(l.counted), sum(l.total) FROM pos_orderline l
JOIN pos_order o ON o.id = l.order_id JOIN pos_product p ON p.id = l.product_id
WHERE o.restaurant_id = %(restaurant)s AND o.business_date > now()::date - 5
GROUP BY 1, 2 ORDER BY 4 DESC
"""
ANALYTICAL = """
SELECT business_date, sum(total), sum(sum(total)) OVER (ORDER BY business_date)
FROM pos_order WHERE restaurant_id = %(restaurant)s AND business_date > now()::date - 20
GROUP BY 1 ORDER BY 1
"""
SHARED = Namespace("benchmark", ttl=60)


def changes_orders(lab: Context) -> Operation:
    """A note, again and again, each time for the version that the answer before had."""
    till = lab.till()
    order, number = open_order(till, lab), count(1)
    version = order["version"]

    def change() -> object:
        nonlocal version
        body = {"note": f"note {next(number)}", "version": version}
        answer = till.patch(f"orders/{order['id']}/", body)
        version = answer.json()["version"]
        return answer

    return change


def query(sql: str) -> Workload:
    def workload(lab: Context) -> Operation:
        known = {"order": lab.once(past_orders), "restaurant": lab.target.ready["restaurant"]}
        cursor = lab.cursor()

        def ask() -> None:
            cursor.execute(sql, known)
            cursor.fetchall()

        return ask

    return workload


def by_its_key(load: AtRate) -> Callable[[Context], Outcome]:
    """The simple statement, and how often PostgreSQL means to read the whole table for it."""

    def measure(lab: Context) -> Outcome:
        outcome = load.drive(lab, query(SIMPLE))
        cursor = lab.cursor()
        cursor.execute(f"EXPLAIN {SIMPLE}", {"order": lab.once(past_orders)})
        plan = "\n".join(row[0] for row in cursor.fetchall())
        outcome.figures["seq_scans"] = plan.count("Seq Scan")
        return outcome

    return measure


def hits(lab: Context) -> Operation:
    restaurant = UUID(lab.target.ready["restaurant"])
    return lambda: remember(SHARED, restaurant, "hit", _menu_of(lab))


def shared_hits(lab: Context) -> Operation:
    """What another process has put into Redis: this one's own copy is dropped first."""
    restaurant = UUID(lab.target.ready["restaurant"])
    load = _menu_of(lab)

    def hit() -> None:
        copies.of(SHARED).drop((restaurant,))
        remember(SHARED, restaurant, "hit", load)

    return hit


def misses(lab: Context) -> Operation:
    restaurant = UUID(lab.target.ready["restaurant"])
    load = _menu_of(lab)

    def miss() -> None:
        forget(SHARED, restaurant)
        remember(SHARED, restaurant, "miss", load)

    return miss


def _menu_of(lab: Context) -> Callable[[], bytes]:
    menu = lab.once(the_menu)
    return lambda: menu


def the_menu(lab: Context) -> bytes:
    return lab.till().get("menu/").body


def _load(users: int, pace: float) -> AtRate:
    return AtRate(max(LEAST, users * pace), seconds=10, workers=users)


def _at_each(
    name: str, title: str, workload: Workload, criterion: Criterion, pace: float = LOOKS
) -> list[Scenario]:
    return [
        Scenario(
            name=f"{name}-{users}",
            title=f"{title}, {_users(users)}",
            measure=drive(workload, _load(users, pace)),
            criteria=(criterion, ALL_SUCCEED),
            quick_blocks=1,
            extra=users in USERS[1:-1],
        )
        for users in USERS
    ]


def _simple(users: int) -> Scenario:
    return Scenario(
        name=f"query-simple-{users}",
        title=f"one order by its key, {_users(users)}",
        measure=by_its_key(_load(users, LOOKS)),
        criteria=(
            at_most("p95_ms", 5, "Most statements are of this kind."),
            at_most("seq_scans", 0, "An index finds it, however many orders there are."),
            ALL_SUCCEED,
        ),
        quick_blocks=1,
        extra=users in USERS[1:-1],
    )


def _users(users: int) -> str:
    return f"{users} user{'s' if users > 1 else ''}"


def _cache(name: str, title: str, workload: Workload, criterion: Criterion) -> Scenario:
    load = sequential(iterations=1000, warm_up=20)
    return Scenario(name, title, drive(workload, load), (criterion, ALL_SUCCEED), quick_blocks=2)


SCENARIOS = [
    *_at_each(
        "get",
        "a page of orders",
        reads("orders/?limit=20"),
        at_most("p95_ms", 10, "Who looks waits for nothing."),
    ),
    *_at_each(
        "post",
        "open an order",
        creates_orders,
        at_most("p95_ms", 30, "An order is taken while the guest speaks."),
        WRITES,
    ),
    *_at_each(
        "patch",
        "change an order's note",
        changes_orders,
        at_most("p95_ms", 30, "What was typed is kept at once."),
        WRITES,
    ),
    *map(_simple, USERS),
    *_at_each(
        "query-complex",
        "dishes sold in five days, by a join of three tables",
        query(COMPLEX),
        at_most("p95_ms", 30, "Reports must not hold up tills."),
    ),
    *_at_each(
        "query-analytical",
        "running totals over twenty days",
        query(ANALYTICAL),
        at_most("p95_ms", 30, "Reports must not hold up tills."),
    ),
    _cache(
        "cache-hit",
        "the menu that this process has",
        hits,
        at_most("p99_ms", 1, "The cache is asked by nearly every request."),
    ),
    _cache(
        "cache-hit-shared",
        "the menu from Redis",
        shared_hits,
        at_most("p99_ms", 1, "The cache is asked by nearly every request."),
    ),
    _cache(
        "cache-miss",
        "the menu when nobody has it",
        misses,
        at_most("p99_ms", 10, "A miss costs what is loaded, and little more."),
    ),
    Scenario(
        name="end-to-end",
        title="from the till that sends an order to the socket that hears of it",
        measure=hears_orders,
        criteria=(at_most("p95_ms", 15, "The kitchen sees it as it is sent."), ALL_SUCCEED),
        quick_blocks=2,
    ),
]
