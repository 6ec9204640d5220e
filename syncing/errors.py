from enum import IntEnum


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
