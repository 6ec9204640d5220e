"""The operations of the API that the stand-in knows: address, parameters, work."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from payments.sandbox.stripe import intents, methods, reading, refunds, shapes
from payments.sandbox.stripe.books import Books
from payments.sandbox.stripe.form import text
from payments.sandbox.stripe.refusals import Answer, Json

Work = Callable[[Books, Json, str], Answer]


@dataclass(frozen=True)
class Operation:
    """`public`: the publishable key may ask for it, with the intent's client secret if any."""

    name: str
    method: str
    path: str
    shape: Mapping[str, Any]
    work: Work
    required: tuple[str, ...] = field(default=())
    public: bool = False


def _creating(work: Callable[[Books, Json], Answer]) -> Work:
    return lambda books, params, _: work(books, params)


def _intent(work: Callable[[Books, Json, Json], Answer]) -> Work:
    return lambda books, params, name: work(
        books, books.store.one(books.account, "payment_intent", name), params
    )


def _read(kind: str) -> Work:
    return lambda books, _, name: Answer(200, books.store.one(books.account, kind, name))


def _list(kind: str, path: str) -> Work:
    return lambda books, params, _: reading.listed(books, kind, path, params)


def _read_method(books: Books, _: Json, name: str) -> Answer:
    return Answer(200, methods.find_method(books, name))


def _search_intents(books: Books, params: Json, _: str) -> Answer:
    return reading.searched(books, "payment_intent", "/v1/payment_intents/search", params)


def _add_domain(books: Books, params: Json) -> Answer:
    active = {"status": "active"}
    made = books.store.make(
        books.account,
        "payment_method_domain",
        domain_name=params["domain_name"],
        enabled=params.get("enabled", True),
        apple_pay=active,
        google_pay=active,
        link=active,
    )
    return Answer(200, made)


INTENTS = "/v1/payment_intents"
INTENT = f"{INTENTS}/{{name}}"
OPERATIONS = (
    Operation(
        "payment_intents.create",
        "POST",
        INTENTS,
        shapes.CREATE,
        _creating(intents.create),
        required=("amount", "currency"),
    ),
    Operation(
        "payment_intents.list",
        "GET",
        INTENTS,
        shapes.LIST,
        _list("payment_intent", INTENTS),
    ),
    Operation(
        "payment_intents.search",
        "GET",
        f"{INTENTS}/search",
        shapes.SEARCH,
        _search_intents,
        required=("query",),
    ),
    Operation(
        "payment_intents.retrieve",
        "GET",
        INTENT,
        shapes.RETRIEVE,
        _read("payment_intent"),
        public=True,
    ),
    Operation(
        "payment_intents.confirm",
        "POST",
        f"{INTENT}/confirm",
        {**shapes.CONFIRM, "client_secret": text},
        _intent(intents.confirm),
        public=True,
    ),
    Operation(
        "payment_intents.capture",
        "POST",
        f"{INTENT}/capture",
        shapes.CAPTURE,
        _intent(intents.capture_intent),
    ),
    Operation(
        "payment_intents.cancel", "POST", f"{INTENT}/cancel", shapes.CANCEL, _intent(intents.cancel)
    ),
    Operation(
        "payment_methods.create",
        "POST",
        "/v1/payment_methods",
        {**shapes.METHOD_DATA, "expand": shapes.EXPAND},
        _creating(methods.make_method),
        required=("type",),
        public=True,
    ),
    Operation(
        "payment_methods.retrieve",
        "GET",
        "/v1/payment_methods/{name}",
        shapes.VALIDATE,
        _read_method,
    ),
    Operation(
        "tokens.create",
        "POST",
        "/v1/tokens",
        shapes.TOKEN,
        _creating(methods.make_token),
        public=True,
    ),
    Operation("tokens.retrieve", "GET", "/v1/tokens/{name}", shapes.VALIDATE, _read("token")),
    Operation("refunds.create", "POST", "/v1/refunds", shapes.REFUND, _creating(refunds.refund)),
    Operation(
        "refunds.list", "GET", "/v1/refunds", shapes.LIST_REFUNDS, _list("refund", "/v1/refunds")
    ),
    Operation("refunds.retrieve", "GET", "/v1/refunds/{name}", shapes.VALIDATE, _read("refund")),
    Operation("charges.retrieve", "GET", "/v1/charges/{name}", shapes.VALIDATE, _read("charge")),
    Operation(
        "charges.list", "GET", "/v1/charges", shapes.LIST_REFUNDS, _list("charge", "/v1/charges")
    ),
    Operation(
        "balance_transactions.list",
        "GET",
        "/v1/balance_transactions",
        shapes.LIST_TRANSACTIONS,
        _list("balance_transaction", "/v1/balance_transactions"),
    ),
    Operation(
        "balance_transactions.retrieve",
        "GET",
        "/v1/balance_transactions/{name}",
        shapes.VALIDATE,
        _read("balance_transaction"),
    ),
    Operation(
        "disputes.list",
        "GET",
        "/v1/disputes",
        shapes.LIST_REFUNDS,
        _list("dispute", "/v1/disputes"),
    ),
    Operation("disputes.retrieve", "GET", "/v1/disputes/{name}", shapes.VALIDATE, _read("dispute")),
    Operation("events.retrieve", "GET", "/v1/events/{name}", shapes.VALIDATE, _read("event")),
    Operation(
        "payment_method_domains.create",
        "POST",
        "/v1/payment_method_domains",
        shapes.DOMAIN,
        _creating(_add_domain),
        required=("domain_name",),
    ),
    Operation(
        "payment_method_domains.validate",
        "POST",
        "/v1/payment_method_domains/{name}/validate",
        shapes.VALIDATE,
        _read("payment_method_domain"),
    ),
)
