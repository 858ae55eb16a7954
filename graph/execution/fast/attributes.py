"""Which fields of a schema are plain attributes of the objects they are read from."""

from graphql import GraphQLField, GraphQLSchema
from strawberry.schema.schema_converter import GraphQLCoreConverter
from strawberry.types.field import StrawberryField

BACKREF = GraphQLCoreConverter.DEFINITION_BACKREF
"""Where Strawberry notes in what it made for graphql-core what it made it of."""

_MAKER = GraphQLCoreConverter.__module__


def converts_plainly(schema: GraphQLSchema) -> bool:
    """Tells whether Strawberry made the schema, and turns no errors into results of its own accord."""
    made_of = getattr(schema, "_strawberry_schema", None)
    converter = getattr(made_of, "schema_converter", None)
    return (
        isinstance(converter, GraphQLCoreConverter)
        # With these, a field that is read by default has a resolver around that.
        and not converter._exception_handler_specs  # noqa: SLF001  # pyright: ignore[reportPrivateUsage]  # nothing public tells
    )


def attribute_of(field: GraphQLField) -> str | None:
    """Gives the attribute that is all that a field reads; None if there is more to it.

    Source: Strawberry's `GraphQLCoreConverter.from_resolver`, whose result for a basic field calls
    `StrawberryField.get_result`, and that the default resolver.
    """
    made_of = field.extensions.get(BACKREF)
    resolve = field.resolve
    if (
        isinstance(made_of, StrawberryField)
        and made_of.is_basic_field
        and type(made_of).get_result is StrawberryField.get_result
        and made_of.default_resolver is getattr
        and not field.args
        # Nobody has put a resolver of his own there since.
        and getattr(resolve, "__module__", None) == _MAKER
        and getattr(resolve, "_is_default", False)
    ):
        return made_of.python_name
    return None
