"""A hundred people signed in at once: the whole life of a session, what they do, what it costs."""

import time
from datetime import timedelta
from itertools import count
from threading import Event, Thread
from uuid import UUID

from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.db import connection
from django.db.models import F

from fynlo.accounts.choices import Role
from fynlo.accounts.models import Membership, Session, User
from fynlo.api.tokens import access_token, actor_of
from fynlo.clock import utc_now
from fynlo.db import durable, new_id
from perf.laboratory.context import Context, address_of
from perf.laboratory.driving import Operation, drive, sequential
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.laboratory.till import Refused, Till
from perf.laboratory.watching import processes_of, service_of
from perf.suites.api import a_drawer
from perf.suites.crowd import Plan, crowd
from perf.suites.ordering import two_dishes

MEMBERS = 120
PASSWORD = "benchmark-of-a-shift"  # noqa: S105 of people who live for one run
SECONDS, QUICK_SECONDS = 60, 12
WARM_UP_S = 5
LOOK_EVERY_S = 0.5
FIRST_ADDRESS = 1000


def members(lab: Context) -> list[dict[str, str]]:
    """How so many new managers of the demo restaurant sign in. Ask by `lab.once(members)`."""
    restaurant = UUID(lab.target.ready["restaurant"])
    hashed, run = make_password(PASSWORD), new_id().hex[-6:]
    users = [
        User(email=f"member{n}.{run}@benchmark.example", name=f"Member {n}", password=hashed)
        for n in range(MEMBERS)
    ]
    with durable():
        User.objects.bulk_create(users)
        Membership.objects.bulk_create(
            Membership(
                restaurant_id=restaurant, user=user, role=Role.MANAGER, employee_code=f"{run}{n}"
            )
            for n, user in enumerate(users)
        )
    common = {"password": PASSWORD, "restaurant": str(restaurant)}
    return [{"email": user.email, **common} for user in users]


def signs_in(lab: Context) -> Operation:
    who, addresses = lab.once(members)[0], count(FIRST_ADDRESS)
    return lambda: _stranger(lab, next(addresses)).post("auth/login/", who)


def _stranger(lab: Context, number: int) -> Till:
    return lab.stranger(address=address_of(number))


class Refusals:
    """What must be refused: how often it was, and was not."""

    def __init__(self, outcome: Outcome) -> None:
        self._outcome = outcome

    def expect(self, what: str, status: int, till: Till, path: str, body: object = None) -> None:
        started = time.perf_counter()
        try:
            till.get(path) if body is None else till.post(path, body)
        except Refused as refused:
            if refused.status == status:
                self._outcome.record(time.perf_counter() - started)
            else:
                self._outcome.fail(f"{what}: {refused.kind}")
        else:
            self._outcome.fail(f"{what}: it was accepted")


def lives(lab: Context) -> Outcome:
    """Sign-in, refresh, a refresh token used twice, a token of 16 minutes ago, a session after 8
    hours (its times are moved into the past, as if the clock had moved), sign-out."""
    outcome = Outcome()
    who = lab.once(members)
    for number in range(5 if lab.quick else 30):
        _one_life(lab, who[number], FIRST_ADDRESS + 300 + number, Refusals(outcome))
        lab.report(number + 1, 30)
    return outcome


def _one_life(lab: Context, who: dict[str, str], number: int, refusals: Refusals) -> None:
    signed_in = _stranger(lab, number).post("auth/login/", who).json()
    tokens = [signed_in["access"]]
    till = lab.stranger(lambda: tokens[-1], address=address_of(number))
    till.get("auth/me/")
    renewed = till.post("auth/refresh/", {"refresh": signed_in["refresh"]}).json()
    tokens.append(renewed["access"])
    till.get("auth/me/")
    session = Session.objects.get(pk=actor_of(tokens[-1]).session_id)
    tokens.append(access_token(session, now=utc_now() - timedelta(minutes=16)))
    refusals.expect("a token of 16 minutes ago", 401, till, "auth/me/")
    shift = settings.SESSION_LIFETIME
    Session.objects.filter(pk=session.pk).update(
        started_at=F("started_at") - shift, expires_at=F("expires_at") - shift
    )
    body = {"refresh": renewed["refresh"]}
    refusals.expect("a session of 8 hours", 401, till, "auth/refresh/", body)
    signed_in = _stranger(lab, number).post("auth/login/", who).json()
    tokens.append(signed_in["access"])
    till.post("auth/logout/", {})
    refusals.expect("a session that was ended", 401, till, "auth/me/")
    body = {"refresh": signed_in["refresh"]}
    refusals.expect("the refresh token of one", 401, till, "auth/refresh/", body)


