"""Random model classes, random trees of them, and random changes of such trees, for property tests."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, timezone
from decimal import Decimal
from enum import IntEnum, StrEnum
from ipaddress import (
    IPv4Address,
    IPv4Interface,
    IPv4Network,
    IPv6Address,
    IPv6Interface,
    IPv6Network,
)
from types import new_class
from typing import Annotated, Final, ForwardRef, Literal, Protocol, TypeVar, Union
from uuid import UUID

from hypothesis import strategies as st
from pydantic import (
    AnyUrl,
    AwareDatetime,
    BaseModel,
    EmailStr,
    IPvAnyAddress,
    IPvAnyInterface,
    IPvAnyNetwork,
)

from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Reference
from domain.model.lifecycle import SubscriptionStatus
from domain.model.subscriptions import SubscriptionModel
from domain.model.trees.disassembly import walk
from tests.domain.sample import CUSTOMER

_DEEPEST: Final = 2

PRODUCT: Final = "Random"
"""The name of the product in every catalogue that is made here."""

Drawn = TypeVar("Drawn")


class Draw(Protocol):
    """Gives an example of a strategy."""

    def __call__(self, strategy: st.SearchStrategy[Drawn], /) -> Drawn: ...


class Shade(StrEnum):
    LIGHT = "light"
    DARK = "dark"


class Level(IntEnum):
    LOW = -1
    HIGH = 2**40


class Inner(BaseModel):
    lasts: timedelta
    size: int


class Spot(BaseModel):
    """A value object, with another one inside."""

    name: str
    depth: float | None = None
    seen: list[AwareDatetime | None]
    inner: Inner | None = None


TEXT: Final = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=12)
INTEGERS: Final = st.integers(-(2**70), 2**70) | st.integers(-3, 3)
FLOATS: Final = st.floats(allow_nan=False, allow_infinity=False)
INSTANTS: Final = st.datetimes(
    timezones=st.sampled_from([UTC, timezone(timedelta(hours=5, minutes=30))]),
    # Those of the first and last day are no instants of UTC in every zone.
    min_value=datetime(1, 1, 2),  # noqa: DTZ001  # the zone comes from the strategy
    max_value=datetime(9999, 12, 30),  # noqa: DTZ001  # the zone comes from the strategy
)
V4_INTERFACES: Final = st.tuples(st.ip_addresses(v=4), st.integers(0, 32)).map(IPv4Interface)
V6_INTERFACES: Final = st.tuples(st.ip_addresses(v=6), st.integers(0, 128)).map(IPv6Interface)
SCALARS: Final[Mapping[object, st.SearchStrategy[object]]] = {
    str: TEXT,
    bool: st.booleans(),
    int: INTEGERS,
    float: FLOATS,
    Decimal: st.decimals(allow_nan=False, allow_infinity=False),
    AwareDatetime: INSTANTS,
    date: st.dates(),
    time: st.times(),
    timedelta: st.timedeltas(),
    UUID: st.uuids(),
    EmailStr: st.from_regex(r"[a-z]{1,8}@example\.com", fullmatch=True),
    AnyUrl: st.from_regex(r"https://example\.com/[a-z]{0,8}", fullmatch=True).map(AnyUrl),
    IPv4Address: st.ip_addresses(v=4),
    IPv6Address: st.ip_addresses(v=6),
    IPv4Network: V4_INTERFACES.map(lambda interface: interface.network),
    IPv6Network: V6_INTERFACES.map(lambda interface: interface.network),
    IPv4Interface: V4_INTERFACES,
    IPv6Interface: V6_INTERFACES,
    IPvAnyAddress: st.ip_addresses(),
    IPvAnyNetwork: (V4_INTERFACES | V6_INTERFACES).map(lambda interface: interface.network),
    IPvAnyInterface: V4_INTERFACES | V6_INTERFACES,
    Shade: st.sampled_from(Shade),
    Level: st.sampled_from(Level),
    Literal["a", "b"]: st.sampled_from(["a", "b"]),
    Spot: st.builds(
        Spot,
        name=TEXT,
        depth=st.none() | FLOATS,
        seen=st.lists(st.none() | INSTANTS, max_size=2),
        inner=st.none() | st.builds(Inner, lasts=st.timedeltas(), size=INTEGERS),
    ),
}
"""Every type of single values, and what may be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueField:
    """A random field of values.

    Attributes:
        annotation: the type of one value.
        optional: None is allowed in place of a value, in a list among the values.
    """

    annotation: object
    many: bool
    optional: bool

    @property
    def type(self) -> object:
        """The annotation of the field."""
        one = Union[self.annotation, None] if self.optional else self.annotation  # noqa: UP007  # made at run time
        return list[one] if self.many else one

    @property
    def values(self) -> st.SearchStrategy[object]:
        """What the field may hold."""
        one = SCALARS[self.annotation]
        one = st.none() | one if self.optional else one
        return st.lists(one, max_size=3) if self.many else one


