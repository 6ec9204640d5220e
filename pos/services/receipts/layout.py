"""How a receipt reads, in words and formatted amounts: once for paper and for the browser."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from fynlo.money import for_people
from pos.services.receipts.paper import Paper


@dataclass(frozen=True, slots=True)
class Row:
    """Something and its amount; `details` stand below it."""

    label: str
    amount: str
    details: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class TaxRow:
    """One rate: what was taxed, the tax, and both together."""

    name: str
    net: str
    tax: str
    gross: str


@dataclass(frozen=True, slots=True)
class Layout:
    """A receipt from top to bottom."""

    name: str
    head: list[str]
    title: str
    mark: str
    facts: list[tuple[str, str]]
    items: list[Row]
    sums: list[Row]
    total: Row
    taxes: list[TaxRow]
    payments: list[Row]
    url: str
    hash: str


def lay_out(paper: Paper) -> Layout:
    content = paper.content
    restaurant = content["restaurant"]
    vat = [f"VAT {restaurant['vat_number']}"] if restaurant["vat_number"] else []
    return Layout(
        name=restaurant["name"],
        head=[*restaurant["address"], *vat],
        title=_title(content),
        mark=paper.mark,
        facts=_facts(content),
        items=[_item(line, content) for line in content["lines"]],
        sums=list(_sums(content)),
        total=Row("Total", _money(content["total"], content)),
        taxes=[_tax(row, content) for row in content["taxes"]],
        payments=list(_payments(content)),
        url=paper.url,
        hash=paper.hash,
    )


def _money(amount: int, content: dict[str, Any]) -> str:
    return for_people(amount, content["currency"])


def _title(content: dict[str, Any]) -> str:
    receipt = content.get("receipt")
    if receipt is None:
        return "Bill"
    corrects = receipt["corrects"]
    title = f"Receipt {receipt['number']}"
    return f"{title}, corrects receipt {corrects['number']}" if corrects else title


def _facts(content: dict[str, Any]) -> list[tuple[str, str]]:
    order, receipt = content["order"], content.get("receipt")
    at = datetime.fromisoformat(receipt["issued_at"] if receipt else order["opened_at"])
    local = at.astimezone(ZoneInfo(content["restaurant"]["time_zone"]))
    facts = [("Date", f"{local:%d %b %Y %H:%M}"), ("Order", f"#{order['number']}")]
    facts.append(("Service", order["channel"]))
    return [*facts, ("Table", order["table"])] if order["table"] else facts


def _item(line: dict[str, Any], content: dict[str, Any]) -> Row:
    details: list[tuple[str, str]] = []
    if line["quantity"] != "1":
        details.append((f"{line['quantity']} × {_money(line['unit_price'], content)}", ""))
    details += [(_modifier(row, content), "") for row in line["modifiers"]]
    details += [(row["reason"], _money(-row["amount"], content)) for row in line["discounts"]]
    name = f"{line['name']}, {line['variation']}" if line["variation"] else line["name"]
    return Row(name, _money(line["gross"], content), tuple(details))


def _modifier(row: dict[str, Any], content: dict[str, Any]) -> str:
    times = f"{row['quantity']} × " if row["quantity"] != 1 else ""
    price = f" ({_money(row['price_delta'], content)})" if row["price_delta"] else ""
    return f"+ {times}{row['name']}{price}"


def _sums(content: dict[str, Any]) -> Iterator[Row]:
    for row in content["discounts"]:
        yield Row(row["reason"], _money(-row["amount"], content))
    yield Row("Subtotal", _money(content["subtotal"], content))
    service = f"Service charge {_percent(content['service_charge_bps'])}"
    named = [(service, "service_charge"), ("Tax", "tax_added"), ("Tip", "tip")]
    for label, name in [*named, ("Rounding", "rounding")]:
        if content[name]:
            yield Row(label, _money(content[name], content))


def _percent(bps: int) -> str:
    return f"{bps / 100:g}%"


def _tax(row: dict[str, Any], content: dict[str, Any]) -> TaxRow:
    net, tax, gross = (_money(row[name], content) for name in ("net", "tax", "gross"))
    return TaxRow(f"{row['name']} {_percent(row['rate_bps'])}", net, tax, gross)


def _payments(content: dict[str, Any]) -> Iterator[Row]:
    for row in content["payments"]:
        handed = row["amount"] if row["tendered"] is None else row["tendered"]
        yield Row(row["name"], _money(handed, content))
        if row["change"]:
            yield Row("Change", _money(row["change"], content))
    if content["refunded"]:
        yield Row("Refunded", _money(content["refunded"], content))
    if content["due"] > 0:
        yield Row("To pay", _money(content["due"], content))
