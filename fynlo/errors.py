"""The base of every error that a client is told about."""

from collections.abc import Mapping
from typing import Any, ClassVar

from django.db import models


class DomainError(Exception):
    """A rule of the house refused the request; the client sees it as problem+json.

    A subclass sets `code` (published, never changed), `status` (HTTP) and `message`
    (a sentence that says what to do). `extra` is merged into the problem document;
    `field` names the input at fault, in dots (`lines.0.product`).
    """

    code: ClassVar[str]
    status: ClassVar[int] = 422
    message: ClassVar[str]

    def __init__(
        self,
        message: str | None = None,
        *,
        field: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> None:
        self.detail = message or self.message
        self.field = field
        self.extra = dict(extra or {})
        super().__init__(self.detail)


class NotFound(DomainError):
    code = "not_found"
    status = 404
    message = "There is no such object here."


class PermissionMissing(DomainError):
    code = "permission_missing"
    status = 403
    message = "Your role may not do this. Ask a manager."


class VersionConflict(DomainError):
    """`extra["current"]` holds the document as it is now."""

    code = "version_conflict"
    status = 412
    message = "Somebody changed this since you read it. Look at `current` and send it again."


class IdConflict(DomainError):
    code = "id_conflict"
    status = 409
    message = "This id is taken by something else. Make a new id and send the request again."


class AlreadyExists(DomainError):
    """The database's own word on a unique value, when two requests wanted it at one instant."""

    code = "already_exists"
    status = 409
    message = "There is one of these already. Read it, or choose another name."


class TransitionNotAllowed(DomainError):
    code = "transition_not_allowed"
    status = 409
    message = "This cannot be done in its present state."


class UnknownReference(DomainError):
    code = "unknown_reference"
    status = 422
    message = "The request names something that does not exist in this restaurant."


class DependencyDown(DomainError):
    code = "dependency_down"
    status = 503
    message = "The service cannot reach its database for the moment. Try again in a second."


class PoolExhausted(DomainError):
    code = "pool_exhausted"
    status = 503
    message = "Every connection to the database is busy for the moment. Try again in a second."


Transitions = Mapping[str, frozenset[str]]


def move(current: str, target: models.TextChoices, transitions: Transitions) -> str:
    """The one way from state to state.

    Raises TransitionNotAllowed when the table has no such step.
    """
    if target.value not in transitions.get(current, frozenset()):
        allowed = ", ".join(sorted(transitions.get(current, frozenset()))) or "none"
        raise TransitionNotAllowed(
            f"It is {current} and cannot become {target.value}. Possible from here: {allowed}."
        )
    return target.value
