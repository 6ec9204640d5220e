"""`python -m perf.laboratory`: the process that measures (`measuring.serve`)."""

import os
import sys

import django


def main() -> None:
    """Standard output is kept for the answers; whatever else is printed goes to standard error."""
    answers = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    django.setup()

    from perf.laboratory.measuring import serve  # noqa: PLC0415 needs Django to be set up

    serve(sys.stdin, answers)


if __name__ == "__main__":
    main()
