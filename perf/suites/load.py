"""Much at once: ten endpoints all evening, bursts, limits, a dependency that is cut, and tiers of
up to 5,000 restaurants."""

import os
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from itertools import cycle
from threading import Timer

from redis import Redis

from fynlo.accounts.choices import Role
from perf.laboratory.context import Context, address_of
from perf.laboratory.driving import AtRate, Operation, Workers
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, QUICK_SLACK, Scenario, at_least, at_most
from perf.laboratory.signed_in import sign_in
from perf.laboratory.till import Refused, Till
from perf.laboratory.watching import processes_of
from perf.suites.api import REQUESTS, reads
from perf.suites.restaurants import Place, open_restaurants

# Ten endpoints, each 1,000 times a minute at least.
CRITICAL = {
    **{name: workload for name, (_, workload, _) in REQUESTS.items() if name != "performance"},
    "floors": reads("floors/"),
    "tickets": reads("kitchen/tickets/?limit=20"),
    "me": reads("auth/me/"),
}
A_MINUTE = 1000 * len(CRITICAL)
EACH_PER_S = 1000 / 60
# So much more is asked, as a run ends only with the last answer.
A_LITTLE_MORE = 1.02
TOKEN_LIMIT = 1200
NORMAL_MS = 100.0
TIERS = {100: (1, 312, 4.5), 500: (10, 204, 11.8), 1000: (50, 191, 16.3), 5000: (100, 174, 28.9)}
FIRST_ADDRESS = 2000
LOOKED_AT = ("menu", "products", "orders")
NOT_OURS = "the Redis of this stack is not ours to halt"


def takes_turns(lab: Context) -> Operation:
    """The ten endpoints, one after the other."""
    turns = cycle([workload(lab) for workload in CRITICAL.values()])

    def ask() -> object:
        return next(turns)()

    return ask


def _share(lab: Context) -> float:
    """Of the rate: a quick run asks for a little more than its criteria want answered, as its few
    seconds end only with the last answer."""
    return 1.25 / QUICK_SLACK if lab.quick else 1.0


def evening(lab: Context) -> Outcome:
    seconds = 3 if lab.quick else 30
    rate = A_LITTLE_MORE * len(CRITICAL) * EACH_PER_S * _share(lab)
    workers = lab.options.users or 20
    return AtRate(rate, seconds=seconds, workers=workers, blocks=1).drive(lab, takes_turns)


def burst(lab: Context) -> Outcome:
    """Ten times as many for a second, and how long until a request is answered as usual again."""
    rate = 10 * len(CRITICAL) * EACH_PER_S * _share(lab)
    load = AtRate(rate, seconds=0.5 if lab.quick else 2, workers=100, warm_up=1, blocks=1)
    outcome = load.drive(lab, takes_turns)
    outcome.figures["recovery_s"] = _until_usual(lab.till())
    return outcome


def _until_usual(till: Till) -> float:
    """Seconds until three reads in a row take less than NORMAL_MS."""
    began, quick = time.perf_counter(), 0
    while quick < 3 and time.perf_counter() - began < 60:
        started = time.perf_counter()
        till.get("auth/me/")
        quick = quick + 1 if (time.perf_counter() - started) * 1000 < NORMAL_MS else 0
    return time.perf_counter() - began


