"""What one person of a crowd asks a server that says yes to everything.

`python -m perf.tests.one_at_a_till SEED` prints it, a request a line. It is a process of its own:
Locust changes the one that imports it.
"""

import sys
from collections.abc import Callable
from typing import Any

from gevent.pywsgi import WSGIServer
from locust.env import Environment
from locust.user.task import DefaultTaskSet

from perf.suites.till_users import PLAN, Person

ACTIONS = 60
YES = b'{"access": "yes", "id": "order", "total": 1, "version": 1}'
DISHES = [f"dish {number}" for number in range(9)]


def says_yes(asked: dict[str, Any], begin: Callable[..., Any]) -> list[bytes]:
    body = asked["wsgi.input"].read().decode()
    sys.stdout.write(f"{asked['REQUEST_METHOD']} {asked['PATH_INFO']} {body}\n")
    begin("200 OK", [("Content-Type", "application/json"), ("Content-Length", str(len(YES)))])
    return [YES]


def main(seed: int) -> None:
    server = WSGIServer(("127.0.0.1", 0), says_yes, log=None)
    server.start()
    PLAN.update(seed=seed, members=[{}], dishes=DISHES, drawer="drawer", wait_s=(1, 2), workers=1)
    Person.host = f"http://127.0.0.1:{server.server_port}"
    person = Person(Environment(user_classes=[Person]))
    person.on_start()
    doing = DefaultTaskSet(person)
    for _ in range(ACTIONS):
        doing.execute_task(doing.get_next_task())
        person.wait_time()
    server.stop()


if __name__ == "__main__":
    main(int(sys.argv[1]))
