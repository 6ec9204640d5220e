"""What a till asks all day: one request after the other, and ten tills at the same time."""

from itertools import cycle

from perf.laboratory.context import Context
from perf.laboratory.driving import Operation, Workers, Workload, drive, sequential
from perf.laboratory.scenario import ALL_SUCCEED, Criterion, Scenario, at_most
from perf.suites.ordering import open_order, two_dishes

ALONE = at_most("mean_ms", 4.29, "A till must never feel slow, whatever it asks.")
BESIDE = at_most("mean_ms", 16.51, "Nor when ten of them ask at once.")


def reads(path: str) -> Workload:
    def workload(lab: Context) -> Operation:
        till = lab.till()
        return lambda: till.get(path)

    return workload


def creates_orders(lab: Context) -> Operation:
    till, body = lab.till(), lab.once(two_dishes)
    return lambda: till.post("orders/", body)


def takes_cash(lab: Context) -> Operation:
    """A penny at a time, of one order for each worker."""
    till = lab.till()
    order = open_order(till, lab)["id"]
    body = {"order": order, "amount": 1, "tendered": 1, "drawer": lab.once(a_drawer)}
    return lambda: till.post("payments/cash/", body)


def a_drawer(lab: Context) -> str:
    body = {"name": f"Benchmark {lab.options.seed}", "opening_float": 10_000}
    return str(lab.till().post("payments/drawers/", body).json()["id"])


def a_bit_of_everything(lab: Context) -> Operation:
    """All of the requests below in turn."""
    turns = cycle([workload(lab) for _, workload, _ in REQUESTS.values()])

    def ask() -> object:
        return next(turns)()

    return ask


READ = at_most("p95_ms", 10, "What a till looks at is there at once.")
WRITE = at_most("p95_ms", 30, "What a till does is done before the finger is up.")
REQUESTS: dict[str, tuple[str, Workload, Criterion]] = {
    "health": ("is it alive", reads("/health/live/"), READ),
    "menu": ("the whole menu", reads("menu/"), READ),
    "products": ("a page of products", reads("products/?limit=20"), READ),
    "orders-list": ("a page of orders", reads("orders/?limit=20"), READ),
    "orders-create": ("open an order of two dishes", creates_orders, WRITE),
    "payments-list": ("a page of payments", reads("payments/?limit=20"), READ),
    "payments-cash": ("take cash", takes_cash, WRITE),
    "performance": ("how everything is doing", reads("health/performance/"), READ),
}


def _alone(name: str, title: str, workload: Workload, *criteria: Criterion) -> Scenario:
    return Scenario(
        name=f"{name}-sequential",
        title=f"{title}, one till",
        measure=drive(workload, sequential(iterations=100)),
        criteria=(*criteria, ALL_SUCCEED),
    )


def _beside(name: str, title: str, workload: Workload, *criteria: Criterion) -> Scenario:
    return Scenario(
        name=f"{name}-concurrent",
        title=f"{title}, ten tills of one restaurant at once",
        measure=drive(workload, Workers(workers=10, iterations=50)),
        criteria=(*criteria, ALL_SUCCEED),
    )


EVERYTHING = ("everything", "all of these in turn", a_bit_of_everything)
SCENARIOS = [
    *(_alone(name, title, workload, limit) for name, (title, workload, limit) in REQUESTS.items()),
    *(_beside(name, title, workload) for name, (title, workload, _) in REQUESTS.items()),
    _alone(*EVERYTHING, ALONE),
    _beside(*EVERYTHING, BESIDE),
]
