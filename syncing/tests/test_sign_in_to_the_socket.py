from datetime import timedelta

import pytest
from django.conf import settings
from websockets.exceptions import InvalidStatus

from fynlo.accounts.models import Session
from fynlo.api.tokens import access_token, refresh_token
from fynlo.clock import utc_now
from fynlo.testing.cast import Member, hire, sign_in
from fynlo.testing.sockets import Listener
from syncing.tests.happenings import (
    device_is_paired,
    device_is_revoked,
    floor_opens,
    session_ends,
)

pytestmark = pytest.mark.django_db(transaction=True)


def token_that_lasts(member: Member, seconds: float) -> str:
    start = utc_now() - settings.ACCESS_TOKEN_LIFETIME + timedelta(seconds=seconds)
    return access_token(member.session, now=start)


def test_a_token_is_taken_from_the_header_or_the_subprotocols(address: str, owner: Member) -> None:
    with Listener(address, owner.token) as native:
        assert native.until("live")[0]["type"] == "hello"
    offered = ["fynlo.v1", f"bearer.{owner.token}"]
    with Listener(address, None, subprotocols=offered) as browser:
        assert browser.until("live")[0]["type"] == "hello"
        assert browser.connection.subprotocol == "fynlo.v1"


def test_a_token_in_the_address_is_not_a_token(address: str, owner: Member) -> None:
    with Listener(address, None, query={"token": owner.token}) as listener:
        assert listener.close_code() == 4401


def test_without_a_good_token_the_socket_closes_with_4401(address: str, owner: Member) -> None:
    tokens = {
        "none": None,
        "nonsense": "abc",
        "forged": owner.token[:-4] + "AAAA",
        "expired": token_that_lasts(owner, -1),
        "refresh": refresh_token(owner.session),
    }
    for kind, token in tokens.items():
        with Listener(address, token) as listener:
            assert listener.close_code() == 4401, kind


def test_a_strange_origin_is_refused_and_our_own_is_not(address: str, owner: Member) -> None:
    with pytest.raises(InvalidStatus) as refused:
        Listener(address, owner.token, origin="https://elsewhere.example")
    assert refused.value.response.status_code == 403
    with Listener(address, owner.token, origin=settings.ALLOWED_ORIGINS[0]) as listener:
        listener.live()


def test_another_path_is_refused(address: str, owner: Member) -> None:
    with pytest.raises(InvalidStatus):
        Listener(address.replace("events", "secrets"), owner.token)


def test_a_malformed_question_closes_with_4400(address: str, owner: Member) -> None:
    bad_since = ("-1", "x", "", "1.5", "٣", str(2**63), "9" * 5000)
    bad_streams = ("", "orders,", "orders,gossip", "Orders")
    queries = [{"since": since} for since in bad_since]
    queries += [{"streams": streams} for streams in bad_streams]
    for query in queries:
        with Listener.of(owner, address, **query) as listener:
            assert listener.close_code() == 4400, query


def test_a_stream_that_the_role_may_not_see_closes_with_4403(address: str, kitchen: Member) -> None:
    with Listener.of(kitchen, address, streams="kitchen,payments") as listener:
        assert listener.close_code() == 4403
    with Listener.of(kitchen, address, streams="kitchen,orders") as listener:
        listener.live()


def test_an_ended_session_cannot_connect(address: str, owner: Member, server: Member) -> None:
    session_ends(server)
    with Listener.of(server, address) as listener:
        assert listener.close_code() == 4403


def test_ending_a_session_closes_its_sockets_and_no_others(
    address: str, owner: Member, server: Member
) -> None:
    colleague = hire(server.restaurant, server.actor.role, name="colleague")
    with (
        Listener.of(server, address) as ended,
        Listener.of(server, address, streams="menu") as ended_too,
        Listener.of(colleague, address) as other,
    ):
        for listener in (ended, ended_too, other):
            listener.live()
        session_ends(server)
        floor_opens(owner)
        assert (ended.close_code(), ended_too.close_code()) == (4403, 4403)
        assert other.events(1)[0]["kind"] == "floor.created"


def test_revoking_a_device_closes_its_sockets(address: str, owner: Member, server: Member) -> None:
    device = device_is_paired(owner)
    on_till = sign_in(server.membership, device=device)
    with Listener.of(on_till, address) as listener:
        listener.live()
        device_is_revoked(device, owner)
        assert listener.close_code() == 4403
    with Listener.of(on_till, address) as listener:
        assert listener.close_code() == 4403


def test_the_socket_closes_when_its_token_expires(address: str, owner: Member) -> None:
    with Listener(address, token_that_lasts(owner, 2)) as listener:
        listener.live()
        assert listener.close_code() == 4401


@pytest.mark.parametrize("realtime", [{"heartbeat_s": 0.1}])
def test_a_new_token_keeps_the_socket_open(address: str, owner: Member) -> None:
    first = token_that_lasts(owner, 2)
    expiry = utc_now() + timedelta(seconds=2)
    with Listener(address, first) as listener:
        listener.live().say(type="auth", token=owner.token)
        assert listener.until("authenticated")[-1]["expires_at"].endswith("Z")
        while utc_now() < expiry:
            listener.until("heartbeat")
        listener.say(type="ping")
        listener.until("pong")


def test_a_token_of_somebody_else_does_not_renew(
    address: str, owner: Member, manager: Member, rival_owner: Member
) -> None:
    for token in (manager.token, rival_owner.token):
        with Listener.of(owner, address) as listener:
            listener.live().say(type="auth", token=token)
            assert listener.close_code() == 4403
    with Listener.of(owner, address) as listener:
        listener.live().say(type="auth", token="abc")
        assert listener.close_code() == 4401


def test_a_token_of_an_ended_session_does_not_renew(address: str, owner: Member) -> None:
    later = sign_in(owner.membership)
    Session.objects.filter(pk=later.session.pk).update(revoked_at=utc_now())
    with Listener.of(owner, address) as listener:
        listener.live().say(type="auth", token=later.token)
        assert listener.close_code() == 4403


@pytest.mark.parametrize("realtime", [{"sockets_per_session": 2}, {"sockets_per_process": 2}])
def test_too_many_sockets_close_with_4429(address: str, owner: Member) -> None:
    with Listener.of(owner, address) as first, Listener.of(owner, address) as second:
        first.live()
        second.live()
        with Listener.of(owner, address) as third:
            assert third.close_code() == 4429
