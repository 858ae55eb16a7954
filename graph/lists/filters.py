"""Filters as clients write them, read into those of the storage; whatever is wrong is told with its path.

A null never stands for "no condition": a client that lost a value would get rows that it did not ask for.
The `where` as a whole may be null or left out, which is no filter.
"""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Final, Generic, Protocol, TypeVar

import strawberry

from domain.json import JsonValue
from domain.storage.listing.filters import MAX_DEPTH, FilterTooSlow, InvalidFilter, Operator
from graph.errors import GraphError

Item = TypeVar("Item")
Answer = TypeVar("Answer")
Item_co = TypeVar("Item_co", covariant=True)

Path = tuple[str, ...]
"""Names of arguments and fields, and positions in lists, from the outside in."""

WHERE: Final[Path] = ("where",)
"""The path of a filter as a whole: the name of its argument."""


class InvalidWhere(GraphError):
    """A filter asks for what there is not, or says nothing where it should."""

    code = "INVALID_FILTER"

    def __init__(self, path: Path, problem: str) -> None:
        super().__init__(f"'{'.'.join(path)}': {problem}")
        self.details = {"argumentPath": list[JsonValue](path)}

    @classmethod
    def expecting(cls, path: Path, *, found: str, expected: str) -> "InvalidWhere":
        """Gives the error for something else than was expected."""
        return cls(path, f"found {found}, expected {expected}.")


class WhereTooSlow(GraphError):
    """A filter that no index serves took too long."""

    code = "FILTER_TOO_SLOW"

    def __init__(self, error: FilterTooSlow, path: Path) -> None:
        super().__init__(
            f"'{'.'.join(path)}' took longer than {error.limit_s:g} seconds: expected a filter that holds of "
            "fewer, or of an indexed field, and an order by one field."
        )
        self.details = {"argumentPath": list[JsonValue](path)}


def from_storage(error: InvalidFilter, path: Path) -> InvalidWhere:
    """Gives the storage's refusal of a filter as the client's, who wrote it at a path."""
    return InvalidWhere.expecting(path, found=error.found, expected=error.expected)


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """One operator and what it was given.

    Attributes:
        value: In the form that the storage's filters take.
        path: Where it stands.
        within: The fields of the model that lead from a value object to what is compared in it.
    """

    operator: Operator
    value: object
    path: Path
    within: tuple[str, ...] = ()


