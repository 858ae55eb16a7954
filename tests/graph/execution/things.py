"""A schema whose fields hold every trap, now and then, and else what their types allow."""

# pyright: reportArgumentType=false, reportReturnType=false, reportAssignmentType=false
# The objects hold what their types do not allow: that is what they are for.

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Annotated

import strawberry
from strawberry.schema.config import StrawberryConfig

from tests.graph.execution.traps import (
    Anything,
    Box,
    Colour,
    Doubled,
    Gadget,
    Judged,
    Leaf,
    Named,
    Never,
    Picky,
    Picture,
    Size,
    Widget,
    leaf,
    listed,
    pick,
    some,
)


@strawberry.type
class Thing:
    """What holds everything: whatever their types say, its source's number decides what is in its fields."""

    text: str
    text_or_none: str | None
    whole: int
    whole_or_none: int | None
    real: float | None
    flag: bool
    flag_or_none: bool | None
    key: strawberry.ID
    at: datetime | None
    colour: Colour
    colour_or_none: Colour | None
    size: Size | None
    picky: Picky
    picky_or_none: Picky | None
    anything: Anything | None
    texts: list[str]
    texts_or_none: list[str | None] | None
    table: list[list[int] | None] | None
    colours: list[Colour] | None
    leaf: Leaf
    leaf_or_none: Leaf | None
    widget_or_none: Widget | None
    named: Named
    named_or_none: Named | None
    judged: Judged | None
    union: Annotated[Widget | Leaf | Picture | Box[str], strawberry.union("Some")] | None
    box: Box[Leaf] | None
    leaves: list[Leaf]
    leaves_or_none: list[Leaf | None] | None
    all_named: list[Named | None] | None
    nested: list[list[Named]] | None
    doubled: list[str | None] | None = strawberry.field(extensions=[Doubled()])
    forbidden: str | None = strawberry.field(permission_classes=[Never])
    absent: str | None

    @strawberry.field
    def resolved(self) -> str:
        return f"resolved {type(self).__name__}"

    @strawberry.field
    def raising(self) -> str | None:
        raise ZeroDivisionError("A resolver raised.")

    @strawberry.field
    async def later(self, *, fails: bool = False) -> "Thing | None":
        await asyncio.sleep(0)
        if fails:
            raise ValueError("A resolver failed.")
        return _source(self).next(5)

    @strawberry.field
    def things(self, count: int = 2) -> list["Thing"]:
        return [_source(self).next(each + 1) for each in range(count)]

    @strawberry.field
    def resolved_name(self) -> Named | None:
        return some(_source(self).number)

    @strawberry.field
    def resolved_names(self) -> list[Named | None] | None:
        return listed(_source(self).number, some)

    @strawberry.field
    def renamed(self, text: str) -> "Thing":
        """Changes what fields after it read."""
        _source(self).renamed_to = text
        return self


class Source:
    """What a thing is read from: an object that makes its values when they are read, and counts the reads."""

    def __init__(self, number: int, reads: Counter[str], *, tame: bool = False) -> None:
        self.number = number
        self.reads = reads
        self.tame = tame
        self.renamed_to: str | None = None

    def next(self, by: int) -> "Source":
        return Source(self.number + by, self.reads, tame=self.tame)

    def read(self, name: str, position: int, make: Callable[[int], object]) -> object:
        self.reads[name] += 1
        if name == "text" and self.renamed_to is not None:
            return self.renamed_to
        number = _NO_TRAP if self.tame else self.number * 7 + position
        if number % 13 == 12:
            raise ZeroDivisionError(f"{name} cannot be read.")
        return make(number)


def _source(value: object) -> Source:
    assert isinstance(value, Source)
    return value


def _attribute(name: str, position: int, make: Callable[[int], object]) -> None:
    def read(self: Source) -> object:
        return self.read(name, position, make)

    setattr(Source, name, property(read))


_NO_TRAP = 1

