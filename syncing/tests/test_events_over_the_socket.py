import asyncio
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import ExitStack
from typing import Any

import orjson
import pytest
from django.db import OperationalError, connection
from django.utils.module_loading import import_string

from fynlo.events import reading
from fynlo.events.envelopes import Written
from fynlo.events.models import Event
from fynlo.events.nudge import publish_passing
from fynlo.local.ports import wait_until
from fynlo.testing.cast import Member
from fynlo.testing.sockets import PATIENCE_S, Listener, serving
from syncing.consumers import hub
from syncing.hub import threads
from syncing.tests.happenings import (
    announced,
    device_is_paired,
    floor_opens,
    tax_changes,
)

pytestmark = pytest.mark.django_db(transaction=True)


def types(messages: list[dict[str, Any]]) -> list[Any]:
    return [message.get("seq", message["type"]) for message in messages]


def test_hello_then_what_was_missed_then_live_then_what_happens(
    address: str, owner: Member
) -> None:
    for _ in range(3):
        floor_opens(owner)
    with Listener.of(owner, address, since=1) as listener:
        greeting = listener.until("live")
        assert greeting[0] == {"type": "hello", "seq": 3, "heartbeat_s": 15}
        assert types(greeting[1:]) == [2, 3, "live"]
        floor_opens(owner)
        event = listener.receive()
    stored = Event.objects.get(seq=4)
    assert (event["type"], event["seq"], event["kind"]) == ("event", 4, "floor.created")
    assert (event["entity"], event["id"]) == ("floor", str(stored.entity_id))
    assert event["actor"] == str(owner.membership.pk)
    assert event["data"]["id"] == event["id"]


def test_without_since_only_what_is_new_arrives(address: str, owner: Member) -> None:
    floor_opens(owner)
    with Listener.of(owner, address) as listener:
        assert types(listener.until("live")) == [1, "live"]
        floor_opens(owner)
        assert listener.receive()["seq"] == 2


@pytest.mark.parametrize("realtime", [{"page": 2}])
def test_a_long_absence_is_read_in_pages(address: str, owner: Member) -> None:
    for _ in range(5):
        floor_opens(owner)
    with Listener.of(owner, address, since=0) as listener:
        assert types(listener.until("live")[1:]) == [1, 2, 3, 4, 5, "live"]


def test_everyone_sees_the_streams_of_their_role(
    address: str, owner: Member, kitchen: Member
) -> None:
    device_is_paired(owner)
    tax_changes(owner)
    with (
        Listener.of(owner, address, since=0) as all_of_it,
        Listener.of(kitchen, address, since=0) as no_staff,
        Listener.of(owner, address, since=0, streams="orders") as orders,
    ):
        assert types(all_of_it.until("live")[1:]) == [1, 2, "live"]
        assert types(no_staff.until("live")[1:]) == [2, "live"]
        assert types(orders.until("live")[1:]) == ["live"]
        device_is_paired(owner)
        tax_changes(owner)
        floor_opens(owner)
        assert types(all_of_it.events(3)) == [3, 4, 5]
        assert types(no_staff.events(2)) == [4, 5]
        assert types(orders.events(1)) == [5]


def test_a_rival_receives_nothing(address: str, owner: Member, rival_owner: Member) -> None:
    floor_opens(owner)
    with (
        Listener.of(rival_owner, address, since=0) as rival,
        Listener.of(owner, address) as listener,
    ):
        assert types(rival.until("live")) == [0, "live"]
        listener.live()
        floor_opens(owner)
        assert listener.receive()["seq"] == 2
        floor_opens(rival_owner)
        event = rival.receive()
    assert (event["seq"], event["actor"]) == (1, str(rival_owner.membership.pk))


@pytest.mark.parametrize(
    ("since", "reason"), [(1, "since_is_too_old"), (9, "since_is_ahead"), (2, None)]
)
def test_a_client_that_the_log_cannot_help_must_fetch_again(
    address: str, owner: Member, since: int, reason: str | None
) -> None:
    for _ in range(4):
        floor_opens(owner)
    Event.objects.filter(seq__lte=2).delete()
    with Listener.of(owner, address, since=since) as listener:
        greeting = listener.until("live")
        expected = [{"type": "refetch", "reason": reason}, {"type": "live"}]
        if reason:
            assert greeting[1:] == expected
        else:
            assert types(greeting[1:]) == [3, 4, "live"]
        floor_opens(owner)
        assert listener.receive()["seq"] == 5


@pytest.mark.parametrize("realtime", [{"heartbeat_s": 0.1}])
def test_heartbeats_tell_how_far_the_client_is(address: str, owner: Member) -> None:
    with Listener.of(owner, address, streams="menu") as listener:
        listener.live()
        floor_opens(owner)
        while listener.receive() != {"type": "heartbeat", "seq": 1}:
            continue


