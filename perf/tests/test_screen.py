"""What a terminal shows of a run while it goes on."""

import os
import pty
import subprocess
import sys

from fynlo.local.run import PROJECT

PROGRAM = """
import sys
import django
django.setup()
from django.core.management.base import OutputWrapper
from django.core.management.color import no_style
from perf.laboratory.screen import Screen

screen = Screen(OutputWrapper(sys.stdout), no_style())
for share in (0.0, 0.5, 0.5, 1.0):
    screen.is_at("look", share)
screen.ends("api", 3)
"""
WORDS = [sys.executable, "-c", PROGRAM]


def test_a_bar_is_drawn_over_itself_and_wiped_at_the_end() -> None:
    ours, theirs = pty.openpty()
    subprocess.run(WORDS, cwd=PROJECT, stdout=theirs, check=True)
    os.close(theirs)
    said = os.read(ours, 10_000).decode()
    os.close(ours)
    drawn = [line.split() for line in said.split("\r") if "look" in line]
    assert drawn == [
        ["look", "░" * 24, "0%"],
        ["look", "█" * 12 + "░" * 12, "50%"],
        ["look", "█" * 24, "100%"],
    ]
    assert said.rstrip().endswith("api took 3 s, with its stack")


def test_nothing_is_drawn_where_it_would_stay() -> None:
    done = subprocess.run(WORDS, cwd=PROJECT, capture_output=True, text=True, check=True)
    assert done.stdout == "api took 3 s, with its stack\n"
