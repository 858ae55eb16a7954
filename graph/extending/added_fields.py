"""The fields that an application adds to types of the schema."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import MappingProxyType
from typing import Final

from strawberry.types.base import StrawberryObjectDefinition, get_object_definition
from strawberry.types.field import StrawberryField

from graph.errors import SchemaDefinitionError
from graph.extending.extension import GraphExtension
from graph.names import field_name, require_name
from graph.permissions import declared_permission

QUERY: Final = "Query"
MUTATION: Final = "Mutation"
SUBSCRIPTION: Final = "Subscription"
ROOTS: Final[Mapping[str, str]] = MappingProxyType(
    {QUERY: "queries", MUTATION: "mutations", SUBSCRIPTION: "events"}
)
"""The root types, with what an extension calls the types whose fields join them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedField:
    """A field that an application adds.

    Attributes:
        source: The class it is written in, and its name there.
    """

    field: StrawberryField
    source: str

    @property
    def graphql_name(self) -> str:
        """Its name in GraphQL."""
        return graphql_name_of(self.field)


class AddedFields:
    """The fields that an extension adds, by the type they are added to.

    Raises:
        SchemaDefinitionError: One of them has no permission, no resolver or no name that GraphQL takes, or
            is no subscription where only those can be.
    """

    def __init__(self, extension: GraphExtension) -> None:
        self._by_type: dict[str, tuple[AddedField, ...]] = {
            QUERY: _fields_of(extension.queries),
            MUTATION: _fields_of(extension.mutations),
            SUBSCRIPTION: _fields_of(extension.events, events=True),
        }
        for name, cls in extension.fields.items():
            if name in ROOTS:
                raise SchemaDefinitionError(
                    f"GraphExtension(fields=...): found {name}, expected its fields in '{ROOTS[name]}'."
                )
            self._by_type[name] = _fields_of([cls])
        self._extended: Final = frozenset(extension.fields)

    @property
    def names(self) -> frozenset[str]:
        """The names of the fields that are added to types other than the root types."""
        return frozenset(
            added.graphql_name for name in self._extended for added in self._by_type.get(name, ())
        )

    def of(self, name: str, definition: StrawberryObjectDefinition) -> tuple[AddedField, ...]:
        """Gives what is added to a type: to itself, and to the interfaces it implements."""
        interfaces = (interface.name for interface in definition.interfaces)
        return tuple(added for each in (name, *interfaces) for added in self._by_type.get(each, ()))

    def require_known(self, types: Mapping[str, bool]) -> None:
        """Checks that the types that fields are added to are there.

        Args:
            types: By name, whether it is a type that can be given fields.

        Raises:
            SchemaDefinitionError: One is not, or has no fields.
        """
        for name in self._extended:
            if not types.get(name, False):
                found = "one without fields" if name in types else "none of that name"
                known = [each for each, has_fields in types.items() if has_fields and each not in ROOTS]
                similar = " or ".join(get_close_matches(name, known, n=2))
                raise SchemaDefinitionError(
                    f"GraphExtension(fields={{'{name}': ...}}): found {found} among the types of the schema, "
                    f"expected one that has fields{similar and f', perhaps {similar}'}."
                )


def graphql_name_of(field: StrawberryField) -> str:
    """Gives the name of a field in GraphQL."""
    return field.graphql_name or field_name(field.python_name)


def _fields_of(classes: Iterable[type], *, events: bool = False) -> tuple[AddedField, ...]:
    return tuple(
        _added(cls, field, events=events)
        for cls in classes
        for field in get_object_definition(cls, strict=True).fields
    )


def _added(cls: type, field: StrawberryField, *, events: bool) -> AddedField:
    added = AddedField(field=field, source=f"{cls.__module__}.{cls.__qualname__}.{field.python_name}")
    require_name(added.graphql_name, of=added.source)
    if field.is_basic_field:
        raise SchemaDefinitionError(
            f"{added.source}: found a plain attribute, expected a method: nothing would give its value."
        )
    if field.is_subscription is not events:
        kinds = ("strawberry.field or strawberry.mutation", "strawberry.subscription")
        raise SchemaDefinitionError(
            f"{added.source}: found a field made with {kinds[not events]}, expected {kinds[events]}."
        )
    if declared_permission(field) is None:
        raise SchemaDefinitionError(
            f"{added.source}: found no permission, expected directives=requires(Permission.…) in its "
            "decorator: without one nobody could select it."
        )
    return added