@dataclass(frozen=True, slots=True, kw_only=True)
class NestedField:
    """A random field of blocks.

    Attributes:
        families: the numbers of the families whose blocks fit.
    """

    families: tuple[int, ...]
    many: bool
    optional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class RandomFamily:
    """A random kind of blocks."""

    values: Mapping[str, ValueField]
    nested: Mapping[str, NestedField]


@st.composite
def value_fields(draw: st.DrawFn) -> ValueField:
    """Fields of values of any type."""
    return ValueField(
        annotation=draw(st.sampled_from(list(SCALARS))),
        many=draw(st.booleans()),
        optional=draw(st.booleans()),
    )


@st.composite
def nested_fields(draw: st.DrawFn, *, own: int, families: int) -> NestedField:
    """Fields of blocks of a family's own kind or of later families; required only of later ones."""
    numbers = draw(st.lists(st.integers(own, families - 1), min_size=1, max_size=2, unique=True))
    many = draw(st.booleans())
    optional = not many and (own in numbers or draw(st.booleans()))
    return NestedField(families=tuple(numbers), many=many, optional=optional)


@st.composite
def random_families(draw: st.DrawFn) -> tuple[RandomFamily, ...]:
    """A few kinds of blocks; the first is the only one that is always used."""
    count = draw(st.integers(1, 3))
    return tuple(
        RandomFamily(
            values={
                f"value_{n}": field for n, field in enumerate(draw(st.lists(value_fields(), max_size=4)))
            },
            nested={
                f"block_{n}": field
                for n, field in enumerate(
                    draw(st.lists(nested_fields(own=number, families=count), max_size=2))
                )
            },
        )
        for number in range(count)
    )


class RandomModels:
    """The classes of random families, and the catalogue of a product whose subscriptions hold the first."""

    def __init__(self, families: Sequence[RandomFamily]) -> None:
        self.families = families
        self.blocks: dict[int, type[ProductBlockModel]] = {}
        for number in reversed(range(len(families))):
            self.blocks[number] = self._block(number)
        roots = {
            "root": self.blocks[0],
            "spare": self.blocks[0] | None,
            "more": list[self.blocks[0]],
        }
        self.subscription: type[SubscriptionModel] = new_class(
            "RandomSubscription", (SubscriptionModel,), {"name": "Random"}, _body(roots)
        )
        self.catalog = Catalog(
            [
                Product(
                    name=PRODUCT,
                    tag="RANDOM",
                    product_type="Random",
                    description="A random product",
                    model=self.subscription,
                )
            ]
        )

    def number_of(self, block: ProductBlockModel) -> int:
        """The number of a block's family."""
        return next(number for number, model in self.blocks.items() if isinstance(block, model))

    def _block(self, number: int) -> type[ProductBlockModel]:
        family, name = self.families[number], f"RandomBlock{number}"
        fields: dict[str, object] = {each: field.type for each, field in family.values.items()}
        for each, field in family.nested.items():
            kinds = tuple(
                ForwardRef(name) if kind == number else self.blocks[kind] for kind in field.families
            )
            fields[each] = _nested(kinds, field)
        return new_class(name, (ProductBlockModel,), {"name": name}, _body(fields))


def _nested(kinds: tuple[object, ...], field: NestedField) -> object:
    """The annotation of a field, which may hold blocks of other subscriptions too."""
    bare = _bare(kinds, field)
    return Annotated[bare, Reference()]


def _bare(kinds: tuple[object, ...], field: NestedField) -> object:
    one: object = Union[kinds]  # noqa: UP007  # made at run time
    if field.many:
        return list[one]  # pyright: ignore[reportInvalidTypeForm]  # made at run time
    return Union[(*kinds, None)] if field.optional else one


def _body(annotations: Mapping[str, object]) -> Callable[[dict[str, object]], None]:
    def fill(namespace: dict[str, object]) -> None:
        namespace["__annotations__"] = dict(annotations)
        namespace["__module__"] = __name__

    return fill


def blocks_in(model: SubscriptionModel | ProductBlockModel, name: str) -> list[ProductBlockModel]:
    """The blocks in a field."""
    return model.structure().blocks[name].values(getattr(model, name))


