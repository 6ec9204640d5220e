class LocalError(Exception):
    """What was asked cannot be done; the message is one line for the person at the terminal."""


class DiskFull(LocalError):
    pass
