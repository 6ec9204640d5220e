"""What guests hold in their hands: the page in a browser, and the bytes for the printer."""

import base64
import re
from html.parser import HTMLParser
from typing import Any

import pytest
from django.test import Client
from django.utils.html import escape

from fynlo.accounts.models import Restaurant
from fynlo.testing.cast import Member
from fynlo.testing.escpos import Paper, read_escpos
from pos.models import Modifier, Product
from pos.tests.conftest import Menu, opened
from pos.tests.receipt_scene import completed, print_again, put_on_letterhead, receipt_of, settled

pytestmark = pytest.mark.django_db
SCRIPT = "<script>alert('1')</script>"
VOID = {"meta", "br", "link", "img", "path"}
GOLDEN = """\
The Copper Kettle
12 Market Street
Bath BA1 1AA
VAT GB 123 4567 82
Receipt 1
Date                     DATE
Order                                   #1
Service                           Takeaway
------------------------------------------
Burger                              £25.00
  2 × £12.50
  + Chips
  Late                              -£2.50
Cola, Large                          £4.20
------------------------------------------
Friend of the house                 -£2.67
Subtotal                            £24.03
Tip                                  £2.00
Total                               £26.03
------------------------------------------
Cash                                £30.00
Change                               £3.97
------------------------------------------
Tax                Net       Tax     Gross
Standard        £20.03     £4.00    £24.03
rate 20%
"""