class SignedIn:
    """A context manager: looks again and again at how many sessions the restaurant has that are
    good, beyond those of before, and at the web's memory when they were the most (MiB)."""

    def __init__(self, lab: Context) -> None:
        self._lab = lab
        self._live = Session.objects.for_restaurant(UUID(lab.target.ready["restaurant"]))
        self._stop = Event()
        self._thread = Thread(target=self._look_often)
        self.before, self.memory_before = self.now(), _memory_of_web(lab)
        self.most, self.memory = 0, self.memory_before

    def now(self) -> int:
        return self._live.live(utc_now()).count()

    def __enter__(self) -> "SignedIn":
        self._thread.start()
        return self

    def __exit__(self, *exception: object) -> None:
        self._stop.set()
        self._thread.join()

    def _look_often(self) -> None:
        while not self._stop.wait(LOOK_EVERY_S):
            count = self.now() - self.before
            if count and count >= self.most:
                self.most, self.memory = count, _memory_of_web(self._lab)
        connection.close()


def acts(lab: Context) -> Outcome:
    """A hundred at once, seven actions by weight. `sessions` is how many were signed in at once,
    `per_session_mb` what the web's memory grew by until then for each of them; `sessions_left` and
    `kept_after_logout_mb` are what there still is when all have signed out."""
    plan = Plan(
        members=lab.once(members),
        dishes=[line["product"] for line in lab.once(two_dishes)["lines"]],
        drawer=lab.once(a_drawer),
        wait_s=(0.5, 1.5) if lab.quick else (1.0, 3.0),
        seed=lab.options.seed,
    )
    users = lab.options.users or 100
    seconds = lab.options.duration_s or (QUICK_SECONDS if lab.quick else SECONDS)
    crowd(lab, plan, users=users, seconds=min(WARM_UP_S, seconds))
    with SignedIn(lab) as signed_in:
        outcome = crowd(lab, plan, users=users, seconds=seconds)
    grown = max(signed_in.memory - signed_in.memory_before, 0.0)
    outcome.figures |= {
        "sessions": signed_in.most,
        "per_session_mb": grown / max(signed_in.most, 1),
        "sessions_left": signed_in.now() - signed_in.before,
        "kept_after_logout_mb": max(_memory_of_web(lab) - signed_in.memory_before, 0.0),
    }
    return outcome


def _memory_of_web(lab: Context) -> float:
    """MiB of all web processes now."""
    return sum(
        process.memory_info().rss / 2**20
        for process in processes_of(lab.target.pid)
        if service_of(" ".join(process.cmdline())) == "web"
    )


SCENARIOS = [
    Scenario(
        name="login",
        title="sign in with a password",
        measure=drive(signs_in, sequential(iterations=50, warm_up=1)),
        criteria=(at_most("p95_ms", 100, "A shift begins with it."), ALL_SUCCEED),
    ),
    Scenario(
        name="life",
        title="a session from sign-in to its end; what must be refused is refused",
        measure=lives,
        criteria=(ALL_SUCCEED,),
        blocks=1,
    ),
    Scenario(
        name="members",
        title="a hundred members at work",
        measure=acts,
        criteria=(
            at_least("sessions", 100, "A large house at its busiest."),
            at_most("p95_ms", 300, "Everybody is served while all are at it."),
            at_most("per_session_mb", 5, "Sessions are in PostgreSQL, not in the web's memory."),
            at_most("sessions_left", 0, "Who has gone home is not signed in."),
            at_most("kept_after_logout_mb", 50, "Memory comes back when people have gone."),
            ALL_SUCCEED,
        ),
        blocks=1,
        limit_s=200,
    ),
]
