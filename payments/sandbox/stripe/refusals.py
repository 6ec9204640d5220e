"""What Stripe answers when it refuses: its own types, codes and sentences."""

from dataclasses import dataclass
from typing import Any

Json = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    body: Json


class Refused(Exception):
    """Answered as Stripe answers it. What was done in this request is rolled back."""

    def __init__(self, status: int, kind: str, message: str, **more: Any) -> None:
        super().__init__(message)
        self.answer = Answer(status, {"error": {"type": kind, "message": message, **more}})


def invalid(message: str, **more: Any) -> Refused:
    return Refused(400, "invalid_request_error", message, **more)


def unknown_parameter(name: str) -> Refused:
    return invalid(f"Received unknown parameter: {name}", code="parameter_unknown", param=name)


def missing_parameter(name: str) -> Refused:
    return invalid(f"Missing required param: {name}.", code="parameter_missing", param=name)


def no_such(kind: str, name: str) -> Refused:
    message = f"No such {kind}: '{name}'"
    return Refused(404, "invalid_request_error", message, code="resource_missing", param="id")


def unexpected_state(message: str, intent: Json) -> Refused:
    return invalid(message, code="payment_intent_unexpected_state", payment_intent=intent)
