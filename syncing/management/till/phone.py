"""A guest's phone: it follows the links and sends the forms that the pages show, and no others."""

from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

CARD = {"number": "4242424242424242", "expiry": "12/34", "cvc": "123"}


@dataclass
class Form:
    """What it sends: `fields` always, and what the pressed one of its `buttons` (by text) adds."""

    action: str
    fields: dict[str, str] = field(default_factory=dict)
    buttons: dict[str, tuple[str, str]] = field(default_factory=dict)


class Reader(HTMLParser):
    """What can be pressed on a page: links by id, forms by the texts of their buttons."""

    def __init__(self, page: httpx.Response) -> None:
        super().__init__()
        self.links: dict[str, str] = {}
        self.forms: list[Form] = []
        self._button: tuple[str, str] | None = None
        self._url = str(page.url)
        self.feed(page.text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "a" and "id" in given:
            self.links[given["id"]] = urljoin(self._url, given["href"])
        elif tag == "form":
            self.forms.append(Form(urljoin(self._url, given.get("action", ""))))
        elif tag == "input" and self.forms:
            self.forms[-1].fields[given.get("name", "")] = given.get("value", "")
        elif tag == "button":
            self._button = (given.get("name", ""), given.get("value", ""))

    def handle_data(self, data: str) -> None:
        if self._button and self.forms and data.strip():
            self.forms[-1].buttons[data.strip()] = self._button
            self._button = None


class Phone:
    """Raises httpx.HTTPError when a page does not come, LookupError when it lacks what is
    pressed."""

    def __init__(self) -> None:
        self._http = httpx.Client(follow_redirects=True, timeout=20, trust_env=False)

    def scan(self, address: str) -> Reader:
        return self._shown(self._http.get(address))

    def follow(self, page: Reader, link: str) -> Reader:
        if link not in page.links:
            raise LookupError(f"no link {link}")
        return self._shown(self._http.get(page.links[link]))

    def press(self, page: Reader, button: str, **typed: str) -> Reader:
        """Sends the form that has this button, with what was typed."""
        form = next((form for form in page.forms if button in form.buttons), None)
        if form is None:
            raise LookupError(f"no button {button}")
        name, value = form.buttons[button]
        sent = form.fields | typed | ({name: value} if name else {})
        return self._shown(self._http.post(form.action, data=sent))

    def pay_by_bank(self, address: str, *, approve: bool = True) -> Reader:
        """From the code to the page that the bank sends the guest back to."""
        page = self.follow(self.scan(address), "pay-by-bank")
        for button in ("Kestrel", "Log in", "Approve" if approve else "Decline"):
            page = self.press(page, button)
        return page

    def pay_by_card(self, address: str) -> Reader:
        """By the card that the stand-in for Stripe takes."""
        page = self.follow(self.scan(address), "pay-by-card")
        return self.press(page, "Pay", **CARD)

    def _shown(self, response: httpx.Response) -> Reader:
        return Reader(response.raise_for_status())
