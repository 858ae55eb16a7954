"""The fields of `where` types: what a client writes in each, as conditions of the storage."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from domain.model.blocks import ProductBlockModel
from domain.model.definition.families import ModelFamily
from domain.model.definition.scalars import Scalar
from domain.storage.listing.filters import (
    BlockFilter,
    FieldFilter,
    InvalidFilter,
    Operator,
    Quantifier,
    ValueFilter,
    ValueWhere,
)
from domain.storage.listing.values import operators_of
from domain.storage.saving.checks import checked_operand, checked_scalar
from graph.filters import Given, InvalidWhere, OperatorType, Path, WhereType, from_storage, given_fields
from graph.ids import InvalidId
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
    operators: OperatorType
    list_type: type | None = None

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.operators.graphql_type if self.list_type is None else self.list_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[ValueWhere]:  # noqa: ARG002  # as all conditions are read
        """Gives one condition for each operator."""
        if self.list_type is None:
            return [self._filter(given, None) for given in self.operators.read(value, path)]
        names = {name: name for name in QUANTIFIERS} | {"is_null": "isNull"}
        found: list[ValueWhere] = []
        for attribute, given, below in given_fields(value, names, path):
            if attribute == "is_null":
                found.append(ValueFilter(self.field, Operator.IS_NULL, given))
            else:
                found += self._items(QUANTIFIERS[attribute], self.operators.read(given, below), below)
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected="at least one of some, every, none, isNull"
            )
        return found

    def _items(self, quantifier: Quantifier, given: Sequence[Given], path: Path) -> Sequence[ValueWhere]:
        if len(given) > 1 and quantifier is not Quantifier.EVERY:
            raise InvalidWhere.expecting(
                path,
                found=f"{len(given)} operators",
                expected="one: each would be asked of the items on its own",
            )
        return [self._filter(each, quantifier) for each in given]

    def _filter(self, given: Given, quantifier: Quantifier | None) -> ValueFilter:
        try:
            checked_operand(
                given.operator,
                given.value,
                path=self.field,
                offered=operators_of(self.scalar),
                one=lambda item: checked_scalar(self.scalar, item, self.field),
            )
        except InvalidFilter as error:
            raise from_storage(error, given.path) from None
        return ValueFilter(self.field, given.operator, given.value, quantifier)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlocksOfFamily:
    """How conditions on the blocks of one family in a field are read.

    Attributes:
        list_type: The type with the quantifiers; None for a field that holds one block at most.
    """

    family: ModelFamily[ProductBlockModel]
    where: WhereType[ValueWhere]
    list_type: type | None

    @property
    def annotation(self) -> object:
        """Their type as Strawberry reads it, without null."""
        return self.where.graphql_type if self.list_type is None else self.list_type

    def read(self, field: str, value: object, path: Path, depth: int) -> Sequence[BlockFilter]:
        """Gives the conditions on the blocks in a field of the model."""
        if self.list_type is None:
            return [self._filter(field, Quantifier.SOME, value, path, depth)]
        names = {name: name for name in QUANTIFIERS}
        found = [
            self._filter(field, QUANTIFIERS[attribute], given, below, depth)
            for attribute, given, below in given_fields(value, names, path)
        ]
        if not found:
            raise InvalidWhere.expecting(path, found="nothing", expected="at least one of some, every, none")
        return found

    def _filter(
        self, field: str, quantifier: Quantifier, value: object, path: Path, depth: int
    ) -> BlockFilter:
        where = self.where.read(value, path, depth + 1)
        return BlockFilter(field, quantifier, where, self.family)


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockCondition:
    """On the blocks that a field holds, if they are of one family.

    Attributes:
        field: Its name in the model.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    blocks: BlocksOfFamily

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.blocks.annotation

    def read(self, value: object, path: Path, depth: int) -> Sequence[BlockFilter]:
        """Gives the conditions on the blocks."""
        return self.blocks.read(self.field, value, path, depth)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChoiceCondition:
    """On the blocks that a field holds, if they may be of several families.

    Attributes:
        field: Its name in the model.
        choices: By attribute of the type: name in GraphQL, and the blocks of the family.
    """

    attribute: str
    graphql_name: str
    description: str
    field: str
    graphql_type: type
    choices: Mapping[str, tuple[str, BlocksOfFamily]]

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[BlockFilter]:
        """Gives the conditions on the blocks of all families that are named.

        Raises:
            InvalidWhere: None is.
        """
        names = {attribute: name for attribute, (name, _) in self.choices.items()}
        found = [
            each
            for attribute, given, below in given_fields(value, names, path)
            for each in self.choices[attribute][1].read(self.field, given, below, depth)
        ]
        if not found:
            raise InvalidWhere.expecting(
                path, found="nothing", expected=f"at least one of {', '.join(names.values())}"
            )
        return found


def _parsed(value: object, parse: Callable[[str], object]) -> object:
    if isinstance(value, list):
        items: list[object] = value  # pyright: ignore[reportUnknownVariableType]  # narrowed from object
        return [parse(str(item)) for item in items]
    return parse(str(value))
