from rest_framework import serializers

from fynlo.api.inputs import Flag, Input
from perf.laboratory.suites import SUITES


class BenchmarkInput(Input):
    """`suite`: one of them, or all."""

    suite = serializers.ChoiceField(choices=["all", *SUITES])
    quick = Flag(default=True)
