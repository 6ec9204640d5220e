import pytest

from fynlo.accounts.errors import PinNotAccepted
from fynlo.accounts.services.pins import set_pin
from fynlo.testing.cast import Member

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("pin", ["8305", "1212", "24680", "12346789", "9021"])
def test_a_pin_is_kept_as_a_hash(server: Member, pin: str) -> None:
    set_pin(membership=server.membership, pin=pin)
    server.membership.refresh_from_db()
    assert server.membership.pin_hash.startswith("argon2")
    assert pin not in server.membership.pin_hash


@pytest.mark.parametrize("pin", ["", "123", "123456789", "12a4", "١٢٣٤", "12 34", "-123"])
def test_anything_but_4_to_8_digits_is_no_pin(server: Member, pin: str) -> None:
    with pytest.raises(PinNotAccepted, match="4 to 8 digits"):
        set_pin(membership=server.membership, pin=pin)


@pytest.mark.parametrize(
    "pin", ["0000", "99999999", "1234", "0123", "7890", "4321", "98765432", "3210", "0987"]
)
def test_a_pin_that_is_tried_first_is_refused(server: Member, pin: str) -> None:
    with pytest.raises(PinNotAccepted, match="too easy"):
        set_pin(membership=server.membership, pin=pin)
    server.membership.refresh_from_db()
    assert server.membership.pin_hash == ""
