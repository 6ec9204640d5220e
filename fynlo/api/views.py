"""The base of every API view: it reads the declared input, calls one service, answers bytes."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from functools import cache, cached_property
from typing import Any, ClassVar, NoReturn, TypeVar
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request
from rest_framework.viewsets import ViewSet

from fynlo.accounts.actor import Actor, DeviceActor
from fynlo.accounts.choices import Permission
from fynlo.accounts.services.approvals import approve
from fynlo.api import errors
from fynlo.api.authentication import (
    BearerAuthentication,
    DeviceAuthentication,
    session_named_by,
)
from fynlo.api.idempotency import KEY_FORM, Claim, fingerprint_of, run
from fynlo.api.inputs import validator
from fynlo.api.operations import VERSION_FORM, Access, Operation
from fynlo.api.pages import ETAG_LENGTH, PAGES, Page, page_of, tagged
from fynlo.api.phases import run_in_phases
from fynlo.api.rates import Standing, address_of, spend, spend_each
from fynlo.cache.namespaces import Namespace
from fynlo.cache.reading import remember
from fynlo.clock import utc_now
from fynlo.db import Intent, new_id
from fynlo.documents import Document
from fynlo.errors import NotFound
from fynlo.events.reading import last_seq

T = TypeVar("T")
_A_KEY = re.compile(KEY_FORM)
_A_VERSION = re.compile(VERSION_FORM)


class Endpoint(ViewSet):
    """An action is a method marked with `@operation(…)`; one without it is denied.

    `rate` names the stricter limit that the actions of this endpoint also count against: by
    device when a device asks, for its restaurant has one address, and by address otherwise.
    """

    http_method_names = ["get", "head", "post", "patch", "delete"]
    rate: ClassVar[str] = ""
    lookup_value_converter = "uuid"
    operation: Operation | None
    standing: Standing | None

    @property
    def actor(self) -> Actor:
        caller: Actor = self.request.user  # type: ignore[assignment]
        return caller

    @cached_property
    def now(self) -> datetime:
        return utc_now()

    def initialize_request(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Request:
        name = self.action_map.get((request.method or "").lower(), "")
        self.operation = getattr(getattr(self, name, None), "operation", None)
        return super().initialize_request(request, *args, **kwargs)

    def get_authenticators(self) -> list[BaseAuthentication]:
        access = self.operation.access if self.operation else Access.SIGNED_IN
        if access is Access.PUBLIC:
            return []
        if access is Access.MEMBER_OR_DEVICE:
            return [BearerAuthentication(), DeviceAuthentication()]
        return [DeviceAuthentication() if access is Access.DEVICE else BearerAuthentication()]

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        if self.action_map.get((request.method or "").lower()) is None:
            raise errors.MethodNotAllowed
        if "Transfer-Encoding" in request.headers and "Content-Length" not in request.headers:
            raise errors.LengthRequired
        self._count(request)
        super().initial(request, *args, **kwargs)
        self._count_by_device(request.user)
        self._refuse_unknown_query(request)
        if not _A_KEY.fullmatch(request.headers.get("Idempotency-Key", "none")):
            raise errors.IdempotencyKeyInvalid

    def _count(self, request: Request) -> None:
        """By address, and by session where a token names one: before anything else is asked."""
        address = address_of(request._request)
        limits = {self.rate: address} if self.rate and not self._is_for_devices else {}
        limits["address"] = address
        if any(isinstance(one, BearerAuthentication) for one in request.authenticators or ()):
            session_id = session_named_by(request)
            limits |= {"token": str(session_id)} if session_id else {}
        self.standing = spend_each(limits)

    def _count_by_device(self, caller: object) -> None:
        if isinstance(caller, DeviceActor):
            if self.rate:
                spend(self.rate, str(caller.device_id))
            self.standing = spend("token", str(caller.device_id))

    @property
    def _is_for_devices(self) -> bool:
        return self.operation is not None and self.operation.access is Access.DEVICE

    def _refuse_unknown_query(self, request: Request) -> None:
        query: Any = self.operation.query if self.operation else None
        given = request.query_params.keys()
        unknown = sorted(given - _names(query)) if given else []
        if unknown:
            detail = "There is no such query parameter."
            rows = [{"field": n[:80], "code": "unknown_field", "detail": detail} for n in unknown]
            raise errors.InputInvalid(extra={"errors": rows})

    def finalize_response(self, request: Request, response: Any, *args: Any, **kwargs: Any) -> Any:
        standing = getattr(self, "standing", None)
        for name, value in (standing.headers() if standing else {}).items():
            response.headers.setdefault(name, value)
        return super().finalize_response(request, response, *args, **kwargs)

    def http_method_not_allowed(self, request: Any, *args: Any, **kwargs: Any) -> NoReturn:
        raise errors.MethodNotAllowed

    # Input

    def body(self) -> dict[str, Any]:
        """The validated body. Raises InputInvalid by way of DRF's ValidationError."""
        assert self.operation
        assert self.operation.body
        return self._validated(self.operation.body, self.request.data)

    @cached_property
    def query(self) -> dict[str, Any]:
        """The validated query parameters."""
        assert self.operation
        assert self.operation.query
        return self._validated(self.operation.query, self.request.query_params.dict())

    def filters(self) -> dict[str, Any]:
        """The query parameters of a list without those of its paging."""
        return {name: self.query[name] for name in self.query.keys() - {"limit", "cursor"}}

    def _validated(self, serializer_class: Any, data: Any) -> dict[str, Any]:
        validated: dict[str, Any] = validator(serializer_class).run_validation(data)
        return validated

    @cached_property
    def fingerprint(self) -> str:
        return fingerprint_of(self.request.data)

    def expected_version(self, data: dict[str, Any]) -> int | None:
        """From `If-Match` or the body's `version`, which is taken out of `data`.

        Raises VersionRequired when the operation is versioned and neither is given.
        """
        in_body = data.pop("version", None)
        header = self.request.headers.get("If-Match", "*").strip()
        if header != "*" and not _A_VERSION.fullmatch(header):
            raise errors.VersionRequired
        expected = in_body if header == "*" else _version_in(header)
        if expected is None and self.operation and self.operation.versioned:
            raise errors.VersionRequired
        return expected

    def approver(self, data: dict[str, Any], permission: Permission) -> UUID | None:
        """The membership id of whoever `approver` in `data` names, which is taken out of it.

        None when nobody is named. Call before the write: tries are counted in a transaction of
        their own. Raises ApproverRefused, PinLocked.
        """
        given = data.pop("approver", None)
        if given is None:
            return None
        return approve(
            place=self.actor.device_id or self.actor.membership_id,
            restaurant_id=self.actor.restaurant_id,
            permission=permission,
            now=self.now,
            **given,
        )

    # Output

    def answer(self, text: str | bytes, *, status: int = 200, etag: str = "") -> HttpResponse:
        """JSON text as the response; 304 when the caller already has this `etag`."""
        known = self.request.headers.get("If-None-Match", "")
        if etag and etag in [tag.strip().removeprefix("W/") for tag in known.split(",")]:
            response = HttpResponse(status=304)
        else:
            response = HttpResponse(text, status=status, content_type="application/json")
        if etag:
            response["ETag"] = etag
        return response

    def one(self, document: Document, rows: QuerySet[Any], pk: UUID) -> HttpResponse:
        """One entity of these rows. Raises NotFound."""
        found = document.annotated(rows.filter(pk=pk)).values_list("version", "document").first()
        if found is None:
            raise NotFound
        return self.answer(found[1], etag=_tag(document, *found))

    def page(
        self,
        document: Document,
        rows: QuerySet[Any],
        *,
        order: tuple[str, ...],
        is_logged: bool = False,
        kept_in: Namespace | None = None,
    ) -> HttpResponse:
        """A page of these rows; `limit` and `cursor` come from the query.

        `is_logged`: nothing in them changes without an event of the restaurant, so that a page is
        cached under the number of the newest one. `kept_in`: or this namespace forgets whatever
        changes in them.
        """
        page = Page(self.query["limit"], self.query.get("cursor"))

        def load() -> bytes:
            return tagged(page_of(rows, document=document, order=order, page=page))

        restaurant_id = self.actor.restaurant_id
        asked = hashlib.blake2b(repr(sorted(self.query.items())).encode(), digest_size=16)
        name = f"{document.name}:{asked.hexdigest()}"
        if kept_in:
            found = remember(kept_in, restaurant_id, name, load)
        elif is_logged:
            # The number is read first: the page is at least as new as it says.
            found = remember(PAGES, restaurant_id, f"{last_seq(restaurant_id)}:{name}", load)
        else:
            found = load()
        return self.answer(found[ETAG_LENGTH:], etag=found[:ETAG_LENGTH].decode())

    # Writes

    def write(self, service: Callable[..., str], **arguments: Any) -> HttpResponse:
        """Call the service in one transaction and answer with the document it returns."""
        return self._write(lambda: self._changed(service, arguments))

    def make(self, service: Callable[..., tuple[str, bool]], **arguments: Any) -> HttpResponse:
        """Call a service that creates and returns `(document, is_new)`.

        It receives `pk` (the client's own, or a new one) and, when the client made the id, the
        request's `fingerprint`, by which a repetition is known.
        201 with Location when it is new, 200 when the very same request made it before.
        """
        given = arguments.pop("id", None)
        arguments["pk"] = given or new_id()
        arguments["fingerprint"] = self.fingerprint if given else ""
        return self._write(lambda: self._created(service, arguments))

    def in_phases(
        self,
        prepare: Callable[..., Intent],
        *,
        call: Callable[..., T],
        finish: Callable[..., str],
        **arguments: Any,
    ) -> HttpResponse:
        """Like `write`, or `make` where the operation answers 201, but asks somebody outside
        between two transactions: see `fynlo.api.phases`.

        `call(intent=, now=)` and `finish(intent=, outcome=, by=, now=)` read the clock anew.
        """
        creates = self.operation is not None and self.operation.status == 201
        if creates:
            given = arguments.pop("id", None)
            arguments["pk"] = given or new_id()
            arguments["fingerprint"] = self.fingerprint if given else ""

        def answered(intent: Intent, outcome: T) -> HttpResponse:
            text = finish(intent=intent, outcome=outcome, by=self.actor, now=utc_now())
            response = self.answer(text, status=201 if creates and intent.is_new else 200)
            if creates:
                response["Location"] = self.location_of(intent.entity)
            return response

        return run_in_phases(
            self._claim(),
            prepare=lambda: prepare(by=self.actor, now=self.now, **arguments),
            call=lambda intent: call(intent=intent, now=utc_now()),
            finish=answered,
        )

    def _changed(self, service: Callable[..., str], arguments: dict[str, Any]) -> HttpResponse:
        text = service(by=self.actor, now=self.now, **arguments)
        status = self.operation.status if self.operation else 200
        return self.answer(text, status=status) if text else HttpResponse(status=204)

    def _created(
        self, service: Callable[..., tuple[str, bool]], arguments: dict[str, Any]
    ) -> HttpResponse:
        text, is_new = service(by=self.actor, now=self.now, **arguments)
        response = self.answer(text, status=201 if is_new else 200)
        response["Location"] = self.location_of(arguments["pk"])
        return response

    def location_of(self, pk: UUID) -> str:
        """Where what was created is read."""
        return f"{self.request.path}{pk}/"

    def _write(self, work: Callable[[], HttpResponse]) -> HttpResponse:
        return run(self._claim(), work)

    def _claim(self) -> Claim | None:
        key = self.request.headers.get("Idempotency-Key")
        if key is None:
            if self.operation and self.operation.money:
                raise errors.IdempotencyKeyRequired
            return None
        request = self.request
        return Claim.of(
            restaurant_id=self.actor.restaurant_id,
            parts=(str(self.actor.user_id), request.method or "", request.path, key),
            fingerprint=self.fingerprint,
            now=self.now,
        )


@cache
def _names(query: Any) -> frozenset[str]:
    return frozenset(query().fields) if query else frozenset()


def _tag(document: Document, version: int, text: str) -> str:
    """The version; where the document shows what belongs to another entity, which may change
    without it, a digest of it all as well."""
    if not document.shows_others:
        return f'"{version}"'
    digest = hashlib.blake2b(text.encode(), digest_size=8).hexdigest()
    return f'"{version}-{digest}"'


def _version_in(tag: str) -> int:
    return int(tag.removeprefix("W/").strip('"').partition("-")[0])
