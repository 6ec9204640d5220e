"""What this process has seen since an hour began, added up."""

from collections import Counter
from dataclasses import dataclass, field

from django.conf import settings

from perf.monitors.calls import Call, Statement
from perf.monitors.histogram import bucket_of
from perf.monitors.patterns import Pattern, pattern_of

# As often as this in one call, from one line of code: a query for each row of another.
REPEATS = 5
MOST_CALLERS = 20
MOST_PATTERNS = 1000
_REPEATABLE = {"SELECT", "INSERT", "UPDATE", "DELETE", "WITH"}


@dataclass(slots=True)
class PatternTally:
    """Milliseconds. `callers` counts by `call at line`, `repeats` has the most of one call."""

    verb: str
    count: int = 0
    total: float = 0.0
    least: float = float("inf")
    most: float = 0.0
    rows: int = 0
    slow: int = 0
    histogram: Counter[int] = field(default_factory=Counter)
    callers: Counter[str] = field(default_factory=Counter)
    repeats: dict[str, int] = field(default_factory=dict)

    def add(self, statement: Statement, caller: str, *, is_slow: bool) -> None:
        ms = statement.ms
        self.count += 1
        self.total += ms
        self.least = min(self.least, ms)
        self.most = max(self.most, ms)
        self.rows += max(statement.rows, 0)
        self.slow += is_slow
        self.histogram[bucket_of(ms)] += 1
        if caller in self.callers or len(self.callers) < MOST_CALLERS:
            self.callers[caller] += 1


@dataclass(slots=True)
class CallTally:
    """Requests of one endpoint, or runs of one task. Milliseconds; `errors` by class of status:
    `4xx`, `5xx`."""

    kind: str
    count: int = 0
    total: float = 0.0
    database: float = 0.0
    statements: int = 0
    most_statements: int = 0
    errors: Counter[str] = field(default_factory=Counter)
    histogram: Counter[int] = field(default_factory=Counter)

    def add(self, call: Call, ms: float, error: str) -> None:
        count = len(call.statements)
        self.count += 1
        self.total += ms
        self.database += sum(statement.ms for statement in call.statements)
        self.statements += count
        self.most_statements = max(self.most_statements, count)
        self.histogram[bucket_of(ms)] += 1
        if error:
            self.errors[error] += 1


@dataclass(slots=True)
class Tally:
    """Not safe for threads by itself. `_texts`, by fingerprint, are told once and not each time."""

    _texts: dict[str, str] = field(default_factory=dict)
    patterns: dict[str, PatternTally] = field(default_factory=dict)
    calls: dict[str, CallTally] = field(default_factory=dict)

    def new_texts(self) -> dict[str, str]:
        """Those that were not asked for before."""
        found, self._texts = self._texts, {}
        return found

    def add(self, call: Call, *, ms: float, error: str) -> None:
        tally = self.calls.get(call.name)
        if tally is None:
            tally = self.calls[call.name] = CallTally(call.kind)
        tally.add(call, ms, error)
        if call.statements:
            self._add_statements(call)

    def _add_statements(self, call: Call) -> None:
        times: Counter[tuple[str, str]] = Counter()
        for statement in call.statements:
            pattern = pattern_of(statement.sql)
            caller = f"{call.name} at {statement.line}"
            times[pattern.fingerprint, caller] += 1
            self._add_statement(pattern, statement, caller)
        for (fingerprint, caller), count in times.items():
            found = self.patterns.get(fingerprint)
            if found and count >= REPEATS and found.verb in _REPEATABLE:
                found.repeats[caller] = max(count, found.repeats.get(caller, 0))

    def _add_statement(self, pattern: Pattern, statement: Statement, caller: str) -> None:
        tally = self.patterns.get(pattern.fingerprint)
        if tally is None:
            if len(self.patterns) >= MOST_PATTERNS:
                return
            tally = self.patterns[pattern.fingerprint] = PatternTally(pattern.verb)
            self._texts[pattern.fingerprint] = pattern.text
        tally.add(statement, caller, is_slow=statement.ms >= settings.SLOW_QUERY_MS)
