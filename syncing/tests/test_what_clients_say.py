import pytest
from django.db import connection

from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member
from fynlo.testing.sockets import Listener
from pos.models import Ticket
from pos.tests.conftest import opened, stock_menu
from syncing.tests.happenings import floor_opens

pytestmark = pytest.mark.django_db(transaction=True)
MALFORMED: list[str | bytes] = [
    b"binary",
    "",
    "{",
    "[]",
    '"ping"',
    "null",
    "{}",
    '{"type":"shout"}',
    '{"type":["ping"]}',
    '{"type":"ack"}',
    '{"type":"ack","seq":"1"}',
    '{"type":"ack","seq":true}',
    '{"type":"ack","seq":-1}',
    '{"type":"ack","seq":1e3}',
    '{"type":"ack","seq":99999999999999999999}',
    "[" * 60_000,
    '{"type":"ping","x":"' + "é" * 40_000 + '"}',
]


@pytest.fixture
def ticket(restaurant: Restaurant, server: Member) -> Ticket:
    menu = stock_menu(restaurant)
    order = opened(server, menu.order())
    assert server.post(f"orders/{order['id']}/send/").status_code == 200
    return Ticket.objects.get()


def ticket_seq(listener: Listener) -> int:
    events = [m for m in listener.until("live") if m["type"] == "event"]
    seq: int = next(event["seq"] for event in events if event["entity"] == "ticket")
    return seq


def test_a_ping_is_answered(address: str, owner: Member) -> None:
    with Listener.of(owner, address) as listener:
        listener.say(type="ping")
        listener.until("pong")


def test_anything_else_closes_with_4400(address: str, owner: Member) -> None:
    for message in MALFORMED:
        with Listener.of(owner, address) as listener:
            listener.live().connection.send(message)
            assert listener.close_code() == 4400, message[:80]


def test_a_station_acknowledges_a_ticket_once_or_twice(
    address: str, kitchen: Member, ticket: Ticket
) -> None:
    with Listener.of(kitchen, address, since=0) as listener:
        seq = ticket_seq(listener)
        listener.say(type="ack", seq=seq)
        said = listener.until("acknowledged")
        if said[0]["type"] != "event":
            said = [*said, listener.receive()]
        changed = next(message for message in said if message["type"] == "event")
        assert (changed["kind"], changed["data"]["state"]) == ("ticket.acknowledged", "ACKED")
        listener.say(type="ack", seq=seq)
        assert listener.receive() == {"type": "acknowledged", "seq": seq}
    ticket.refresh_from_db()
    assert (ticket.state, ticket.version) == ("ACKED", 2)


def test_who_does_not_work_in_the_kitchen_acknowledges_nothing(
    address: str, server: Member, rival_owner: Member, ticket: Ticket
) -> None:
    with Listener.of(server, address, since=0) as listener:
        seq = ticket_seq(listener)
        listener.say(type="ack", seq=seq)
        assert listener.receive() == {"type": "refused", "seq": seq, "code": "permission_missing"}
    with Listener.of(rival_owner, address) as rival:
        rival.live().say(type="ack", seq=seq)
        rival.until("acknowledged")
    ticket.refresh_from_db()
    assert ticket.state == "NEW"


def test_an_event_that_is_no_ticket_is_left_alone(address: str, kitchen: Member) -> None:
    floor_opens(kitchen)
    with Listener.of(kitchen, address) as listener:
        listener.live()
        for seq in (1, 77):
            listener.say(type="ack", seq=seq)
            assert listener.receive() == {"type": "acknowledged", "seq": seq}
    connection.close()
