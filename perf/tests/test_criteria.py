"""What is judged, how closely, and when it is not."""

from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import ALL_SUCCEED, Scenario, at_least, at_most
from perf.laboratory.suites import scenarios_of

SLOW = {"p95_ms": 60.0, "success_rate": 0.9}
BUSY = {**SLOW, "others_cpu": 0.8}
LOOK = Scenario("look", "", lambda lab: Outcome(), (at_most("p95_ms", 10, "Quick."), ALL_SUCCEED))


def passed(figures: dict[str, float], *, quick: bool) -> list[bool]:
    return [verdict["passed"] for verdict in LOOK.verdicts(figures, quick=quick)]


def test_speed_is_not_judged_by_a_quick_run_beside_others() -> None:
    speed, success = LOOK.verdicts(BUSY, quick=True)
    assert speed["passed"]
    assert "not judged: others used 80% of the processors" in speed["says"]
    assert not success["passed"]


def test_speed_is_judged_alone_and_in_full() -> None:
    assert passed(SLOW, quick=True) == [False, False]
    assert passed(BUSY, quick=False) == [False, False]
    assert passed({**SLOW, "p95_ms": 40}, quick=True) == [True, False]


def test_what_shows_a_busy_machine_is_excused_but_not_wider() -> None:
    alone = Scenario("alone", "", lambda lab: Outcome(), (at_least("speedup", 5, "Fast."),))
    slow = {"speedup": 4.0}
    assert not alone.verdicts(slow, quick=True)[0]["passed"]
    assert alone.verdicts({**slow, "others_cpu": 0.8}, quick=True)[0]["passed"]
    assert not alone.verdicts({**slow, "others_cpu": 0.8}, quick=False)[0]["passed"]


def test_the_share_of_a_cache_is_judged_beside_others() -> None:
    cache = Scenario("cache", "", lambda lab: Outcome(), (at_least("hit_share", 0.9, "Spared."),))
    assert not cache.verdicts({"hit_share": 0.5, "others_cpu": 0.8}, quick=True)[0]["passed"]


def test_what_was_not_measured_has_no_excuse() -> None:
    assert passed({"others_cpu": 0.8}, quick=True) == [False, False]


def test_a_quick_run_leaves_out_what_is_extra_unless_it_is_named() -> None:
    def left_out(*, quick: bool, only: str) -> list[str]:
        found = scenarios_of("latency", only=only)
        return [one.name for one in found if one.is_left_out(quick=quick, only=only)]

    assert left_out(quick=True, only="get") == ["get-10", "get-50"]
    assert left_out(quick=True, only="get-10") == []
    assert left_out(quick=False, only="") == []