def put(model: SubscriptionModel | ProductBlockModel, name: str, value: object) -> None:
    """Assign a field that only the random class has."""
    setattr(model, name, value)


class RandomTrees:
    """Draws subscriptions of random models, and changes of them."""

    def __init__(self, draw: Draw, models: RandomModels) -> None:
        self._draw = draw
        self.models = models

    def subscription(self) -> SubscriptionModel:
        """A new subscription with a random tree."""
        return self.models.subscription.new(
            product=PRODUCT,
            customer_id=CUSTOMER,
            root=self.block(0),
            spare=self._maybe(lambda: self.block(0)),
            more=self._some(lambda: self.block(0)),
        )

    def block(self, number: int, depth: int = 0) -> ProductBlockModel:
        """A new block of a family, with blocks below it down to a depth."""
        family, values = self.models.families[number], dict[str, object]()
        for name, field in family.values.items():
            values[name] = self._draw(field.values)
        for name, field in family.nested.items():
            values[name] = self._nested(field, depth + 1)
        return self.models.blocks[number].new(label=self._draw(st.none() | TEXT), **values)

    def change(self, model: SubscriptionModel, foreign: Sequence[ProductBlockModel]) -> SubscriptionModel:
        """The model with one thing changed, in place or as the same subscription in another status."""
        own = [each.block for each in walk(model, model.structure(), subscription_id=model.id)]
        block = self._draw(st.sampled_from(own))
        family = self.models.families[self.models.number_of(block)]
        match self._draw(st.sampled_from(["value", "nested", "nested", "root", "columns", "status"])):
            case "value":
                self._change_value(block, family)
            case "nested" if family.nested:
                name = self._draw(st.sampled_from(sorted(family.nested)))
                self._change_nested(block, name, family.nested[name], [*own, *foreign])
            case "root":
                self._change_root(model, own)
            case "status":
                return model.transition(type(model), self._draw(st.sampled_from(SubscriptionStatus)))
            case _:
                model.description = self._draw(TEXT.filter(str.strip))
                model.start_at = self._draw(st.none() | INSTANTS)
        return model

    def _change_value(self, block: ProductBlockModel, family: RandomFamily) -> None:
        name = self._draw(st.sampled_from(["label", *family.values]))
        values = st.none() | TEXT if name == "label" else family.values[name].values
        put(block, name, self._draw(values))

    def _change_nested(
        self, block: ProductBlockModel, name: str, field: NestedField, others: Sequence[ProductBlockModel]
    ) -> None:
        fitting = [each for each in others if self.models.number_of(each) in field.families]
        found = self._found(fitting) or self.block(self._draw(st.sampled_from(field.families)), 1)
        if field.many:
            put(block, name, self._changed_list(blocks_in(block, name), found))
        else:
            put(block, name, None if field.optional and self._draw(st.booleans()) else found)

    def _change_root(self, model: SubscriptionModel, own: Sequence[ProductBlockModel]) -> None:
        found = self._found([each for each in own if self.models.number_of(each) == 0]) or self.block(0)
        match self._draw(st.sampled_from(["root", "spare", "more"])):
            case "more":
                put(model, "more", self._changed_list(blocks_in(model, "more"), found))
            case name:
                put(model, name, found)

    def _changed_list(
        self, blocks: Sequence[ProductBlockModel], found: ProductBlockModel
    ) -> list[ProductBlockModel]:
        match self._draw(st.sampled_from(["add", "drop", "turn"])):
            case "add":
                return [found, *blocks]
            case "drop":
                return list(blocks[1:])
            case _:
                return list(reversed(blocks))

    def _found(self, blocks: Sequence[ProductBlockModel]) -> ProductBlockModel | None:
        """One of these that is somewhere already, or None."""
        return self._draw(st.none() | st.sampled_from(blocks)) if blocks else None

    def _nested(self, field: NestedField, depth: int) -> object:
        def make() -> ProductBlockModel:
            return self.block(self._draw(st.sampled_from(field.families)), depth)

        if field.many:
            return [] if depth > _DEEPEST else self._some(make)
        if field.optional and (depth > _DEEPEST or self._draw(st.booleans())):
            return None
        return make()

    def _maybe(self, make: Callable[[], Drawn]) -> Drawn | None:
        return make() if self._draw(st.booleans()) else None

    def _some(self, make: Callable[[], Drawn]) -> list[Drawn]:
        # Ids rise with time; what is in their order says nothing about the order of a list.
        return [make() for _ in range(self._draw(st.integers(0, 2)))][::-1]
