"""The input types of operators: one for each scalar and enum that lists are filtered by."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from enum import Enum
from types import MappingProxyType, new_class
from typing import Final

import strawberry

from domain.model.definition.scalars import Scalar, ScalarField
from domain.storage.listing.filters import Operator
from domain.storage.listing.values import operators_of
from graph.errors import SchemaDefinitionError
from graph.generate.enums import EnumTypes
from graph.generate.fields import PlannedField, scalar_field
from graph.lists.filters import ObjectOperators, Operators, OperatorType
from graph.names import field_name, require_free
from graph.permissions import Permission, requires
from graph.types.scalars import annotation_of_scalar

_DESCRIPTIONS: Final[Mapping[Operator, str]] = MappingProxyType(
    {
        Operator.EQ: "It is this.",
        Operator.IN: "It is one of these; of none, nothing is.",
        Operator.LT: "It is less than this.",
        Operator.LTE: "It is this or less.",
        Operator.GT: "It is more than this.",
        Operator.GTE: "It is this or more.",
        Operator.IS_NULL: "There is no value (true), or there is one (false).",
        Operator.CONTAINS: "It has this in it, whether the letters A to Z are large or small.",
        Operator.STARTS_WITH: "It begins with exactly this.",
    }
)
QUANTIFIED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "some": "At least one is like this.",
        "every": "All are like this; also where there are none.",
        "none": "None is like this.",
    }
)
"""What the quantifiers say of lists."""


class FilterNames:
    """The names of the input types of filters in one schema, and of all that must have others."""

    def __init__(self) -> None:
        self._taken: dict[str, str] = {}

    def claim(self, name: str, *, of: str) -> str:
        """Gives the name back.

        Raises:
            SchemaDefinitionError: Something else has it.
        """
        known = self._taken.setdefault(name, of)
        if known != of:
            raise SchemaDefinitionError(
                f"found two types {name}, for {known} and for {of}: expected another name for one of them."
            )
        return name


class OperatorTypes:
    """The input types of operators of one schema; each kind of values has one.

    Args:
        enums: The enums of the application.
        names: The names of all filters.
    """

    def __init__(self, enums: EnumTypes, names: FilterNames) -> None:
        self._enums = enums
        self._names = names
        self._types: dict[str, OperatorType] = {}
        self._lists: dict[str, type] = {}
        self._objects: dict[str, ObjectOperators] = {}

    def of_value(self, scalar: Scalar) -> Operators:
        """Gives the type for single values of a scalar, or for value objects.

        Raises:
            SchemaDefinitionError: Something else has its name, or a field a name that the type needs.
        """
        return self.of_scalar(scalar) if scalar.fields is None else self._of_object(scalar, scalar.fields)

    def of_scalar(self, scalar: Scalar) -> OperatorType:
        """Gives the type for single values of a scalar, which is no value object.

        Raises:
            SchemaDefinitionError: Something else has its name.
        """
        python_type: type[object] = scalar.python_type
        if issubclass(python_type, Enum):
            members = self._enums.define(python_type)
            return self.of(
                scalar.graphql_name, members, operators_of(scalar), words=enum_words(scalar.graphql_name)
            )
        name = scalar.graphql_name if scalar.choices is None else f"{scalar.graphql_name}Choice"
        words = value_words(scalar.graphql_name) + ("" if scalar.choices is None else " out of a closed set")
        return self.of(name, annotation_of_scalar(scalar), operators_of(scalar), words=words)

    def of(
        self,
        kind: str,
        annotation: object,
        operators: AbstractSet[Operator],
        *,
        words: str,
        permission: Permission | None = None,
    ) -> OperatorType:
        """Gives the type for a kind of values.

        Args:
            kind: Its name stands before `Filter`.
            annotation: Its type as Strawberry reads it.
            operators: Those it offers, the same each time.
            words: What it is, for the description.
            permission: What it takes to ask for it, if not everybody who may use the filter may know it.

        Raises:
            SchemaDefinitionError: Something else has its name.
        """
        name = self._names.claim(f"{kind}Filter", of=words)
        known = self._types.get(name)
        if known is None:
            known = _operator_type(name, annotation, operators, words, permission)
            self._types[name] = known
        assert set(known.operators.values()) == operators, "a kind of values has the same ones everywhere"
        return known

    def of_list(self, scalar: Scalar) -> type:
        """Gives the type for lists of a scalar's values: some, every, none, isNull.

        Raises:
            SchemaDefinitionError: Something else has its name.
        """
        items = self.of_value(scalar).graphql_type
        name = items.__name__.removesuffix("Filter") + "ListFilter"
        self._names.claim(name, of=f"lists of {items.__name__}")
        if name not in self._lists:
            fields: dict[str, tuple[str, object, str]] = {
                quantifier: (quantifier, items, text) for quantifier, text in QUANTIFIED.items()
            }
            fields["is_null"] = ("isNull", bool, "There is no list (true), or there is one (false).")
            self._lists[name] = input_class(
                name,
                fields,
                "Conditions on a list of values, all of which must hold. What is given for a quantifier is "
                "asked of each item as a whole.",
            )
        return self._lists[name]

    def _of_object(self, scalar: Scalar, fields: Mapping[str, ScalarField]) -> ObjectOperators:
        name = f"{scalar.graphql_name}Filter"
        self._names.claim(name, of=f"the value object {scalar.graphql_name}")
        if name not in self._objects:
            planned = [scalar_field(scalar.graphql_name, each) for each in fields.values()]
            require_free(
                [each.graphql_name for each in planned],
                ("isNull",),
                of=f"value object {scalar.graphql_name}",
                taken_by="every filter",
            )
            self._objects[name] = self._object_type(name, scalar, planned)
        return self._objects[name]

    def _object_type(self, name: str, scalar: Scalar, planned: Sequence[PlannedField]) -> ObjectOperators:
        fields: dict[str, tuple[str, object, str]] = {}
        operators: dict[str, tuple[str, str, Operators]] = {}
        for each in planned:
            if isinstance(each.value, Scalar) and not each.many:
                attribute, compared = f"field_{each.attribute}", self.of_value(each.value)
                fields[attribute] = each.graphql_name, compared.graphql_type, each.description
                operators[attribute] = each.graphql_name, each.attribute, compared
        fields["is_null_"] = "isNull", bool, _DESCRIPTIONS[Operator.IS_NULL]
        words = f"Conditions on a value {scalar.graphql_name}, all of which must hold; not on lists in it."
        return ObjectOperators(graphql_type=input_class(name, fields, words), fields=operators)


def enum_words(graphql_name: str) -> str:
    """Gives what is said of values of an enum."""
    return f"a value of the enum {graphql_name}"


def value_words(graphql_name: str) -> str:
    """Gives what is said of values of a type."""
    return f"a value of type {graphql_name}"


def input_class(
    name: str,
    fields: Mapping[str, tuple[str, object, str]],
    description: str,
    *,
    made: type | None = None,
    permission: Permission | None = None,
) -> type:
    """Gives an input type all of whose fields may be left out.

    Args:
        name: Its name.
        fields: By attribute: name in GraphQL, type as Strawberry reads it without null, description.
        description: What it is.
        made: The class to put them in, if other types name it already.
        permission: What it takes to give one, if it is more than the field takes that it is given to.
    """
    cls = new_class(name) if made is None else made
    annotations: dict[str, object] = {}
    for attribute, (graphql_name, annotation, text) in fields.items():
        annotations[attribute] = annotation | None  # pyright: ignore[reportOperatorIssue]  # a type known at run time only
        setattr(
            cls,
            attribute,
            strawberry.field(name=graphql_name, description=text, default=strawberry.UNSET),
        )
    cls.__annotations__ = annotations
    directives = () if permission is None else requires(permission)
    return strawberry.input(cls, description=description, directives=directives)


def _operator_type(
    name: str,
    annotation: object,
    operators: AbstractSet[Operator],
    words: str,
    permission: Permission | None,
) -> OperatorType:
    by_attribute = {f"{operator}_": operator for operator in Operator if operator in operators}
    names = {attribute: field_name(operator.value) for attribute, operator in by_attribute.items()}
    fields = {
        attribute: (names[attribute], _annotation(operator, annotation), _DESCRIPTIONS[operator])
        for attribute, operator in by_attribute.items()
    }
    return OperatorType(
        graphql_type=input_class(
            name, fields, f"Conditions on {words}; all that are given must hold.", permission=permission
        ),
        operators=by_attribute,
        names=names,
    )


def _annotation(operator: Operator, value: object) -> object:
    match operator:
        case Operator.IS_NULL:
            return bool
        case Operator.IN:
            return list[value]  # pyright: ignore[reportInvalidTypeForm]  # a type known at run time only
        case Operator.CONTAINS | Operator.STARTS_WITH:
            return str
        case _:
            return value
