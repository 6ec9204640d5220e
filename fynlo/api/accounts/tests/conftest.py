import pytest

from fynlo.accounts.hashers import Argon2
from fynlo.accounts.services.pins import set_pin
from fynlo.api.accounts.tests.calls import PIN, Till, pair
from fynlo.testing.cast import Member


@pytest.fixture
def till(manager: Member) -> Till:
    return pair(manager)


@pytest.fixture
def waiter(server: Member) -> Member:
    """A server with a PIN."""
    set_pin(membership=server.membership, pin=PIN)
    return server


@pytest.fixture
def hashes(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """One entry for every run of Argon2, whether it makes a hash or checks one."""
    runs: list[str] = []
    for name in ("encode", "verify"):
        genuine = getattr(Argon2, name)

        def counted(self: Argon2, *args: str, _name: str = name, _run: object = genuine) -> object:
            runs.append(_name)
            return _run(self, *args)  # type: ignore[operator]

        monkeypatch.setattr(Argon2, name, counted)
    return runs
