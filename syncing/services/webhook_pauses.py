"""How long an integrator is left alone."""

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from syncing.providers.posting import Answer

FIRST_PAUSE_S = 5
LONGEST_PAUSE_S = 4 * 60 * 60
LONGEST_SILENCE = timedelta(minutes=5)


def pause_after(tries: int) -> timedelta:
    """Twice as long after each try, up to four hours, give or take a fifth."""
    seconds = min(LONGEST_PAUSE_S, FIRST_PAUSE_S * 2 ** min(tries - 1, 20))
    return timedelta(seconds=seconds * random.uniform(0.8, 1.2))  # noqa: S311


def asked_pause(answer: Answer, *, now: datetime) -> timedelta:
    """What `Retry-After` asks for, seconds or a date of HTTP, at most four hours."""
    said = answer.retry_after.strip()
    if said.isascii() and said.isdigit():
        return timedelta(seconds=min(int(said[:9]), LONGEST_PAUSE_S))
    try:
        moment = parsedate_to_datetime(said)
    except ValueError:
        return timedelta()
    pause = moment.replace(tzinfo=moment.tzinfo or UTC) - now
    return min(max(pause, timedelta()), timedelta(seconds=LONGEST_PAUSE_S))


def quiet_for(answer: Answer, *, failing: timedelta, now: datetime) -> timedelta:
    """Where nobody answers, another event need not be tried: for as long as that has been so, up
    to five minutes."""
    if answer.status is None:
        return min(failing, LONGEST_SILENCE)
    return asked_pause(answer, now=now)
