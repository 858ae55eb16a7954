"""The fields of `where` types: what a client writes in each, as conditions of the storage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain.json import JsonValue
from domain.model.definition.scalars import Scalar
from domain.storage.listing.filters import (
    Compared,
    FieldFilter,
    FixedInputFilter,
    InvalidFilter,
    ItemFilter,
    MetadataFilter,
    Not,
    Operator,
    Quantifier,
    ValueFilter,
    ValueWhere,
    Where,
)
from domain.storage.listing.places import compared_values, scalar_within
from domain.storage.saving.checks import in_words
from graph.ids import InvalidId
from graph.lists.filters import (
    Given,
    InvalidWhere,
    Operators,
    OperatorType,
    Path,
    from_storage,
    given_fields,
)
from graph.names import field_name

QUANTIFIERS = {quantifier.value: quantifier for quantifier in Quantifier}

Check = Callable[[Operator, object, str], object]
"""Raises InvalidFilter for what an operator cannot be given."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldCondition:
    """On what every row of a list has.

    Attributes:
        field: Its name in the storage.
        parse: Reads what a client sent for one value; None for what is taken as it came.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    operators: OperatorType
    check: Check
    parse: Callable[[str], object] | None = None

    @classmethod
    def of(
        cls,
        field: str,
        operators: OperatorType,
        description: str,
        *,
        check: Check,
        name: str | None = None,
        parse: Callable[[str], object] | None = None,
    ) -> "FieldCondition":
        """Gives the condition on a field, which clients know by the same name or by another one."""
        return cls(
            attribute=name or field,
            graphql_name=field_name(name or field),
            description=description,
            field=field,
            operators=operators,
            check=check,
            parse=parse,
        )

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.operators.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[FieldFilter]:  # noqa: ARG002  # as all conditions are read
        """Gives one condition for each operator."""
        return [self._filter(given) for given in self.operators.read(value, path)]

    def _filter(self, given: Given) -> FieldFilter:
        value = given.value
        try:
            if self.parse is not None and given.operator is not Operator.IS_NULL:
                value = _parsed(value, self.parse)
            self.check(given.operator, value, self.field)
        except InvalidFilter as error:
            raise from_storage(error, given.path) from None
        except InvalidId as error:
            raise InvalidWhere(given.path, error.message) from None
        return FieldFilter(self.field, given.operator, value)


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupCondition:
    """On several fields that stand together in a type of their own."""

    attribute: str
    graphql_name: str
    description: str
    graphql_type: type
    conditions: Mapping[str, FieldCondition]

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[FieldFilter]:
        """Gives the conditions of all fields.

        Raises:
            InvalidWhere: There is none.
        """
        names = {attribute: condition.graphql_name for attribute, condition in self.conditions.items()}
        found = [
            each
            for attribute, given, below in given_fields(value, names, path)
            for each in self.conditions[attribute].read(given, below, depth)
        ]
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class ValueCondition:
    """On a value of a block, or on the items of a list of values.

    Attributes:
        field: Its name in the model.
        list_type: The type of conditions on a list; None for a single value.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    scalar: Scalar
    operators: Operators
    list_type: type | None = None

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.operators.graphql_type if self.list_type is None else self.list_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[ValueWhere]:  # noqa: ARG002  # as all conditions are read
        """Gives one condition for each operator."""
        if self.list_type is None:
            return [self._filter(given) for given in self.operators.read(value, path)]
        names = {name: name for name in QUANTIFIERS} | {"is_null": "isNull"}
        found: list[ValueWhere] = []
        for attribute, given, below in given_fields(value, names, path):
            if attribute == "is_null":
                found.append(ValueFilter(self.field, Operator.IS_NULL, given))
            else:
                found.append(self._items(QUANTIFIERS[attribute], self.operators.read(given, below)))
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected="at least one of some, every, none, isNull"
            )
        return found

    def _items(self, quantifier: Quantifier, given: Sequence[Given]) -> ItemFilter:
        for each in given:
            check_value(self.scalar, self.field, each)
        return ItemFilter(
            self.field, quantifier, tuple(Compared(each.operator, each.value, each.within) for each in given)
        )

    def _filter(self, given: Given) -> ValueFilter:
        check_value(self.scalar, self.field, given)
        return ValueFilter(self.field, given.operator, given.value, within=given.within)


def check_value(scalar: Scalar, field: str, given: Given) -> None:
    """Checks that an operator on a field of a model can be given what it was given.

    Raises:
        InvalidWhere: It cannot.
    """
    try:
        compared_values(scalar_within(scalar, given.within, field), field, given.operator, given.value)
    except InvalidFilter as error:
        raise from_storage(error, given.path) from None


@dataclass(frozen=True, slots=True, kw_only=True)
class FixedInputCondition:
    """On a constant of the product.

    Attributes:
        field: Its name in the model.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    scalar: Scalar
    operators: OperatorType

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.operators.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[FixedInputFilter]:  # noqa: ARG002  # as all conditions are read
        """Gives one condition for each operator."""
        found = self.operators.read(value, path)
        for given in found:
            check_value(self.scalar, self.field, given)
        return [FixedInputFilter(self.field, given.operator, given.value) for given in found]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetadataCondition:
    """On the document that people and programs attach to a subscription."""

    graphql_type: type
    attribute: str = "metadata"
    graphql_name: str = "metadata"
    description: str = "What people and programs have attached to it."

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[Where]:  # noqa: ARG002  # as all conditions are read
        """Gives one condition for each operator.

        Raises:
            InvalidWhere: There is none, or it is no JSON object.
        """
        found: list[Where] = []
        for attribute, given, below in given_fields(
            value, {"contains": "contains", "is_null": "isNull"}, path
        ):
            if attribute == "is_null":
                found.append(MetadataFilter(None) if given else Not(MetadataFilter(None)))
                continue
            if not isinstance(given, dict):
                raise InvalidWhere.expecting(below, found=in_words(given), expected="a JSON object")
            document: dict[str, JsonValue] = given  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
            found.append(MetadataFilter(document))
        if not found:
            raise InvalidWhere.expecting(path, found="nothing", expected="at least one of contains, isNull")
        return found


def _parsed(value: object, parse: Callable[[str], object]) -> object:
    if isinstance(value, list):
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return [parse(str(item)) for item in items]
    return parse(str(value))
