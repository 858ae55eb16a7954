"""All that a plan must not stumble over: values, objects and lists that are not what their types say."""

# pyright: reportArgumentType=false, reportReturnType=false, reportAssignmentType=false
# The objects hold what their types do not allow: that is what they are for.

import asyncio
import enum
from collections.abc import AsyncGenerator, Callable, Generator, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Generic, NewType, TypeVar
from uuid import UUID

import strawberry
from graphql import GraphQLError
from strawberry.extensions import FieldExtension
from strawberry.permission import BasePermission
from strawberry.types.cast import cast

Item = TypeVar("Item")

Picky = NewType("Picky", object)
"""A scalar that refuses some values, and makes nothing or something odd of others."""

Anything = NewType("Anything", object)
"""A scalar that takes every value as it is."""


def pick(value: object) -> object:
    match value:
        case "refused":
            raise GraphQLError("This one is refused.")
        case "broken":
            raise ZeroDivisionError("This one breaks.")
        case "nothing":
            return None
        case "tuple":
            return (1, 2)
        case "later":
            return Waiting("from a scalar")
        case _:
            return value


class Doubled(FieldExtension):
    """Gives every value twice."""

    def resolve(self, next_: Callable[..., Any], source: Any, info: strawberry.Info, **kwargs: Any) -> Any:
        return [next_(source, info, **kwargs)] * 2


class Never(BasePermission):
    """Lets nobody see."""

    message = "Nobody may see this."

    def has_permission(self, *_: Any, **__: Any) -> bool:
        return False


@strawberry.enum
class Colour(enum.Enum):
    """A colour."""

    RED = "red"
    BLUE = strawberry.enum_value("blue", name="DEEP_BLUE")


@strawberry.enum
class Size(enum.StrEnum):
    """A size."""

    SMALL = "s"
    LARGE = "l"


class Other(enum.Enum):
    """An enum that is in no schema."""

    RED = "red"


@strawberry.interface
class Named:
    """What has a name."""

    name: str


@strawberry.interface
class Judged(Named):
    """What an application itself says the type of."""

    @classmethod
    def resolve_type(cls, value: Any, *_: Any) -> str:
        return "Gadget" if value.name == "a gadget" else "Widget"


@strawberry.type
class Leaf:
    """What has no interface: any object will do."""

    text: str
    optional: str | None = None
    hidden: strawberry.Private[object] = None


@strawberry.type
class Widget(Judged):
    """Named."""

    size: Size = Size.SMALL
    leaf: Leaf | None = None


@strawberry.type
class Gadget(Judged):
    """Named, too."""

    colour: Colour = Colour.RED
    self_: "Gadget | None" = strawberry.field(name="self", default=None)


@strawberry.type
class Picture(Named):
    """Takes what it is asked about."""

    @classmethod
    def is_type_of(cls, value: object, _: object) -> bool:
        return getattr(value, "is_a_picture", False)


class LittleWidget(Widget):
    """A class of no type, made of one that is."""


@strawberry.type
class Box(Generic[Item]):
    """Something that has any."""

    inside: Item
    all_: list[Item] = strawberry.field(name="all", default_factory=list)


@dataclass
class Row:
    """An object that no type was made of."""

    name: str = "a row"
    text: str = "of no type"
    optional: str | None = None
    is_a_picture: bool = False


class Waiting:
    """An object that can be awaited: unlike a coroutine it does not mind if nobody does."""

    text = "not this"

    def __init__(self, value: object = None) -> None:
        self._value = value

    def __repr__(self) -> str:
        return "Waiting()"

    def __await__(self) -> Generator[Any, None, object]:
        yield from asyncio.sleep(0).__await__()
        if isinstance(self._value, Exception):
            raise self._value
        return self._value


class Pretending:
    """An object that has every attribute."""

    def __getattr__(self, name: str) -> object:
        if name.startswith("__"):
            raise AttributeError(name)
        return f"pretended {name}"


def generated(*values: object) -> Iterator[object]:
    yield from values


