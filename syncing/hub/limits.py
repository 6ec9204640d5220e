from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """The setting REALTIME. Seconds and bytes; `poll_s` is how often the log is looked at
    while Redis is well, `poll_alone_s` while it is away, `stall_s` how long one message may
    wait for a client to take it, `report_s` how often figures and presence are written."""

    heartbeat_s: float = 15
    tick_s: float = 1
    poll_s: float = 3
    poll_alone_s: float = 1
    stall_s: float = 20
    report_s: float = 2
    queue_messages: int = 1000
    queue_bytes: int = 4 * 1024 * 1024
    page: int = 200
    sockets_per_session: int = 8
    sockets_per_process: int = 5000