MAKERS: dict[str, Callable[[int], object]] = {
    **{
        name: (lambda number, fits=fits: leaf(number // 3) if number % 3 == 0 else fits)
        for name, fits in {
            **dict.fromkeys(("text", "text_or_none", "key", "doubled", "forbidden"), "text"),
            **dict.fromkeys(("whole", "whole_or_none"), 7),
            "real": 1.5,
            "flag": True,
            "flag_or_none": False,
            "at": datetime(2026, 1, 31, tzinfo=UTC),
            **dict.fromkeys(("colour", "colour_or_none"), Colour.BLUE),
            "size": Size.LARGE,
            "picky": "fine",
            "picky_or_none": None,
            "anything": {"a": [1]},
        }.items()
    },
    **{
        name: (lambda number, fits=fits: listed(number // 3, leaf) if number % 3 == 0 else fits)
        for name, fits in {
            "texts": ["a", "b"],
            "texts_or_none": ("a", None),
            "table": [[1, 2], None, []],
            "colours": [Colour.RED],
        }.items()
    },
    **{
        name: (lambda number, fits=fits: some(number // 2) if number % 2 == 0 else fits())
        for name, fits in {
            "leaf": lambda: Leaf(text="leaf"),
            "leaf_or_none": lambda: Leaf(text="leaf", optional="given"),
            "widget_or_none": lambda: Widget(name="w", leaf=Leaf(text="below")),
            "named": lambda: Gadget(name="g"),
            "named_or_none": lambda: Widget(name="w"),
            "judged": lambda: Gadget(name="a gadget"),
            "union": lambda: Widget(name="w"),
            "box": lambda: Box(inside=Leaf(text="i"), all_=[Leaf(text="j")]),
        }.items()
    },
    **{
        name: (lambda number, fits=fits: listed(number // 2, some) if number % 2 == 0 else fits())
        for name, fits in {
            "leaves": lambda: [Leaf(text="1"), Leaf(text="2")],
            "leaves_or_none": lambda: (Leaf(text="1"), None),
            "all_named": lambda: [Widget(name="w"), Gadget(name="g"), None],
            "nested": lambda: [[Widget(name="w")], []],
        }.items()
    },
}
"""What each field of a thing holds: now and then a trap, else what its type allows."""

for _position, (_name, _make) in enumerate(MAKERS.items()):
    _attribute(_name, _position, _make)


@strawberry.type
class Query:
    """What is asked."""

    thing: Thing | None
    static: Leaf = strawberry.field(default_factory=lambda: Leaf(text="static"))

    @strawberry.field
    def numbered(self, number: int) -> Thing:
        return _root(self).source.next(number)

    @strawberry.field
    async def all(self, count: int = 3) -> list[Thing | None]:
        await asyncio.sleep(0)
        return [_root(self).source.next(each) for each in range(count)]


@strawberry.type
class Mutation:
    """What is done, one after the other."""

    @strawberry.field
    def change(self, text: str) -> Thing:
        _root(self).source.renamed_to = text
        return _root(self).source

    @strawberry.field
    async def change_later(self, text: str) -> Thing | None:
        await asyncio.sleep(0)
        _root(self).source.renamed_to = text
        return _root(self).source


@strawberry.type
class Subscription:
    """What is followed."""

    @strawberry.subscription
    async def counted(self, to: int, *, tame: bool = False) -> AsyncGenerator[Thing | None]:
        for each in range(to):
            yield Source(each, Counter(), tame=tame)


class Root:
    """The root value.

    Args:
        tame: Lets all sources hold what their types allow.
    """

    def __init__(self, *, tame: bool = False) -> None:
        self.reads: Counter[str] = Counter()
        self.source = Source(0, self.reads, tame=tame)

    @property
    def thing(self) -> Source:
        return self.source

    static = Leaf(text="static")


def _root(value: object) -> Root:
    assert isinstance(value, Root)
    return value


SCHEMA = strawberry.Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=[Widget, Gadget, Picture],
    config=StrawberryConfig(
        scalar_map={
            Picky: strawberry.scalar(name="Picky", serialize=pick, parse_value=pick),
            Anything: strawberry.scalar(name="Anything", serialize=lambda value: value),
        }
    ),
)
