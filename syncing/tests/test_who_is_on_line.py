"""Figures and presence: what WebSocket processes tell Redis, and who reads it."""

from typing import Any

import orjson
import pytest
from django.conf import settings
from pytest_django import Settings
from redis import Redis

from fynlo.events import nudge
from fynlo.local.ports import free_port, wait_until
from fynlo.testing.cast import Member, sign_in
from fynlo.testing.sockets import PATIENCE_S, Listener
from syncing.selectors.realtime import online_devices, realtime
from syncing.tests.happenings import announced, device_is_paired, floor_opens

pytestmark = pytest.mark.django_db(transaction=True)
OFTEN = {"report_s": 0.05, "poll_s": 60}


@pytest.fixture(name="realtime")
def often() -> dict[str, Any]:
    return OFTEN


def till_of(owner: Member, cashier: Member) -> Member:
    """The cashier, signed in on a paired device."""
    return sign_in(cashier.membership, device=device_is_paired(owner))


def is_online(manager: Member) -> list[Any]:
    devices = orjson.loads(manager.get("sync/status/").content)["devices"]
    return [device["is_online"] for device in devices]


def soon(condition: Any) -> None:
    assert wait_until(condition, seconds=PATIENCE_S)


def test_a_device_is_on_line_as_long_as_it_has_a_socket(
    address: str, owner: Member, manager: Member, cashier: Member
) -> None:
    till = till_of(owner, cashier)
    with Listener.of(manager, address) as somebody:
        somebody.live()
        assert is_online(manager) == [False], "a manager's own telephone is no device of the house"
        with Listener.of(till, address) as first, Listener.of(till, address) as second:
            first.live()
            second.live()
            soon(lambda: is_online(manager) == [True])
            first.connection.close()
            floor_opens(owner)
            assert second.receive()["type"] == "event"
            assert is_online(manager) == [True]
        soon(lambda: is_online(manager) == [False])


def test_a_rival_does_not_see_who_is_on_line(
    address: str, owner: Member, cashier: Member, rival_owner: Member
) -> None:
    till = till_of(owner, cashier)
    with Listener.of(till, address) as listener:
        listener.live()
        soon(lambda: till.actor.device_id in (online_devices(owner.restaurant.pk) or ()))
        assert online_devices(rival_owner.restaurant.pk) == frozenset()
        assert is_online(rival_owner) == []


def test_presence_is_back_when_redis_has_forgotten_everything(
    address: str, owner: Member, cashier: Member, manager: Member
) -> None:
    till = till_of(owner, cashier)
    with Listener.of(till, address) as listener:
        listener.live()
        soon(lambda: is_online(manager) == [True])
        Redis.from_url(settings.REDIS_URL).flushdb()
        soon(lambda: is_online(manager) == [True])
        soon(lambda: (known := realtime()) is not None and known.connections == 1)


def test_nobody_knows_who_is_on_line_while_redis_is_away(
    owner: Member, cashier: Member, manager: Member, settings: Settings
) -> None:
    till_of(owner, cashier)
    away = {**settings.CACHES["default"], "LOCATION": f"redis://127.0.0.1:{free_port()}/0"}
    settings.CACHES = {"default": away}
    assert realtime() is None
    assert is_online(manager) == [None]


def test_what_is_said_lapses_by_itself(address: str, owner: Member, cashier: Member) -> None:
    """As it must when a process is killed and takes nothing back."""
    with Listener.of(till_of(owner, cashier), address) as listener:
        listener.live()
        soon(lambda: online_devices(owner.restaurant.pk))
        redis: Any = Redis.from_url(settings.REDIS_URL)
        keys = redis.keys("fynlo:realtime:process:*") + redis.keys("fynlo:realtime:online:*")
        assert len(keys) == 2
        assert all(0 < redis.pttl(key) <= 250 for key in keys)


def test_the_dashboard_is_told_of_connections_and_deliveries(address: str, owner: Member) -> None:
    with Listener.of(owner, address) as one, Listener.of(owner, address) as other:
        one.live()
        other.live()
        before = realtime()
        for _ in range(5):
            floor_opens(owner)
        one.events(5)
        other.events(5)
        told = before.deliveries if before else 0

        def is_told() -> bool:
            known = realtime()
            return known is not None and known.deliveries >= told + 10

        soon(is_told)
        known = realtime()
        assert known is not None
        assert (known.processes, known.connections) == (1, 2)
        p50, p99 = known.delivery_ms["p50"], known.delivery_ms["p99"]
        assert p50 is not None
        assert p99 is not None
        assert 0 < p50 <= p99 < PATIENCE_S * 1000
    soon(lambda: (gone := realtime()) is not None and gone.processes == 0)


def test_the_dashboard_is_told_of_clients_that_were_too_slow(address: str, owner: Member) -> None:
    with Listener.of(owner, address) as quick, Listener(address, owner.token, max_queue=1) as slow:
        quick.live()
        slow.live()
        soon(lambda: (known := realtime()) is not None and known.connections == 2)
        known = realtime()
        before = known.slow_closes if known else 0
        for seq in range(1, 81):
            announced(owner.restaurant.pk, seqs=range(seq, seq + 1), size=300_000)
            assert quick.events(1)[0]["seq"] == seq
        soon(lambda: (now := realtime()) is not None and now.slow_closes == before + 1)
        assert slow.close_code() == 4408


def test_a_lost_subscription_is_renewed_and_what_was_missed_is_read(
    address: str, owner: Member
) -> None:
    redis: Any = Redis.from_url(settings.REDIS_URL)
    with Listener.of(owner, address) as listener:
        listener.live()
        floor_opens(owner)
        assert listener.receive()["seq"] == 1
        (subscriber,) = subscribers_of(redis)
        redis.client_kill_filter(_id=subscriber)
        for _ in range(3):
            floor_opens(owner)
        assert [event["seq"] for event in listener.events(3)] == [2, 3, 4]
        soon(lambda: redis.pubsub_numsub(nudge.CHANNEL)[0][1] == 1)


def subscribers_of(redis: Any) -> list[str]:
    """Of this database: other tests have theirs in the same Redis."""
    database = str(redis.connection_pool.connection_kwargs["db"])
    clients = redis.client_list(_type="pubsub")
    return [client["id"] for client in clients if client["db"] == database]


class TestAlone:
    @pytest.fixture
    def realtime(self) -> dict[str, Any]:
        return {"poll_s": 0.2}

    def test_what_no_nudge_tells_of_is_found_in_the_log(
        self, address: str, owner: Member, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        with Listener.of(owner, address) as listener:
            listener.live()
            monkeypatch.setattr(nudge, "CHANNEL", "nobody:listens:here")
            for _ in range(3):
                floor_opens(owner)
            assert [event["seq"] for event in listener.events(3)] == [1, 2, 3]
