"""Value objects: plain pydantic models in a field, stored with it as one JSON object."""

from datetime import timedelta
from enum import IntEnum
from ipaddress import IPv4Address, IPv6Address
from typing import Annotated, Any

import pytest
from annotated_types import Ge, Le
from pydantic import BaseModel, ConfigDict, Field, RootModel, ValidationError

from domain.json import JsonValue, UnrepresentableValue, decode, encode
from domain.model.blocks import ProductBlockModel
from domain.model.definition.scalars import Comparison
from domain.model.errors import ContradictoryBounds, UnsupportedField
from domain.model.trees.assembly import loaded_values
from domain.model.trees.disassembly import stored_values
from tests.domain.sample import PortBlockInactive
from tests.parity import parity


class Level(IntEnum):
    LOW = 1
    HIGH = 2


class Range(BaseModel):
    """Of ports, both ends included."""

    model_config = ConfigDict(frozen=True)

    first: Annotated[int, Field(ge=0)]
    last: int | None = None


class Rule(BaseModel):
    name: str
    sources: list[IPv4Address | IPv6Address]
    ranges: list[Range | None] = []
    main: Range | None
    after: timedelta = timedelta(seconds=1)
    level: Level = Level.LOW


class Filter(ProductBlockModel, name="Filter"):
    rule: Rule
    spare: Rule | None
    rules: list[Rule]
    holes: list[Rule | None] | None


class OtherRange(Range):
    step: int = 1


def round_trip(block: Filter) -> Filter:
    stored = decode(encode(stored_values(block, Filter.structure())))
    assert isinstance(stored, dict)
    values = {"id": block.id, **loaded_values(stored, Filter.structure())}
    return Filter.model_validate(values)


RULE = Rule(
    name="",
    sources=[IPv6Address("::1"), IPv4Address("10.0.0.1")],
    ranges=[Range(first=2**70, last=None), None, Range(first=9, last=-1)],
    main=Range(first=0),
    after=timedelta.min,
    level=Level.HIGH,
)
PLAIN = Rule(name="plain", sources=[], main=None)
STORED_RULE: JsonValue = {
    "name": "",
    "sources": ["::1", "10.0.0.1"],
    "ranges": [{"first": str(2**70)}, None, {"first": 9, "last": -1}],
    "main": {"first": 0},
    "after": "-86399999913600000000",
    "level": 2,
}
STORED_PLAIN: JsonValue = {"name": "plain", "sources": [], "ranges": [], "after": 1_000_000, "level": 1}


@parity("PM-06")
@parity("PM-06", mends="order")
@parity("PM-06", mends="none-in-list")
def test_value_objects_come_back_from_their_stored_form_as_they_were() -> None:
    block = Filter.new(rule=RULE, rules=[RULE, PLAIN, RULE], holes=[None, PLAIN, None])

    assert stored_values(block, Filter.structure()) == {
        "rule": STORED_RULE,
        "rules": [STORED_RULE, STORED_PLAIN, STORED_RULE],
        "holes": [None, STORED_PLAIN, None],
    }
    assert round_trip(block) == block


def test_a_value_object_is_a_scalar_with_fields_that_is_compared_for_equality() -> None:
    scalar = Filter.structure().scalars["rule"].scalar

    assert (scalar.python_type, scalar.graphql_name, scalar.comparison) == (Rule, "Rule", Comparison.EQUALITY)
    assert scalar.fields is not None
    assert {name: field.scalar.graphql_name for name, field in scalar.fields.items()} == {
        "name": "String",
        "sources": "IPAddress",
        "ranges": "Range",
        "main": "Range",
        "after": "Duration",
        "level": "Level",
    }


def changed(**values: Any) -> Rule:
    return PLAIN.model_copy(update=values)


@pytest.mark.parametrize(
    ("rule", "path", "found"),
    [
        (changed(name="\x00"), ("rules", 1, "name"), "a character that has no stored form in '\\x00'"),
        (changed(sources=[IPv4Address(1), "::1"]), ("rules", 1, "sources", 1), "a str"),
        (
            changed(ranges=[None, Range.model_construct(first=1.5)]),
            ("rules", 1, "ranges", 1, "first"),
            "a float",
        ),
        (changed(main=OtherRange(first=1)), ("rules", 1, "main"), "a OtherRange"),
    ],
)
def test_a_value_without_a_stored_form_is_refused_with_its_path(
    rule: Rule, path: tuple[str | int, ...], found: str
) -> None:
    block = Filter.new(rule=PLAIN, rules=[PLAIN, rule])

    with pytest.raises(UnrepresentableValue) as refused:
        stored_values(block, Filter.structure())

    assert (refused.value.path, refused.value.found) == (path, found)


def test_what_does_not_fit_a_value_object_is_told_with_its_path() -> None:
    stored: dict[str, JsonValue] = {
        "rule": STORED_PLAIN,
        "rules": [STORED_PLAIN, {"name": "x", "sources": ["::1", "home"], "main": {"first": -1}}],
    }

    with pytest.raises(ValidationError) as refused:
        Filter.model_validate(loaded_values(stored, Filter.structure()))

    assert sorted({error["loc"][:4] for error in refused.value.errors()}) == [
        ("rules", 1, "main", "first"),
        ("rules", 1, "sources", 1),
    ]


class HoldsBlock(BaseModel):
    port: PortBlockInactive


class HoldsItself(BaseModel):
    other: "list[HoldsItself]"


class Inner(BaseModel):
    value: int | str


class Outer(BaseModel):
    inner: Inner | None


class Open(BaseModel):
    model_config = ConfigDict(extra="allow")


class Aliased(BaseModel):
    value: int = Field(alias="other")


class Root(RootModel[int]):
    pass


def test_bounds_that_no_value_can_keep_are_found_inside_value_objects() -> None:
    class Empty(BaseModel):
        value: Annotated[int, Ge(2), Le(1)]

    class Above(BaseModel):
        below: list[Empty]

    with pytest.raises(ContradictoryBounds) as refused:
        type("Another", (ProductBlockModel,), {"__annotations__": {"field": Above}}, name="Another")

    assert (refused.value.model, refused.value.field) == ("Empty", "value")


@pytest.mark.parametrize(
    ("value_object", "model", "field"),
    [
        (HoldsBlock, "HoldsBlock", "port"),
        (HoldsItself, "HoldsItself", None),
        (Outer, "Inner", "value"),
        (list[Outer], "Inner", "value"),
        (Open, "Open", None),
        (Aliased, "Aliased", "value"),
        (Root, "Root", None),
    ],
)
def test_a_value_object_that_cannot_be_stored_is_refused(
    value_object: object, model: str, field: str | None
) -> None:
    with pytest.raises(UnsupportedField) as refused:
        type("Another", (ProductBlockModel,), {"__annotations__": {"field": value_object}}, name="Another")

    assert (refused.value.model, refused.value.field) == (model, field)
