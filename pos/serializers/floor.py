from rest_framework import serializers

from fynlo.api.inputs import Id, Input, Text, Whole
from fynlo.api.pages import PageQuery
from pos.choices import TableShape
from pos.serializers.menu import Change, Position


class FloorInput(Input):
    id = Id(required=False)
    name = Text(max_length=60)
    position = Position()


class FloorChange(Change):
    name = Text(required=False, max_length=60)
    position = Position()


class TablePlace(Input):
    """`x` and `y`: the centre, in thousandths of the floor's width and height."""

    seats = Whole(required=False, min_value=1, max_value=100)
    shape = serializers.ChoiceField(choices=TableShape.choices, required=False)
    x = Whole(required=False, min_value=0, max_value=1000)
    y = Whole(required=False, min_value=0, max_value=1000)


class TableInput(TablePlace):
    id = Id(required=False)
    floor = Id()
    number = Text(max_length=12)


class TableChange(Change, TablePlace):
    floor = Id(required=False)
    number = Text(required=False, max_length=12)


class TableMerge(Input):
    into = Id()
    version = Whole(required=False, min_value=1, max_value=2**31 - 1)


class TableMove(Input):
    to = Id()
    version = Whole(required=False, min_value=1, max_value=2**31 - 1)


class TableQuery(PageQuery):
    floor = Id(required=False)
