"""What one action of the API takes, gives and asks of its caller, said once at the action.

Routing, permission, input, OpenAPI schema and the access table of the tests all read it.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum
from typing import Any, TypeVar

from rest_framework.serializers import BaseSerializer

from fynlo.accounts.choices import Permission
from fynlo.documents import Document

# If-Match, as a regular expression: one version, in quotes or not, strong or weak.
VERSION_FORM = r'(W/)?"?[0-9]{1,18}(-[0-9a-f]{16})?"?'
Action = TypeVar("Action", bound=Callable[..., Any])


class Access(Enum):
    """Who may call what needs no particular permission."""

    PUBLIC = "anybody"
    DEVICE = "a paired device"
    SIGNED_IN = "any signed-in member"
    MEMBER_OR_DEVICE = "any signed-in member, or a paired device with a member's code and PIN"


@dataclass(frozen=True)
class Operation:
    """`money`: the Idempotency-Key is required. `versioned`: If-Match or `version` is required;
    `guarded`: If-Match is minded when it is sent.

    `also`: media types besides JSON that a query parameter, or Accept, may choose.
    `pages`: the answer is `{"results": [answers], "next"}`. `queues`: long work is answered with
    202.
    """

    access: Permission | Access
    body: type[BaseSerializer[Any]] | None = None
    query: type[BaseSerializer[Any]] | None = None
    answers: Document | type[BaseSerializer[Any]] | dict[str, Any] | None = None
    status: int = 200
    pages: bool = False
    money: bool = False
    versioned: bool = False
    guarded: bool = False
    queues: bool = False
    also: tuple[str, ...] = ()


def operation(access: Permission | Access, **declared: Any) -> Callable[[Action], Action]:
    """Declares an action; see Operation."""

    def mark(action: Action) -> Action:
        action.operation = Operation(access, **declared)  # type: ignore[attr-defined]
        return action

    return mark
