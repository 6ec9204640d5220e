"""Whether it can be broken into: OWASP's Top 10 and API Top 10, tried on the running server."""

from collections.abc import Callable

from perf.laboratory.context import Context
from perf.laboratory.recording import Outcome
from perf.laboratory.scenario import Criterion, Scenario, at_least, at_most
from perf.suites.probes.access import every_role, without_a_token
from perf.suites.probes.assignment import owned_fields
from perf.suites.probes.browser import cookies, cors, headers
from perf.suites.probes.forgery import addresses_inside
from perf.suites.probes.injection import strange_words
from perf.suites.probes.limits import guessing
from perf.suites.probes.objects import strangers
from perf.suites.probes.production import as_production
from perf.suites.probes.tls import given_endpoint, own_terminator
from perf.suites.probes.tokens import attacks

HELD = at_least("score", 100, "Every probe is answered as it must be.")
NONE_CRITICAL = at_most("critical", 0, "Nobody reads or changes what is not theirs.")
# There is nothing by which so many operations could be tried in the demo restaurant, and in the
# other one: swaps of shifts and corrections of hours. What nobody tries is found by nobody.
NAMED = (
    at_most("nothing_to_name_here", 5, "What cannot be named is not tried."),
    at_most("nothing_to_name_there", 7, "What cannot be named is not tried."),
    at_most("unreached_here", 0, "What is refused for its form is not tried."),
    at_most("unreached_there", 0, "What is refused for its form is not tried."),
)


def _probes(
    name: str, title: str, measure: Callable[[Context], Outcome], *more: Criterion
) -> Scenario:
    criteria = (NONE_CRITICAL, HELD, *more)
    return Scenario(name, title, measure, criteria, unit="probes", blocks=1, limit_s=180)


SCENARIOS = [
    _probes("no-token", "every operation without a token", without_a_token),
    _probes("tokens", "forged, expired and misused tokens", attacks),
    _probes("roles", "every operation by every role", every_role),
    _probes("objects", "what belongs to another restaurant", strangers, *NAMED),
    _probes("injection", "SQL, templates, headers and paths as words", strange_words),
    _probes("assignment", "fields that the server owns", owned_fields),
    _probes("forgery", "addresses inside the network", addresses_inside),
    _probes("headers", "what browsers are told", headers),
    _probes("cors", "other sites", cors),
    _probes("cookies", "cookies and forms", cookies),
    _probes("limits", "somebody who guesses", guessing),
    _probes("tls-terminator", "TLS of a terminator of our own", own_terminator),
    _probes("production", "pages and cookies with production's settings, over TLS", as_production),
    _probes("tls-endpoint", "TLS of the endpoint that was given", given_endpoint),
]
