from enum import IntEnum

from fynlo.errors import DomainError


class CloseCode(IntEnum):
    """Why the server closes a socket: published codes."""

    RESTARTING = 1012
    TRY_AGAIN = 1013
    MALFORMED = 4400
    SIGN_IN = 4401
    REFUSED = 4403
    TOO_SLOW = 4408
    TOO_MANY = 4429


class SocketRefused(Exception):
    """The client broke a rule of the WebSocket; it is closed with `code`."""

    def __init__(self, code: CloseCode) -> None:
        self.code = code
        super().__init__(code.name)


class OperationUnknown(DomainError):
    code = "operation_unknown"
    status = 422
    message = "There is no such act, or it cannot be done offline. Update the app."


class HashMismatch(DomainError):
    code = "hash_mismatch"
    status = 422
    message = "The changes were damaged on their way. Send the operation again."


class OperationReused(DomainError):
    code = "operation_reused"
    status = 409
    message = "This `op_id` was used for something else. Make a new one for each operation."


class GroupFailed(DomainError):
    """`extra["because"]`: the operation of the group that could not be done."""

    code = "group_failed"
    status = 409
    message = "Another operation of this group cannot be done, so none of them was."


class SecretOffline(DomainError):
    code = "approver_offline"
    status = 422
    message = "A PIN is not kept for later. Leave `approver` out: a manager approves it afterwards."


class TryAgain(DomainError):
    code = "try_again"
    status = 503
    message = "Somebody held what this needs. Fynlo tries again by itself."


class OperationNotWaiting(DomainError):
    code = "operation_not_waiting"
    status = 409
    message = "This operation is not in quarantine. Look at it again."


class ConflictResolved(DomainError):
    code = "conflict_resolved"
    status = 409
    message = "Somebody has decided this conflict before."


class DocumentMissing(DomainError):
    code = "document_missing"
    status = 422
    message = "Send `document` with `merged`, and with nothing else."


class TextCannotBeKept(DomainError):
    code = "text_cannot_be_kept"
    status = 422
    message = "There is a NUL in this text. Take it out and send it again."


class StrategyRefused(DomainError):
    code = "strategy_refused"
    status = 422
    message = "This rule cannot be. Choose another field or another strategy."


class ChangesRefused(DomainError):
    """`extra["errors"]`: the fields at fault."""

    code = "changes_refused"
    status = 422
    message = "These fields cannot be written. See `errors`, and decide again."


class AddressRefused(DomainError):
    code = "address_refused"
    status = 422
    message = "Webhooks go to public addresses over https only. Give another `url`."


class TooManyEndpoints(DomainError):
    code = "too_many_endpoints"
    status = 409
    message = "A restaurant has at most 20 webhook endpoints. Delete one that you no longer need."


class DeliveryUnderWay(DomainError):
    code = "delivery_under_way"
    status = 409
    message = "This is being sent at this moment. Look at it again in a few seconds."


class EventNotKept(DomainError):
    code = "event_not_kept"
    status = 409
    message = "The event is no longer in the log, so it cannot be sent again."
