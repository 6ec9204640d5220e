"""A guest's phone: it follows the links and sends the forms that the pages show, and no others."""

import time
from dataclasses import dataclass, field
from html.parser import HTMLParser
from urllib.parse import urljoin

import httpx

PATIENCE_S = 60.0
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
    """Asks again for a page that does not come. Raises httpx.HTTPError when it never does,
    LookupError when it lacks what is pressed."""

    def __init__(self) -> None:
        self._http = httpx.Client(follow_redirects=True, timeout=20, trust_env=False)

    def scan(self, address: str) -> Reader:
        return self._shown("GET", address)

    def follow(self, page: Reader, link: str) -> Reader:
        if link not in page.links:
            raise LookupError(f"no link {link}")
        return self._shown("GET", page.links[link])

    def press(self, page: Reader, button: str, **typed: str) -> Reader:
        """Sends the form that has this button, with what was typed."""
        form = next((form for form in page.forms if button in form.buttons), None)
        if form is None:
            raise LookupError(f"no button {button}")
        name, value = form.buttons[button]
        sent = form.fields | typed | ({name: value} if name else {})
        return self._shown("POST", form.action, sent)

    def pay_by_bank(self, address: str, *, approve: bool = True) -> Reader:
        """From the code to the page that the bank sends the guest back to."""
        page = self.follow(self._scanned(address, "pay-by-bank"), "pay-by-bank")
        for button in ("Kestrel", "Log in", "Approve" if approve else "Decline"):
            page = self.press(page, button)
        return page

    def pay_by_card(self, address: str) -> Reader:
        """By the card that the stand-in for Stripe takes."""
        page = self.follow(self._scanned(address, "pay-by-card"), "pay-by-card")
        return self.press(page, "Pay", **CARD)

    def _scanned(self, address: str, link: str) -> Reader:
        """The page as soon as it has this link: it says `One moment` before."""
        give_up_at = time.monotonic() + PATIENCE_S
        page = self.scan(address)
        while link not in page.links and time.monotonic() < give_up_at:
            time.sleep(0.5)
            page = self.scan(address)
        return page

    def _shown(self, method: str, url: str, form: dict[str, str] | None = None) -> Reader:
        """A button that is pressed twice does no harm: pages have to see to that."""
        give_up_at = time.monotonic() + PATIENCE_S
        while True:
            try:
                return Reader(self._http.request(method, url, data=form).raise_for_status())
            except httpx.HTTPError:
                if time.monotonic() > give_up_at:
                    raise
                time.sleep(0.3)
