"""Strawberry's schema with the fields that an application adds, and with every clash of names refused."""

from collections.abc import Iterator, Sequence
from typing import NoReturn

import strawberry
from graphql import (
    GraphQLEnumType,
    GraphQLError,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    Undefined,
    is_introspection_type,
)
from strawberry.exceptions import StrawberryException
from strawberry.schema.config import StrawberryConfig
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from graph.errors import SchemaDefinitionError
from graph.extending.added_fields import AddedFields, graphql_name_of
from graph.extending.schema_names import SchemaNames
from graph.permissions import Element, has_permission_of_no_use, permission_of
from graph.types.scalars import scalar_map


class AssembledSchema(strawberry.Schema):
    """Strawberry's schema of one application.

    Args:
        query: What every application can ask, and what is generated.
        mutation: What every application can do, and what is generated.
        subscription: What every application can follow.
        types: The types that no field leads to.
        added: What the application adds to types.

    Raises:
        SchemaDefinitionError: Names clash, or a field has no permission.
    """

    def __init__(
        self, *, query: type, mutation: type, subscription: type, types: Sequence[type], added: AddedFields
    ) -> None:
        self._added = added
        self._names = SchemaNames()
        try:
            super().__init__(  # pyright: ignore[reportUnknownMemberType]  # Strawberry leaves what directives are open
                query=query,
                mutation=mutation,
                subscription=subscription,
                types=types,
                config=StrawberryConfig(scalar_map=scalar_map(), name_converter=self._names),
            )
        except (GraphQLError, StrawberryException, TypeError, ValueError) as error:
            _explain(error)
        named = self.core.type_map
        added.require_known({name: _has_fields(each) for name, each in named.items()})
        _require_permissions(self.core)
        _refuse_permissions_of_no_use(self.core)
        _drop_null_defaults(self.core)

    @property
    def core(self) -> GraphQLSchema:
        """The same for graphql-core, which executes it."""
        return self._schema

    def get_fields(self, type_definition: StrawberryObjectDefinition) -> list[StrawberryField]:
        """Gives the fields of a type, with those that are added to it.

        Raises:
            SchemaDefinitionError: Two of them have one name.
        """
        name = self._names.from_type(type_definition)
        added = self._added.of(name, type_definition)
        sources: dict[str, str] = {}
        for field in type_definition.fields:
            _claim(sources, graphql_name_of(field), owner=name, source=_source_of(field))
        for each in added:
            _claim(sources, each.graphql_name, owner=name, source=each.source)
        return [*type_definition.fields, *(each.field for each in added)]


def _claim(sources: dict[str, str], name: str, *, owner: str, source: str) -> None:
    known = sources.setdefault(name, source)
    if known is not source:
        raise SchemaDefinitionError(
            f"{owner}: found two fields {name}, {known} and {source}: expected another name for one that is "
            "the application's."
        )


def _source_of(field: StrawberryField) -> str:
    """Where a field comes from that is not added: its name in Python, and what it says of itself."""
    return f"{field.python_name} ({field.description})"


def _has_fields(named: object) -> bool:
    return isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(named)


def _require_permissions(schema: GraphQLSchema) -> None:
    """Checks that every field can be selected by somebody.

    Raises:
        SchemaDefinitionError: for all that cannot.
    """
    missing = [
        f"{named.name}.{name}"
        for named in _types_with_fields(schema)
        for name, field in named.fields.items()
        if permission_of(named, field) is None
    ]
    if missing:
        raise SchemaDefinitionError(
            f"found no permission on {', '.join(missing)}: expected directives=requires(Permission.…) on the "
            "field or on its type: without one nobody could select it."
        )


def _refuse_permissions_of_no_use(schema: GraphQLSchema) -> None:
    """Checks that no permission stands where it would be asked of nobody.

    Raises:
        SchemaDefinitionError: for all that do.
    """
    found = [place for place, element in _elements(schema) if has_permission_of_no_use(element)]
    if found:
        raise SchemaDefinitionError(
            f"found a permission on {', '.join(found)}: expected it on a field, or on a type or an input as "
            "a whole: nobody is asked for one elsewhere."
        )


def _elements(schema: GraphQLSchema) -> Iterator[tuple[str, Element]]:
    """Types, and what is in them but for fields, each with its schema coordinate."""
    for name, named in schema.type_map.items():
        yield name, named
        match named:
            case GraphQLInputObjectType():
                yield from ((f"{name}.{each}", field) for each, field in named.fields.items())
            case GraphQLEnumType():
                yield from ((f"{name}.{each}", value) for each, value in named.values.items())
            case GraphQLObjectType() | GraphQLInterfaceType():
                for each, field in named.fields.items():
                    yield from ((f"{name}.{each}({given}:)", value) for given, value in field.args.items())
            case _:
                pass


def _types_with_fields(schema: GraphQLSchema) -> Iterator[GraphQLObjectType | GraphQLInterfaceType]:
    for named in schema.type_map.values():
        if isinstance(named, GraphQLObjectType | GraphQLInterfaceType) and not is_introspection_type(named):
            yield named


def _drop_null_defaults(schema: GraphQLSchema) -> None:
    """Lets optional arguments be just that: null is what their resolvers take, and no default to read."""
    for named in _types_with_fields(schema):
        for field in named.fields.values():
            for argument in field.args.values():
                if argument.default_value is None:
                    argument.default_value = Undefined


def _explain(error: Exception) -> NoReturn:
    """Raises what is wrong with the definitions of an application as the error of definitions.

    Raises:
        SchemaDefinitionError: Always.
    """
    cause: BaseException | None = error
    while cause is not None:
        # graphql-core wraps what is raised while it reads the fields of a type, once for each on the way.
        if isinstance(cause, SchemaDefinitionError):
            raise cause
        cause = cause.__cause__
    raise SchemaDefinitionError(f"the schema cannot be built: {error}") from error
