"""What a field of a model may be, and what later classes may make of it."""

from datetime import datetime, time
from decimal import Decimal
from typing import Annotated, Any, Literal, TypeAlias

import pytest
from annotated_types import Ge, Gt, Le, Len, Lt, MinLen
from pydantic import BaseModel, Field, ValidationError, computed_field

from domain.model.blocks import ProductBlockModel
from domain.model.definition.fields import Indexed, Reference
from domain.model.errors import (
    ContradictoryBounds,
    FieldChangesType,
    ModelDefinitionError,
    UnsupportedField,
)
from domain.model.lifecycle import ACTIVE
from domain.model.subscriptions import SubscriptionModel
from tests.domain.sample import NodeBlockInactive, NodeInactive, PortBlock, PortBlockInactive
from tests.parity import parity

# A class of a later status narrows the fields of an earlier one; the models are written for that.
# pyright: reportIncompatibleVariableOverride=false


class Window(BaseModel):
    """A part of a day."""

    start: time
    days: list[datetime] = []


BoundedList: TypeAlias = Annotated[list[int], Field(min_length=1, max_length=2)]
OptionalList: TypeAlias = BoundedList | None
EmptyRange: TypeAlias = Annotated[list[int], Field(min_length=3, max_length=2)]
NoNumber: TypeAlias = Annotated[int, Ge(2), Le(1)]
IndexedNumber: TypeAlias = Annotated[int, Indexed()]


def refused(error: type[ModelDefinitionError], field: str | None) -> pytest.RaisesExc[ModelDefinitionError]:
    return pytest.RaisesExc(error, check=lambda raised: raised.field == field)


def block_with(annotation: object) -> type[ProductBlockModel]:
    return type("Another", (ProductBlockModel,), {"__annotations__": {"field": annotation}}, name="Another")


@pytest.mark.parametrize(
    "annotation",
    [
        dict[str, int],
        set[int],
        int | str,
        bytes,
        list[list[int]],
        NodeInactive,
        list[PortBlockInactive] | None,
        list[PortBlockInactive | None],
        NodeBlockInactive | int,
        NodeBlockInactive | Window,
        list[int | PortBlockInactive],
        NodeBlockInactive | PortBlock | PortBlockInactive,
        Annotated[int, Reference()],
        Annotated[list[int], Indexed()],
        Annotated[Window, Indexed()],
        Annotated[PortBlockInactive, Indexed()],
        Annotated[int, Field(alias="other")],
    ],
)
def test_other_types_of_fields_are_refused(annotation: object) -> None:
    with refused(UnsupportedField, "field"):
        block_with(annotation)


@pytest.mark.parametrize(
    ("annotation", "found"),
    [
        (Annotated[list[int], Len(3, 2)], "at least 3 and at most 2 of length"),
        (
            EmptyRange | None,
            "at least 3 and at most 2 of length",
        ),
        (
            Annotated[list[PortBlockInactive], Field(min_length=2, max_length=1)],
            "at least 2 and at most 1 of length",
        ),
        (Annotated[str, Field(min_length=2, max_length=1)], "at least 2 and at most 1 of length"),
        (NoNumber | None, "at least 2 and at most 1"),
        (Annotated[int, Ge(1), Lt(1)], "at least 1 and less than 1"),
        (Annotated[int, Gt(1), Le(1)], "more than 1 and at most 1"),
        (list[Annotated[Decimal, Field(ge=Decimal("0.5"), lt=0)]], "at least 0.5 and less than 0"),
    ],
)
def test_bounds_that_no_value_can_keep_are_refused(annotation: object, found: str) -> None:
    with pytest.raises(ContradictoryBounds) as error:
        block_with(annotation)

    assert (error.value.field, error.value.found) == ("field", found)


@pytest.mark.parametrize(
    ("annotation", "default"),
    [
        (PortBlockInactive, PortBlockInactive.new()),
        (PortBlockInactive | None, PortBlockInactive.new()),
        (list[PortBlockInactive], [PortBlockInactive.new()]),
    ],
)
def test_a_block_cannot_be_a_default_since_every_instance_would_get_it(
    annotation: object, default: object
) -> None:
    with refused(UnsupportedField, "field"):
        type(
            "Another",
            (ProductBlockModel,),
            {"__annotations__": {"field": annotation}, "field": default},
            name="Another",
        )


@pytest.mark.parametrize(
    "annotation", [Annotated[int, Ge(1), Le(1)], Annotated[list[Annotated[str, MinLen(9)]], Len(0, 2)]]
)
def test_narrow_bounds_are_taken(annotation: object) -> None:
    assert list(block_with(annotation).structure().scalars) == ["field"]


def test_a_list_says_its_bounds_wherever_they_stand() -> None:
    shapes = [
        block_with(annotation).structure().scalars["field"].shape
        for annotation in (
            Annotated[list[int], Len(1, 2)],
            OptionalList,
            Annotated[list[int | None] | None, MinLen(1), Len(0, 2)],
        )
    ]

    assert [(each.many, each.min_length, each.max_length) for each in shapes] == [(True, 1, 2)] * 3
    assert [(each.optional, each.optional_items) for each in shapes] == [
        (False, False),
        (True, False),
        (True, True),
    ]


@pytest.mark.parametrize("annotation", [Annotated[int | None, Indexed()], IndexedNumber | None])
def test_a_field_may_be_indexed(annotation: object) -> None:
    assert block_with(annotation).structure().scalars["field"].indexed is True
    assert block_with(int).structure().scalars["field"].indexed is False