@pytest.mark.race
@pytest.mark.parametrize("realtime", [{"page": 7}])
def test_nothing_is_lost_or_doubled_between_log_and_live(address: str, owner: Member) -> None:
    written, clients = 120, 6

    def write(count: int) -> None:
        for _ in range(count):
            floor_opens(owner)
        connection.close()

    def listen() -> list[int]:
        with Listener.of(owner, address, since=0) as listener:
            return [event["seq"] for event in listener.events(written)]

    with ThreadPoolExecutor(4) as writers, ThreadPoolExecutor(clients) as listeners:
        writing = [writers.submit(write, written // 4) for _ in range(4)]
        received = [listeners.submit(listen) for _ in range(clients)]
        wait(writing, timeout=PATIENCE_S)
        for seqs in received:
            assert seqs.result(PATIENCE_S) == list(range(1, written + 1))


@pytest.mark.parametrize("realtime", [{"poll_s": 60}])
def test_what_is_in_no_log_passes_by_who_is_there(
    address: str, owner: Member, rival_owner: Member
) -> None:
    told = {"type": "progress", "entity": "menu_import", "id": "x", "progress": 55}
    with (
        Listener.of(owner, address) as ours,
        Listener.of(owner, address, streams="orders") as deaf,
        Listener.of(rival_owner, address) as rival,
    ):
        for listener in (ours, deaf, rival):
            listener.live()
        publish_passing(
            restaurant_id=owner.restaurant.pk, stream="menu", text=orjson.dumps(told).decode()
        )
        floor_opens(owner)
        floor_opens(rival_owner)
        assert (ours.receive(), ours.receive()["seq"]) == (told, 1)
        assert (deaf.receive()["seq"], rival.receive()["seq"]) == (1, 1)


def test_a_gap_is_filled_from_the_log(address: str, owner: Member) -> None:
    with Listener.of(owner, address) as listener:
        listener.live()
        floor_opens(owner)
        assert listener.receive()["seq"] == 1
        Event.objects.filter(seq=1).update(seq=2)
        announced(owner.restaurant.pk, seqs=range(3, 4), size=1)
        assert listener.receive()["seq"] == 2
        announced(owner.restaurant.pk, seqs=range(1, 5), size=1)
        assert listener.receive()["seq"] == 4


@pytest.mark.parametrize("realtime", [{"poll_s": 60}])
def test_sockets_stay_open_while_the_log_cannot_be_read(
    address: str, owner: Member, monkeypatch: pytest.MonkeyPatch
) -> None:
    attempts = 0
    after = reading.after

    def sometimes(**query: Any) -> list[Written]:
        nonlocal attempts
        attempts += 1
        if attempts < 4:
            raise OperationalError("the server closed the connection unexpectedly")
        return after(**query)

    monkeypatch.setattr(reading, "after", sometimes)
    monkeypatch.setattr(threads, "RETRY_S", 0.05)
    floor_opens(owner)
    with Listener.of(owner, address, since=0) as listener:
        assert types(listener.until("live")) == [1, 1, "live"]
        attempts = 0
        Event.objects.filter(seq=1).update(seq=2)
        announced(owner.restaurant.pk, seqs=range(3, 4), size=1)
        assert listener.receive()["seq"] == 2
    assert attempts == 4


@pytest.mark.parametrize(
    "realtime",
    [
        {"heartbeat_s": 0.1, "queue_messages": 10},
        {"heartbeat_s": 0.1, "queue_bytes": 1_000_000},
        {"heartbeat_s": 0.1, "queue_bytes": 100_000_000, "stall_s": 0.2},
    ],
    ids=["messages", "bytes", "stalled"],
)
def test_a_client_that_does_not_read_is_closed_with_4408(address: str, owner: Member) -> None:
    with (
        Listener.of(owner, address) as quick,
        Listener(address, owner.token, max_queue=1) as slow,
    ):
        quick.live()
        slow.live()
        for seq in range(1, 81):
            announced(owner.restaurant.pk, seqs=range(seq, seq + 1), size=300_000)
            assert types(quick.events(1)) == [seq]
        for _ in range(5):
            quick.until("heartbeat")
        assert slow.close_code() == 4408


def test_everything_is_put_away_when_the_last_client_has_gone(
    transactional_db: None, owner: Member
) -> None:
    application = import_string("fynlo.asgi.application")
    loops: set[asyncio.AbstractEventLoop] = set()

    async def seen(scope: Any, receive: Any, send: Any) -> None:
        loops.add(asyncio.get_running_loop())
        await application(scope, receive, send)

    with serving(seen) as address:
        with ExitStack() as stack:
            for _ in range(5):
                stack.enter_context(Listener.of(owner, address, since=0)).live()
            (loop,) = loops
            assert len(asyncio.all_tasks(loop)) > 10
        assert wait_until(lambda: len(asyncio.all_tasks(loop)) == 1, seconds=PATIENCE_S)
        assert not hub.is_at_work
        with Listener.of(owner, address) as again:
            again.live()