class Operators(Protocol):
    """A generated input type that tells how one value is compared."""

    @property
    def graphql_type(self) -> type:
        """The type."""
        ...

    def read(self, value: object, path: Path) -> Sequence[Given]:
        """Gives the operators that were given.

        Raises:
            InvalidWhere: There is none, or one is null.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class OperatorType:
    """A generated input type of the operators that one kind of values has.

    Attributes:
        operators: By attribute of the type.
    """

    graphql_type: type
    operators: Mapping[str, Operator]
    names: Mapping[str, str]

    def read(self, value: object, path: Path) -> Sequence[Given]:
        """Gives the operators that were given.

        Raises:
            InvalidWhere: There is none, or one is null.
        """
        found = [
            Given(operator=self.operators[attribute], value=given, path=below)
            for attribute, given, below in given_fields(value, self.names, path)
        ]
        if not found:
            raise InvalidWhere.expecting(
                path, found="no operator", expected=f"at least one of {', '.join(self.names.values())}"
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ObjectOperators:
    """A generated input type of what the fields of a value object are compared with.

    Attributes:
        fields: By attribute of the type: name in GraphQL, name in the model, and its operators.
    """

    graphql_type: type
    fields: Mapping[str, tuple[str, str, Operators]]

    def read(self, value: object, path: Path) -> Sequence[Given]:
        """Gives the operators that were given, of all fields.

        Raises:
            InvalidWhere: There is none, or one is null.
        """
        names = {attribute: name for attribute, (name, _, _) in self.fields.items()} | {"is_null_": "isNull"}
        found: list[Given] = []
        for attribute, given, below in given_fields(value, names, path):
            if attribute == "is_null_":
                found.append(Given(operator=Operator.IS_NULL, value=given, path=below))
                continue
            _, field_name, operators = self.fields[attribute]
            found += [
                replace(each, within=(field_name, *each.within)) for each in operators.read(given, below)
            ]
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return found


class Condition(Protocol[Item_co]):
    """A field of a `where` type."""

    @property
    def attribute(self) -> str:
        """Its name in the generated class."""
        ...

    @property
    def graphql_name(self) -> str:
        """Its name in GraphQL."""
        ...

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        ...

    @property
    def description(self) -> str:
        """What it is a condition on."""
        ...

    def read(self, value: object, path: Path, depth: int) -> Sequence[Item_co]:
        """Gives the conditions that a value other than null stands for, all of which must hold.

        Raises:
            InvalidWhere: It stands for none.
        """
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Joins(Generic[Item]):
    """How conditions are joined."""

    all_of: Callable[[tuple[Item, ...]], Item]
    any_of: Callable[[tuple[Item, ...]], Item]
    negated: Callable[[Item], Item]


@dataclass(slots=True, kw_only=True)
class WhereType(Generic[Item]):
    """A generated input type of conditions, which may stand inside itself.

    Attributes:
        conditions: Its fields beside `and`, `or` and `not`, put in when all types are there.
    """

    graphql_type: type
    joins: Joins[Item]
    conditions: Sequence[Condition[Item]] = ()
    _by_attribute: dict[str, Condition[Item]] = field(default_factory=dict[str, Condition[Item]])
    _names: dict[str, str] = field(default_factory=dict[str, str])

    def complete(self, conditions: Sequence[Condition[Item]]) -> None:
        """Puts the fields in."""
        self.conditions = conditions
        self._by_attribute = {condition.attribute: condition for condition in conditions}
        self._names = {condition.attribute: condition.graphql_name for condition in conditions}
        self._names |= {"all_of": "and", "any_of": "or", "negated": "not"}

    def read(self, value: object, path: Path, depth: int = 1) -> Item:
        """Gives the condition that a value of the type stands for; one that says nothing holds of all.

        Args:
            value: The value.
            path: Where it stands.
            depth: How many such values it is inside of, itself counted.

        Raises:
            InvalidWhere: It is too deep, or something in it is wrong.
        """
        if depth > MAX_DEPTH:
            raise InvalidWhere.expecting(path, found=f"more than {MAX_DEPTH} levels", expected="fewer")
        items: list[Item] = []
        for attribute, given, below in given_fields(value, self._names, path):
            condition = self._by_attribute.get(attribute)
            if condition is not None:
                items += condition.read(given, below, depth)
            else:
                items.append(self._join(attribute, given, below, depth))
        return items[0] if len(items) == 1 else self.joins.all_of(tuple(items))

    def _join(self, attribute: str, given: object, path: Path, depth: int) -> Item:
        if attribute == "negated":
            return self.joins.negated(self.read(given, path, depth + 1))
        parts = tuple(
            self.read(each, (*path, str(index)), depth + 1) for index, each in enumerate(items_of(given))
        )
        return self.joins.all_of(parts) if attribute == "all_of" else self.joins.any_of(parts)


def given_fields(value: object, names: Mapping[str, str], path: Path) -> Sequence[tuple[str, object, Path]]:
    """Gives the fields of an input that the client has set: attribute, value, path.

    Raises:
        InvalidWhere: One is null.
    """
    found: list[tuple[str, object, Path]] = []
    for attribute, name in names.items():
        given: object = getattr(value, attribute)
        if given is None:
            raise InvalidWhere.expecting(
                (*path, name), found="null", expected="a value, or no such field: a null is no condition"
            )
        if given is not strawberry.UNSET:
            found.append((attribute, given, (*path, name)))
    return found


def items_of(given: object) -> Sequence[object]:
    """Gives the items of a list that GraphQL has checked."""
    assert isinstance(given, list), "GraphQL has checked it"
    items: list[object] = given  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
    return items


def set_where(resolve: Callable[..., object], where_type: WhereType[Item]) -> None:
    """Gives the argument `where` of a resolver its type, which cannot stand in the signature."""
    resolve.__annotations__["where"] = Annotated[
        where_type.graphql_type | None,
        strawberry.argument(
            description="Only those of which this holds; all if left out or null. Inside, null is refused."
        ),
    ]


def read_where(where_type: WhereType[Item], where: object) -> Item | None:
    """Gives the condition that the argument `where` stands for; None if it was left out, or null.

    Raises:
        InvalidWhere: Something in it is wrong.
    """
    return None if where is None else where_type.read(where, WHERE)


async def filtered(reading: Awaitable[Answer], slow: Path = WHERE) -> Answer:
    """Awaits a read with a filter, or in an order that no index serves.

    Args:
        reading: The read.
        slow: The path of what makes it slow if it is.

    Raises:
        InvalidWhere: The filter is too large.
        WhereTooSlow: It took too long.
    """
    try:
        return await reading
    except InvalidFilter as error:
        raise from_storage(error, WHERE) from None
    except FilterTooSlow as error:
        raise WhereTooSlow(error, slow) from None
