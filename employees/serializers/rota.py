from employees.serializers.clock import VERSION_MAX
from fynlo.api.inputs import Id, Input, Instant, Text, Whole
from fynlo.api.pages import PageQuery


class ShiftInput(Input):
    id = Id(required=False)
    member = Id(default=None, allow_null=True)
    job_title = Text(max_length=80, required=False, allow_blank=True)
    starts_at = Instant()
    ends_at = Instant()
    note = Text(max_length=200, required=False, allow_blank=True)


class ShiftChange(Input):
    version = Whole(required=False, min_value=1, max_value=VERSION_MAX)
    member = Id(required=False, allow_null=True)
    job_title = Text(max_length=80, required=False, allow_blank=True)
    starts_at = Instant(required=False)
    ends_at = Instant(required=False)
    note = Text(max_length=200, required=False, allow_blank=True)


class ShiftQuery(PageQuery):
    since = Instant(required=False)
    until = Instant(required=False)
    member = Id(required=False)


class Between(Input):
    since = Instant()
    until = Instant()


class SwapInput(Input):
    id = Id(required=False)
    to = Id()
