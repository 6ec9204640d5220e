"""`manage.py verify_receipts` against every way in which a stored receipt can be changed."""

import hashlib
from collections.abc import Callable
from decimal import Decimal
from io import StringIO
from typing import Any
from uuid import UUID

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from fynlo.accounts.models import Restaurant
from fynlo.accounts.selectors import Letterhead
from fynlo.clock import utc_now
from fynlo.db import new_id
from fynlo.testing.cast import Member
from pos.models import Order, OrderLine, Receipt, ReceiptChain
from pos.selectors.receipts import GENESIS, Link, links
from pos.services.receipts.content import canonical, content_of, identity_of
from pos.services.receipts.verifying import Fault, Verdict, verify_links
from pos.tests.conftest import Menu, opened
from pos.tests.receipt_scene import completed

pytestmark = pytest.mark.django_db
HOUSE = UUID("01936f00-c0bb-7e00-8000-000000000001")
LENGTH = 7
TEXTS = ("content", "hash", "previous_hash")


def chain(length: int = LENGTH) -> list[Link]:
    """Receipts of one house, as they were issued."""
    found: list[Link] = []
    for number in range(1, length + 1):
        found.append(_link(number, found[-1].hash if found else GENESIS))
    return found


def _link(number: int, previous_hash: str) -> Link:
    now = utc_now()
    order = Order(restaurant_id=HOUSE, number=number, business_date=now.date(), opened_at=now)
    receipt = Receipt(
        id=new_id(), order=order, number=number, previous_hash=previous_hash, issued_at=now
    )
    line = OrderLine(name="Käse 🧀", quantity=Decimal(1), unit_price=number)
    issuer = Letterhead("The Kettle", "", "", "UTC")
    content = content_of(order, [line], [], issuer=issuer)
    text = canonical({"receipt": identity_of(receipt, first=None), **content})
    digest = hashlib.sha256(text.encode()).hexdigest()
    return Link(number, receipt.pk, order.pk, None, now, previous_hash, digest, text)


def faults_of(links: list[Link]) -> list[Fault]:
    return list(verify_links(HOUSE, links, Verdict()))


def flipped(text: str, place: int, to: int) -> str:
    """The text with one byte of its UTF-8 changed to another."""
    raw = bytearray(text.encode())
    place %= len(raw)
    raw[place] = to if raw[place] != to else (to + 1) % 128
    return raw.decode("utf-8", "replace")


@pytest.fixture(scope="module")
def whole() -> list[Link]:
    return chain()


def test_an_untouched_chain_has_no_fault(whole: list[Link]) -> None:
    verdict = Verdict()
    assert list(verify_links(HOUSE, whole, verdict)) == []
    assert (verdict.checked, verdict.number, verdict.hash) == (LENGTH, LENGTH, whole[-1].hash)


@given(
    st.integers(0, LENGTH - 1),
    st.sampled_from(TEXTS),
    st.integers(0, 10_000),
    st.integers(32, 126),
)
def test_any_changed_byte_is_found_and_named(
    whole: list[Link], place: int, column: str, at: int, to: int
) -> None:
    link = whole[place]
    changes: dict[str, Any] = {column: flipped(getattr(link, column), at, to)}
    changed = link._replace(**changes)
    found = faults_of([*whole[:place], changed, *whole[place + 1 :]])
    assert found
    assert found[0].number == link.number


@given(st.integers(0, LENGTH - 1), st.integers(-5, 50), st.uuids())
def test_any_other_number_order_or_id_is_found_and_named(
    whole: list[Link], place: int, number: int, other: UUID
) -> None:
    link = whole[place]
    changes: list[dict[str, Any]] = [{"order_id": other}, {"id": other}, {"corrects_id": other}]
    changes += [{"number": number}] if number != link.number else []
    for change in changes:
        changed = link._replace(**change)
        found = faults_of([*whole[:place], changed, *whole[place + 1 :]])
        assert changed.number in {fault.number for fault in found}
        assert str(next(iter(change.values()))) in " ".join(fault.detail for fault in found) or (
            found[0].number == number
        )


