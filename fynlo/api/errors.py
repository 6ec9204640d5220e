from collections.abc import Mapping

from fynlo.errors import DomainError


class NotSignedIn(DomainError):
    code = "not_signed_in"
    status = 401
    message = "Sign in first: send `Authorization: Bearer <access token>`."


class Malformed(DomainError):
    code = "malformed"
    status = 400
    message = "The request could not be read. Send one JSON object in UTF-8."


class InputInvalid(DomainError):
    """`extra["errors"]`: `[{"field", "code", "detail"}]`."""

    code = "input_invalid"
    status = 400
    message = "Some fields are not as they should be. See `errors`."


class SlashMissing(DomainError):
    code = "slash_missing"
    status = 404
    message = "Every address of the API ends in a slash. Send the request again with it."


class LengthRequired(DomainError):
    code = "length_required"
    status = 411
    message = "Send the body with a `Content-Length`, not in chunks."


class BodyTooLarge(DomainError):
    code = "body_too_large"
    status = 413
    message = "The request is too large. Send less at once."


class MediaTypeUnsupported(DomainError):
    code = "media_type_unsupported"
    status = 415
    message = "Send JSON with `Content-Type: application/json`."


class MethodNotAllowed(DomainError):
    code = "method_not_allowed"
    status = 405
    message = "This address does not answer to that method."


class RateLimited(DomainError):
    code = "rate_limited"
    status = 429
    message = "Too many requests. Wait as long as Retry-After says."
    headers: Mapping[str, str] = {}


class VersionRequired(DomainError):
    code = "version_required"
    status = 400
    message = 'Say which version you change: send `If-Match: "<version>"` or `version`.'


class IdempotencyKeyRequired(DomainError):
    code = "idempotency_key_required"
    status = 400
    message = "Money moves here: send an `Idempotency-Key` header, new for every payment."


class IdempotencyKeyInvalid(DomainError):
    code = "idempotency_key_invalid"
    status = 400
    message = "An Idempotency-Key has 1 to 255 printable ASCII characters."


class IdempotencyKeyReused(DomainError):
    code = "idempotency_key_reused"
    status = 422
    message = "This Idempotency-Key was used with another body. Make a new key."


class IdempotencyInProgress(DomainError):
    code = "idempotency_in_progress"
    status = 409
    message = "The same request is still running. Ask again in a second."
    headers = {"Retry-After": "1"}


class ServerFailed(DomainError):
    code = "server_failed"
    status = 500
    message = "Something went wrong here. It was logged; try again, and name the request id to us."