async def streamed(*values: object) -> AsyncGenerator[object]:
    for value in values:
        await asyncio.sleep(0)
        yield value


def some(number: int) -> object:
    """One of the objects that stand wherever an object may."""
    makers: list[Callable[[], object]] = [
        lambda: None,
        lambda: Widget(name="a widget", leaf=Leaf(text="leaf")),
        lambda: Gadget(name="a gadget", self_=Gadget(name=None)),
        lambda: Leaf(text="leaf", optional="given"),
        lambda: Leaf(text=None),
        lambda: LittleWidget(name="a little widget"),
        Row,
        lambda: Row(is_a_picture=True),
        lambda: {"name": "in a dict", "text": "in a dict"},
        lambda: cast(Gadget, Row()),
        lambda: cast(Gadget, Widget(name="cast")),
        lambda: Widget(name="a gadget"),
        lambda: cast(Box, Row()),
        lambda: Box(inside="text"),
        lambda: Box(inside=Leaf(text="in a box"), all_=[Leaf(text="one"), None, Leaf(text=None)]),
        lambda: ValueError("An error as a value."),
        lambda: GraphQLError("GraphQL's error as a value."),
        lambda: Waiting(Leaf(text="leaf", optional="awaited")),
        lambda: Waiting(Widget(name="awaited")),
        lambda: Waiting(ValueError("An error that is awaited.")),
        lambda: Waiting(None),
        Pretending,
        lambda: "text",
        lambda: 7,
        lambda: Picture(name="a picture"),
        type("Odd", (), {"text": property(lambda _: 1 / 0), "name": "odd"}),
    ]
    return makers[number % len(makers)]()


def leaf(number: int) -> object:
    """One of the values that stand wherever a scalar or an enum may."""
    values: list[object] = [
        *(None, "text", "", 1, 0, -1, 2**31 - 1, 2**31, -(2**31) - 1, 2**70),
        *(True, 1.5, 3.0, float("nan"), float("inf"), Decimal("1.5"), b"bytes", "7", "x7"),
        *(Colour.RED, Colour.BLUE, Size.SMALL, Size.LARGE, Other.RED, "red", "RED", "s", "l", Colour),
        *(datetime(2026, 1, 31, tzinfo=UTC), UUID(int=7), "2026-01-31T00:00:00Z"),
        *({"a": 1}, {}, ["a"], [], ("a", "b"), {1}, object, ...),
        *("refused", "broken", "nothing", "tuple", "later"),
        *(ValueError("An error as a value."), GraphQLError("GraphQL's error as a value.")),
        *(strawberry.UNSET, type("Text", (str,), {})("of a subclass"), type("Whole", (int,), {})(3)),
        *(Row, len, Leaf(text="leaf")),
    ]
    makers: list[Callable[[], object]] = [
        lambda: Waiting("awaited"),
        lambda: Waiting(None),
        lambda: Waiting(ValueError("An error that is awaited.")),
    ]
    number %= len(values) + len(makers)
    return values[number] if number < len(values) else makers[number - len(values)]()


def listed(number: int, entry: Callable[[int], object]) -> object:
    """One of the values that stand wherever a list may."""
    makers: list[Callable[[], object]] = [
        lambda: [entry(number + each) for each in range(3)],
        lambda: [entry(number)],
        list,
        tuple,
        lambda: tuple(entry(number + each) for each in range(2)),
        lambda: generated(entry(number), entry(number + 1)),
        lambda: streamed(entry(number), entry(number + 1)),
        lambda: {"a": entry(number)},
        {"a": 1}.values,
        lambda: "text",
        lambda: 7,
        lambda: None,
        lambda: Waiting([entry(number), Waiting(entry(number + 1))]),
        lambda: Waiting(ValueError("A list that fails.")),
        lambda: [[entry(number)], None, [entry(number + 1), Waiting(entry(number + 2))]],
        lambda: type("Own", (list,), {})([entry(number)]),
        lambda: ValueError("An error as a list."),
    ]
    return makers[(number // 7) % len(makers)]()
