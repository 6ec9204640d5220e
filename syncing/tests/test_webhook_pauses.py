"""How long an integrator is left alone."""

from datetime import UTC, datetime, timedelta

import pytest

from syncing.providers.posting import Answer
from syncing.services.webhook_pauses import asked_pause, pause_after

NOW = datetime(2026, 11, 27, 12, 0, 0, tzinfo=UTC)


def test_pauses_double_up_to_four_hours_and_are_not_all_alike() -> None:
    for tries, seconds in ((1, 5), (2, 10), (5, 80), (12, 10_240), (13, 14_400), (9999, 14_400)):
        drawn = [pause_after(tries).total_seconds() for _ in range(50)]
        assert seconds * 0.8 <= min(drawn) < max(drawn) <= seconds * 1.2


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        (" 0 ", 0),
        ("Fri, 27 Nov 2026 12:10:00 GMT", 600),
        ("Friday, 27-Nov-26 12:10:00 GMT", 600),
        ("Fri Nov 27 12:10:00 2026", 600),
        ("Fri, 27 Nov 2026 11:00:00 GMT", 0),
        ("Fri, 27 Nov 2099 12:00:00 GMT", 14_400),
        ("99999999999999999999", 14_400),
        ("-5", 0),
        ("1.5", 0),
        ("\u0663", 0),
        ("soon", 0),
        ("", 0),
        ("Fri, 99 Nov 2026 12:10:00 GMT", 0),
        ("Fri, 27 Nov 99999 12:10:00 GMT", 0),
        ("Fri, 27 Nov 2026 12:10:00 +9999999999", 0),
    ],
)
def test_retry_after_is_seconds_or_a_date_and_at_most_four_hours(said: str, seconds: int) -> None:
    answer = Answer(status=503, body="", error="", latency_ms=1, retry_after=said)
    assert asked_pause(answer, now=NOW) == timedelta(seconds=seconds)