def limited(lab: Context) -> Outcome:
    """One session asks for twice what it may in a minute, from four tills; another goes on."""
    restaurant = lab.target.ready["restaurant"]
    token, other_token = (sign_in(restaurant, Role.MANAGER) for _ in range(2))
    found: Counter[int] = Counter()

    def greedy(lab: Context) -> Operation:
        till = lab.stranger(lambda: token, address=address_of(FIRST_ADDRESS))
        return lambda: _status(till, found)

    load = Workers(workers=4, iterations=TOKEN_LIMIT // 2, warm_up=0, blocks=1)
    outcome = load.drive(lab, greedy)
    other = lab.stranger(lambda: other_token, address=address_of(FIRST_ADDRESS + 1))
    _status(other, others := Counter[int]())
    outcome.figures |= {
        "answered": found[200],
        "refused": found[429],
        "other_statuses": sum(found.values()) - found[200] - found[429],
        "others_served": others[200],
    }
    return outcome


def _status(till: Till, found: Counter[int]) -> None:
    answer = till.ask("GET", "auth/me/", None, {})
    if answer.status == 429 and "retry-after" not in answer.headers:
        raise Refused(429, b'{"code": "without Retry-After"}')
    found[answer.status] += 1


def without_redis(lab: Context) -> Outcome:
    """Redis hangs for two seconds in the middle. Tills are served all the while."""
    seconds, redis = 5 if lab.quick else 12, _redis_pid(lab)
    if redis is None:
        return Outcome(skipped=NOT_OURS)
    with _hanging(redis, after=2.0, seconds=2.0):
        load = AtRate(40, seconds=seconds, workers=40, blocks=1)
        outcome = load.drive(lab, reads("orders/?limit=20"))
    outcome.figures["recovery_s"] = _until_usual(lab.till())
    return outcome


def _redis_pid(lab: Context) -> int | None:
    """None when it is not of the stack that was started to be measured: the number that it tells
    is then that of another machine's process, which may be somebody else's here."""
    redis = Redis.from_url(lab.target.variables["REDIS_URL"])
    info: dict[str, int] = redis.info("server")  # type: ignore[assignment]
    pid = info["process_id"]
    is_ours = pid in {process.pid for process in processes_of(lab.target.pid)}
    return pid if is_ours else None


@contextmanager
def _hanging(pid: int, *, after: float, seconds: float) -> Iterator[None]:
    halt = Timer(after, os.kill, (pid, signal.SIGSTOP))
    resume = Timer(after + seconds, os.kill, (pid, signal.SIGCONT))
    halt.start()
    resume.start()
    try:
        yield
    finally:
        halt.cancel()
        resume.cancel()
        os.kill(pid, signal.SIGCONT)


class Tier:
    """Tills of many restaurants: of ten requests five are the menu, two products, two orders, and
    one opens an order, each in the name of the next restaurant."""

    def __init__(self, places: list[Place]) -> None:
        self._places = cycle(places)
        self._addresses = cycle(range(FIRST_ADDRESS + 10, FIRST_ADDRESS + 40_000))

    def __call__(self, lab: Context) -> Operation:
        place = next(self._places)
        till = lab.stranger(lambda: place.token, address=address_of(next(self._addresses)))

        def order() -> object:
            lines = [{"product": dish} for dish in place.dishes[:2]]
            return till.post("orders/", {"channel": "takeaway", "lines": lines})

        look: list[Callable[[], object]] = [partial(till.get, f"{path}/") for path in LOOKED_AT]
        turns = cycle([*look, look[0], order, *look, look[0], look[0]])

        def ask() -> object:
            nonlocal place
            place = next(self._places)
            return next(turns)()

        return ask


def tier(restaurants: int) -> Callable[[Context], Outcome]:
    """Asked at a rate a little above the throughput that is wanted."""
    users, per_second, _ = TIERS[restaurants]

    def measure(lab: Context) -> Outcome:
        places = lab.once(TIERS_OPEN[restaurants])
        rate = per_second * A_LITTLE_MORE * _share(lab)
        load = AtRate(rate, seconds=2 if lab.quick else 30, workers=max(users, 8), blocks=1)
        return load.drive(lab, Tier(places))

    return measure


TIERS_OPEN = {count: partial(open_restaurants, count=count) for count in TIERS}


def _tier(restaurants: int) -> Scenario:
    users, per_second, p95_ms = TIERS[restaurants]
    return Scenario(
        name=f"tier-{restaurants}",
        title=f"{restaurants} restaurants, {users} users at once",
        measure=tier(restaurants),
        criteria=(
            at_least("throughput", per_second, "So much comes from as many restaurants."),
            at_most("p95_ms", p95_ms, "Nobody waits for other restaurants."),
            ALL_SUCCEED,
        ),
        blocks=1,
        limit_s=200,
        extra=restaurants in list(TIERS)[1:-1],
    )


SOON = at_most("recovery_s", 5, "When it is over it is over.")
SCENARIOS = [
    Scenario(
        name="evening",
        title="ten endpoints, each a thousand times a minute",
        measure=evening,
        criteria=(
            at_least("throughput", A_MINUTE / 60, "Ten thousand a minute are answered."),
            ALL_SUCCEED,
        ),
        blocks=1,
    ),
    Scenario(
        name="burst",
        title="ten times as many at once",
        measure=burst,
        criteria=(SOON, ALL_SUCCEED),
        blocks=1,
    ),
    Scenario(
        name="rate-limit",
        title="one session asks for twice what it may",
        measure=limited,
        criteria=(
            at_least("answered", TOKEN_LIMIT, "Up to its limit it is served."),
            at_least("refused", TOKEN_LIMIT / 2, "Beyond it is told to wait, and for how long."),
            at_most("other_statuses", 0, "Nothing else happens to it."),
            at_least("others_served", 1, "Others do not suffer."),
        ),
        blocks=1,
    ),
    Scenario(
        name="redis-hangs",
        title="Redis answers nothing for two seconds",
        measure=without_redis,
        criteria=(ALL_SUCCEED, SOON),
        blocks=1,
    ),
    *map(_tier, TIERS),
]
