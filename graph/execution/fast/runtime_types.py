"""Which object type an object has, by its class, where Strawberry gives all of a class the same answer."""

from types import NoneType
from typing import Final

from graphql import (
    GraphQLAbstractType,
    GraphQLNamedOutputType,
    GraphQLObjectType,
    GraphQLSchema,
    is_abstract_type,
)
from graphql.pyutils import UndefinedType
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.cast import TYPE_CAST_ATTRIBUTE
from strawberry.types.union import StrawberryUnion

from graph.execution.fast.attributes import BACKREF

_MAKERS = frozenset({GraphQLCoreConverter.__module__, StrawberryUnion.__module__})

_NULLS: Final[frozenset[type]] = frozenset({NoneType, UndefinedType})


class RuntimeTypes:
    """The object types of a schema by the classes they were made of.

    Says nothing of types with a resolver or a predicate of an application's own, of generic types, whose
    classes several types share, and of classes that are no type's: those are asked for each object.
    """

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._by_class = {
            definition.origin: kind
            for kind in schema.type_map.values()
            if isinstance(kind, GraphQLObjectType)
            and isinstance(definition := kind.extensions.get(BACKREF), StrawberryObjectDefinition)
            and definition.concrete_of is None
            and not definition.is_graphql_generic
            and schema.type_map.get(definition.name) is kind
        }

    def of_class(self, kind: GraphQLNamedOutputType, source_class: type) -> GraphQLObjectType | None:
        """Gives the type of all objects of a class where a type is expected, if that is certain.

        An object that was cast by `strawberry.cast` is an exception to it.
        """
        if isinstance(kind, GraphQLObjectType) and kind.is_type_of is None:
            return kind if is_plain(source_class) else None
        found = self._by_class.get(source_class)
        if found is None or not _made_by_strawberry(found.is_type_of) or not is_plain(source_class):
            return None
        if is_abstract_type(kind):
            return found if self._resolves(kind, found, source_class) else None
        return found if found is kind else None

    def _resolves(self, kind: GraphQLAbstractType, found: GraphQLObjectType, source_class: type) -> bool:
        """Tells whether Strawberry takes the objects of a type's own class for that type.

        Source: `GraphQLCoreConverter.from_interface`, `StrawberryUnion.get_type_resolver`.
        """
        if kind.resolve_type is None or not _made_by_strawberry(kind.resolve_type):
            return False
        made_of = kind.extensions.get(BACKREF)
        if isinstance(made_of, StrawberryObjectDefinition) and not issubclass(source_class, made_of.origin):
            return False
        return self._schema.is_sub_type(kind, found)


def can_be_cast(kind: GraphQLNamedOutputType) -> bool:
    """Tells whether `strawberry.cast` changes which objects are of a type."""
    return not isinstance(kind, GraphQLObjectType) or kind.is_type_of is not None


def is_cast(source: object) -> bool:
    """Tells whether an object was cast to a type by `strawberry.cast`."""
    return getattr(source, TYPE_CAST_ATTRIBUTE, None) is not None


def is_plain(source_class: type[object]) -> bool:
    """Tells whether values of a class are no nulls, errors or awaitables, nor stand for something else."""
    return not (
        source_class in _NULLS
        or issubclass(source_class, BaseException)
        or source_class.__getattribute__ is not object.__getattribute__
        or hasattr(source_class, "__getattr__")
        or hasattr(source_class, "__await__")
    )


def _made_by_strawberry(function: object) -> bool:
    return function is None or getattr(function, "__module__", None) in _MAKERS
