"""Which commands of the pages are run here, and why the others are not."""

# How a block begins, or what is in it, and why it is not run. The first that fits counts.
ELSEWHERE = (
    ("docker", "it needs Docker"),
    ("export DOMAIN", "it names a domain of the reader's"),
    ("install -m 600 deploy/env.example .env", "it writes secrets for Docker Compose"),
    ("git pull", "it changes the checkout"),
    ("make run", "it does not end by itself; the stack that is measured was started by it"),
    ("make test", "it takes half an hour, and is run for every change"),
    ("pytest", "it runs tests, which `make test` does"),
    ("make checks", "it runs what `make test` does"),
    ("benchmark", "a benchmark does not start others"),
    ("--orders 1000000", "it takes ten minutes and writes a million orders"),
    ("measure_receipts", "it takes minutes and writes a million receipts"),
    ("hooks.example.com", "the address is one of the reader's own"),
    ("field", "it is a step of the tour, which fynlo/tests/test_readme_tour.py pastes as a whole"),
    ("api \"$API", "it is a step of the tour, which fynlo/tests/test_readme_tour.py pastes whole"),
)  # fmt: skip


def reason(block: str) -> str:
    """Why it is not run; empty when it is."""
    return next((why for mark, why in ELSEWHERE if mark in block), "")


# What takes longer than a quick run has.
LONG = ("--throw-away", "--minutes", "--seconds", "measure_", "--orders 200")


def is_brief(block: str) -> bool:
    return not any(mark in block for mark in LONG)