@pytest.mark.parametrize(
    "annotation",
    [
        Annotated[PortBlockInactive, Reference()],
        Annotated[PortBlockInactive | None, Reference()],
        Annotated[list[PortBlockInactive], Reference()],
    ],
)
def test_a_field_of_a_block_may_refer(annotation: object) -> None:
    assert block_with(annotation).structure().blocks["field"].refers is True
    assert block_with(PortBlockInactive).structure().blocks["field"].refers is False


@pytest.mark.parametrize("annotation", [Annotated[int, Indexed()], Annotated[PortBlockInactive, Reference()]])
def test_marks_stand_on_fields_of_blocks_only(annotation: object) -> None:
    with refused(UnsupportedField, "field"):
        type("Another", (SubscriptionModel,), {"__annotations__": {"field": annotation}}, name="Another")


class Shelf(ProductBlockModel):
    """An abstract block."""


class WideShelf(Shelf):
    """A narrower abstract block."""


class SteelShelf(WideShelf, name="Steel shelf"):
    pass


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (int | None, str),
        (int | None, list[int]),
        (int | None, PortBlockInactive),
        (list[int], Annotated[PortBlockInactive | None, Field()]),
        (PortBlockInactive, int),
        (PortBlockInactive, NodeBlockInactive),
        (PortBlockInactive, list[PortBlockInactive]),
        (PortBlockInactive | NodeBlockInactive, PortBlockInactive | SteelShelf),
        (SteelShelf, Shelf),
        (WideShelf, Shelf),
        (Literal["half", "full"], Literal["full", "double"]),
        (Literal["half", "full"], str),
        (list[Literal[1, 2]], list[int]),
        (PortBlockInactive, Annotated[PortBlockInactive, Reference()]),
        (Annotated[PortBlockInactive, Reference()], PortBlockInactive),
    ],
)
def test_a_later_class_keeps_the_type_of_a_field(before: object, after: object) -> None:
    base = block_with(before)

    with refused(FieldChangesType, "field"):
        type("Later", (base,), {"__annotations__": {"field": after}}, lifecycle=[ACTIVE])

    assert base.family().members == (base,)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (int | None, Annotated[int, Ge(1)]),
        (Literal["half", "full"] | None, Literal["full"]),
        (str, Literal["full"]),
        (list[int | None] | None, Annotated[list[int], MinLen(1)]),
        (PortBlockInactive | NodeBlockInactive | None, PortBlock),
        (list[PortBlockInactive | SteelShelf], list[SteelShelf]),
        (Shelf | None, WideShelf),
        (Shelf | PortBlockInactive, SteelShelf | PortBlock),
    ],
)
def test_a_later_class_may_narrow_a_field(before: object, after: object) -> None:
    base = block_with(before)

    later: Any = type("Later", (base,), {"__annotations__": {"field": after}}, lifecycle=[ACTIVE])

    assert base.family().members == (base, later)


class SizedInactive(ProductBlockModel, name="Sized"):
    width: int
    height: int

    @computed_field(description="In square metres.")
    @property
    def area(self) -> int:
        return self.width * self.height


class Sized(SizedInactive, lifecycle=[ACTIVE]):
    @computed_field
    @property
    def outline(self) -> "list[int]":
        """All edges."""
        return [self.width, self.height]


@parity("PM-21")
def test_computed_fields_are_inherited_and_never_stored() -> None:
    block = Sized.new(width=2, height=3)

    assert [
        (field.name, field.annotation, field.description) for field in Sized.structure().computed.values()
    ] == [("area", int, "In square metres."), ("outline", list[int], "All edges.")]
    assert list(SizedInactive.structure().computed) == ["area"]
    assert list(Sized.structure().scalars) == ["width", "height"]
    assert block.model_dump(exclude={"id", "subscription_id", "label"}) == {
        "width": 2,
        "height": 3,
        "area": 6,
        "outline": [2, 3],
    }


class Dated(ProductBlockModel, name="Dated"):
    at: datetime | None
    times: list[time]
    window: Window | None

    @computed_field
    @property
    def year(self) -> int | None:
        return self.at.year if self.at is not None else None


NAIVE = datetime(2026, 1, 1)  # noqa: DTZ001  # the point of the tests
AWARE = NAIVE.astimezone()


@parity("PM-23")
@pytest.mark.parametrize(
    ("field", "value", "told"),
    [
        ("at", NAIVE, "without a time zone, expected one"),
        ("times", [time(1), AWARE.timetz()], "with a time zone, expected none"),
        ("window", Window(start=time(1), days=[AWARE, NAIVE]), "without a time zone, expected one"),
    ],
)
def test_a_time_without_its_zone_is_refused_at_once(field: str, value: object, told: str) -> None:
    dated = Dated.new()

    with pytest.raises(ValidationError, match=told):
        setattr(dated, field, value)
    with pytest.raises(ValidationError, match=told):
        Dated.new(**{field: value})

    assert (dated.at, dated.times, dated.window) == (None, [], None)


def test_times_with_and_times_of_day_without_a_zone_are_taken() -> None:
    dated = Dated.new(at=AWARE, times=[time(1)], window=Window(start=time(2), days=[AWARE]))

    assert (dated.at, dated.times, dated.year) == (AWARE, [time(1)], 2026)