class Page(HTMLParser):
    """The words of a page, and what it loads; unbalanced tags are an error."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: list[str] = []
        self.loads: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.loads += [value or "" for name, value in attrs if name in {"src", "srcset", "action"}]
        if tag not in VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        if data.strip() and "style" not in self._open:
            self.words.append(" ".join(data.split()))


def page_of(member: Member, order: dict[str, Any]) -> Page:
    response = member.get(f"orders/{order['id']}/receipt/?format=html")
    assert response["Content-Type"] == "text/html; charset=utf-8"
    return Page(response.content.decode())


def paper_of(member: Member, order: dict[str, Any]) -> Paper:
    return read_escpos(member.get(f"orders/{order['id']}/receipt/?format=escpos").content)


@pytest.fixture
def order(cashier: Member, manager: Member, menu: Menu, restaurant: Restaurant) -> dict[str, Any]:
    """Two burgers with one late, and a large cola, for a friend of the house."""
    put_on_letterhead(restaurant)
    cola: dict[str, object] = {
        "product": str(menu.cola.pk),
        "variation": str(menu.large.pk),
        "note": "no ice",
    }
    burgers = menu.line(quantity="2", note="allergic to nuts")
    sold = opened(cashier, menu.order(burgers, cola, channel="takeaway", note="window seat"))
    path, late = f"orders/{sold['id']}/", sold["lines"][0]["id"]
    off = {"kind": "amount", "value": 250, "reason": "Late", "line": late}
    manager.post(f"{path}discount/", off)
    friend = {"kind": "percent", "value": 1000, "reason": "Friend of the house"}
    manager.post(f"{path}discount/", friend)
    settled(cashier, sold, tendered=3000, tip=200)
    assert cashier.post(f"{path}complete/").status_code == 200
    return sold


def test_the_printer_gets_the_whole_receipt(cashier: Member, order: dict[str, Any]) -> None:
    printed = print_again(cashier, order)
    paper = read_escpos(base64.b64decode(printed["escpos"]))
    dated = re.sub(
        r" *\d\d \w{3} \d{4} \d\d:\d\d", "                     DATE", paper.text, count=1
    )
    hash_line = printed["receipt"]["hash"][:16]
    assert dated == f"{GOLDEN}\n{hash_line}\n"
    assert paper.qr == printed["receipt"]["url"]
    assert paper.is_cut


def test_the_page_says_what_the_paper_says(cashier: Member, order: dict[str, Any]) -> None:
    page, receipt = page_of(cashier, order), receipt_of(cashier, order)["receipt"]
    at = page.words.index("Burger")
    assert page.words[:6] == [
        "Receipt 1, The Copper Kettle",
        "The Copper Kettle",
        "12 Market Street",
        "Bath BA1 1AA",
        "VAT GB 123 4567 82",
        "Receipt 1",
    ]
    assert page.words[6] == "Copy"
    assert page.words[at:] == [
        *("Burger", "£25.00", "2 × £12.50", "+ Chips", "Late", "-£2.50"),
        *("Cola, Large", "£4.20", "Friend of the house", "-£2.67", "Subtotal", "£24.03"),
        *("Tip", "£2.00", "Total", "£26.03"),
        *("Payment", "Cash", "£30.00", "Change", "£3.97"),
        *("Tax", "Rate", "Net", "Tax", "Gross"),
        *("Standard rate 20%", "£20.03", "£4.00", "£24.03"),
        *(receipt["url"], f"SHA-256 {receipt['hash']}"),
    ]


def test_the_page_loads_nothing_and_has_one_heading(cashier: Member, order: dict[str, Any]) -> None:
    page = page_of(cashier, order)
    assert page.loads == []
    assert not {"script", "img", "link", "iframe"} & set(page.tags)
    assert (page.tags.count("h1"), page.tags.count("main"), page.tags.count("svg")) == (1, 1, 1)
    assert page.tags.count("caption") == page.tags.count("table") == 3


def test_what_was_said_to_the_kitchen_is_on_no_receipt(
    cashier: Member, order: dict[str, Any]
) -> None:
    text = cashier.get(f"orders/{order['id']}/receipt/").content.decode()
    assert not {word for word in ("allergic", "no ice", "window", "Cashier") if word in text}


def test_a_bill_says_that_it_is_none_and_has_no_code(server: Member, menu: Menu) -> None:
    sold = opened(server, menu.order(table=str(menu.table.pk)))
    paper = paper_of(server, sold)
    assert {"Bill", "NOT A RECEIPT"} <= set(paper.text.splitlines())
    assert re.search(r"^Table +12$", paper.text, re.M)
    assert re.search(r"^Service charge 12.5% +£1.56$", paper.text, re.M)
    assert re.search(r"^To pay +£14.06$", paper.text, re.M)
    assert paper.qr == ""
    assert "svg" not in page_of(server, sold).tags


def test_names_are_text_and_never_markup(
    cashier: Member, menu: Menu, restaurant: Restaurant
) -> None:
    Restaurant.objects.filter(pk=restaurant.pk).update(name=SCRIPT, address=SCRIPT)
    Product.objects.filter(pk=menu.burger.pk).update(name=SCRIPT)
    Modifier.objects.filter(pk=menu.chips.pk).update(name=SCRIPT)
    sold = completed(cashier, menu)
    for response in (
        cashier.get(f"orders/{sold['id']}/receipt/?format=html"),
        Client().get(receipt_of(cashier, sold)["receipt"]["url"]),
    ):
        text = response.content.decode()
        assert "<script" not in text
        assert text.count(escape(SCRIPT)) >= 4


def test_names_are_text_and_never_printer_commands(
    cashier: Member, manager: Member, menu: Menu
) -> None:
    Product.objects.filter(pk=menu.burger.pk).update(name="Bur\x1b@\x1dV\x01\nger 肉")
    paper = paper_of(cashier, completed(cashier, menu))
    assert re.search(r"^Bur\?@\?V\?\?ger \? +£12.50$", paper.text, re.M)


def test_long_names_are_wrapped_beside_their_amount(cashier: Member, menu: Menu) -> None:
    name = "Slow-roasted shoulder of lamb with rosemary, garlic and anchovies"
    Product.objects.filter(pk=menu.burger.pk).update(name=name)
    lines = paper_of(cashier, completed(cashier, menu)).text.splitlines()
    at = next(place for place, line in enumerate(lines) if line.startswith("Slow"))
    assert lines[at].endswith(" £12.50")
    assert max(map(len, lines)) == 42
    assert " ".join([lines[at].removesuffix("£12.50").strip(), lines[at + 1]]) == name
