"""Every error as RFC 9457 problem+json: one shape, a stable code, a sentence that helps."""

import logging
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import orjson
from django.core.exceptions import PermissionDenied, RequestDataTooBig, SuspiciousOperation
from django.db import IntegrityError, InterfaceError, OperationalError
from django.http import Http404, HttpResponse
from psycopg2 import errorcodes
from rest_framework import exceptions

from fynlo import errors
from fynlo.api import errors as api_errors
from fynlo.events.log import current_request_id
from fynlo.pool.elastic import Exhausted

logger = logging.getLogger(__name__)
CONTENT_TYPE = "application/problem+json"

_FRAMEWORK: list[tuple[tuple[type[Exception], ...], type[errors.DomainError]]] = [
    ((Http404, exceptions.NotFound), errors.NotFound),
    ((PermissionDenied, exceptions.PermissionDenied), errors.PermissionMissing),
    ((exceptions.NotAuthenticated, exceptions.AuthenticationFailed), api_errors.NotSignedIn),
    ((exceptions.MethodNotAllowed,), api_errors.MethodNotAllowed),
    ((exceptions.UnsupportedMediaType,), api_errors.MediaTypeUnsupported),
    ((exceptions.Throttled,), api_errors.RateLimited),
    ((RequestDataTooBig,), api_errors.BodyTooLarge),
    ((exceptions.ParseError, SuspiciousOperation), api_errors.Malformed),
    ((Exhausted,), errors.PoolExhausted),
    ((OperationalError, InterfaceError), errors.DependencyDown),
]
_BY_SQLSTATE: dict[str, type[errors.DomainError]] = {
    errorcodes.UNIQUE_VIOLATION: errors.AlreadyExists,
    errorcodes.FOREIGN_KEY_VIOLATION: errors.UnknownReference,
}
_BY_STATUS: dict[int, type[errors.DomainError]] = {
    400: api_errors.Malformed,
    403: errors.PermissionMissing,
    404: errors.NotFound,
    405: api_errors.MethodNotAllowed,
    413: api_errors.BodyTooLarge,
}


def handle(error: Exception, context: dict[str, Any]) -> HttpResponse:
    """The exception handler of every API view."""
    return of_exception(error)


def of_status(status: int) -> HttpResponse:
    """The problem for a bare status that the framework made."""
    return render(_BY_STATUS.get(status, api_errors.ServerFailed)())


def of_exception(error: Exception) -> HttpResponse:
    """The problem for any exception; what nobody foresaw is logged and answered with 500."""
    return render(as_domain_error(error))


def as_domain_error(error: Exception) -> errors.DomainError:
    """The published error that an exception stands for."""
    if isinstance(error, errors.DomainError):
        return error
    if isinstance(error, exceptions.ValidationError):
        return api_errors.InputInvalid(extra={"errors": list(_flatten(error.get_full_details()))})
    for kinds, answer in _FRAMEWORK:
        if isinstance(error, kinds):
            return _log_outage(error, answer())
    if isinstance(error, IntegrityError) and (refusal := _BY_SQLSTATE.get(_sqlstate(error))):
        return refusal()
    logger.error("unforeseen: %r", error, exc_info=error)
    return api_errors.ServerFailed()


def _sqlstate(error: IntegrityError) -> str:
    return str(getattr(error.__cause__, "pgcode", ""))


def _log_outage(error: Exception, answer: errors.DomainError) -> errors.DomainError:
    if answer.status == HTTPStatus.SERVICE_UNAVAILABLE:
        logger.warning("database unreachable or too slow: %s", error)
    return answer


def render(error: errors.DomainError) -> HttpResponse:
    """The response, with the headers that its status asks for."""
    body = orjson.dumps(document(error))
    response = HttpResponse(body, status=error.status, content_type=CONTENT_TYPE)
    if error.status == HTTPStatus.UNAUTHORIZED:
        response["WWW-Authenticate"] = 'Bearer realm="fynlo"'
    if error.status == HTTPStatus.SERVICE_UNAVAILABLE:
        response["Retry-After"] = "1"
    if "retry_after" in error.extra:
        response["Retry-After"] = str(error.extra["retry_after"])
    for name, value in getattr(error, "headers", {}).items():
        response[name] = value
    return response


def document(error: errors.DomainError) -> dict[str, Any]:
    """`current` (JSON text of a document) is put in as it is."""
    extra = dict(error.extra)
    if "current" in extra:
        extra["current"] = orjson.Fragment(extra["current"])
    fields = [] if error.field is None else [_row(error.field, error.code, error.detail)]
    return {
        "type": f"urn:fynlo:error:{error.code}",
        "title": HTTPStatus(error.status).phrase,
        "status": error.status,
        "code": error.code,
        "detail": error.detail,
        "request_id": current_request_id.get(),
        "errors": fields,
        **extra,
    }


def _row(field: str, code: str, detail: str) -> dict[str, str]:
    return {"field": field, "code": code, "detail": detail}


def _flatten(details: Any, path: tuple[str, ...] = ()) -> Iterator[dict[str, str]]:
    if isinstance(details, dict) and "message" in details and "code" in details:
        yield _row(".".join(path), str(details["code"]), str(details["message"]))
    elif isinstance(details, dict):
        for name, inner in details.items():
            step = () if name == "non_field_errors" else (str(name),)
            yield from _flatten(inner, path + step)
    elif isinstance(details, list):
        for position, inner in enumerate(details):
            is_message = isinstance(inner, dict) and "message" in inner and "code" in inner
            yield from _flatten(inner, path if is_message else (*path, str(position)))