@given(st.integers(0, LENGTH - 2), st.integers(1, LENGTH))
def test_missing_receipts_are_counted(whole: list[Link], place: int, count: int) -> None:
    rest = whole[place + count :]
    if not rest:
        return
    found = faults_of([*whole[:place], *rest])
    assert found[0].number == rest[0].number
    assert found[0].detail.startswith(f"{place + 1}")
    assert "missing before it" in found[0].detail


def test_a_receipt_that_was_written_anew_with_its_hash_breaks_the_next_link(
    whole: list[Link],
) -> None:
    content = whole[2].content.replace("Käse", "Brot")
    digest = hashlib.sha256(content.encode()).hexdigest()
    forged = whole[2]._replace(content=content, hash=digest)
    assert faults_of([*whole[:2], forged, *whole[3:]]) == [
        Fault(4, "it does not follow from the receipt before it")
    ]


# The command, over what the API issued


@pytest.fixture
def issued(cashier: Member, menu: Menu) -> list[Receipt]:
    for _ in range(4):
        completed(cashier, menu)
    return list(Receipt.objects.order_by("number"))


@pytest.fixture
def other(cashier: Member, menu: Menu) -> str:
    """An order that nobody has paid."""
    return str(opened(cashier, menu.order())["id"])


@pytest.fixture
def tamper() -> Callable[[str], None]:
    """Runs SQL as somebody who may switch the triggers off."""

    def run(sql: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("ALTER TABLE pos_receipt DISABLE TRIGGER receipt_stays")
            cursor.execute(sql)

    return run


def verified(**options: Any) -> tuple[str, str]:
    """What the command says, and of which faults it complains."""
    out, err = StringIO(), StringIO()
    try:
        call_command("verify_receipts", stdout=out, stderr=err, **options)
    except CommandError as error:
        err.write(str(error))
    return out.getvalue(), err.getvalue()


def test_the_command_finds_nothing_wrong_with_what_was_issued(
    issued: list[Receipt], restaurant: Restaurant
) -> None:
    last = issued[-1].hash
    assert verified() == (f"{restaurant.pk} 4 receipts, 0 faults, ends in {last}\n", "")


@pytest.mark.parametrize(
    ("sql", "said"),
    [
        (
            "UPDATE pos_receipt SET content = overlay(content placing '!' from 100 for 1)"
            " WHERE number = 3",
            "receipt 3: its content and its hash do not belong together",
        ),
        ("UPDATE pos_receipt SET number = 9 WHERE number = 4", "receipt 9: 4 to 8 missing"),
        ("UPDATE pos_receipt SET order_id = {other} WHERE number = 2", "receipt 2: its order is"),
        (
            "UPDATE pos_receipt SET issued_at = issued_at + interval '1 hour' WHERE number = 2",
            "receipt 2: its instant is",
        ),
        (
            "DELETE FROM pos_receipt WHERE number = 4",
            "receipt 4: the chain ends in it, but the last one that is there is 3",
        ),
        ("DELETE FROM pos_receipt WHERE number = 2", "receipt 3: 2 missing before it"),
        ("UPDATE pos_receiptchain SET number = 3", "receipt 4: the chain ends in 3, before this"),
        ("UPDATE pos_receiptchain SET hash = 'x'", "receipt 4: the chain ends in another hash"),
        ("DELETE FROM pos_receiptchain", "receipt 4: the chain ends in 0, before this receipt"),
    ],
)
def test_the_command_names_what_was_changed(
    other: str, issued: list[Receipt], tamper: Callable[[str], None], sql: str, said: str
) -> None:
    tamper(sql.replace("{other}", f"'{other}'"))
    out, err = verified()
    assert said in err
    assert "faults" in err.splitlines()[-1]
    assert "0 faults" not in out


def test_the_command_looks_at_one_restaurant_when_it_is_named(
    issued: list[Receipt], rival_restaurant: Restaurant, restaurant: Restaurant
) -> None:
    ReceiptChain.objects.create(restaurant=rival_restaurant, number=1, hash="x")
    assert "faults" in verified()[1]
    assert verified(restaurant=restaurant.pk)[1] == ""
    assert verified(restaurant=str(rival_restaurant.pk))[1] != ""


def test_the_chain_is_read_in_batches(
    issued: list[Receipt], restaurant: Restaurant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pos.selectors.receipts.BATCH", 2)
    assert [link.number for link in links(restaurant.pk)] == [1, 2, 3, 4]
