"""Who may select what: permissions as metadata of the schema, and viewers who hold some of them.

Every field carries a permission: its own, or the one of its type. Both are written as the schema directive
`@requires`, so the printed schema tells them too. A field without any is refused for everybody (closed by
default). What a document takes is in `needs`.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType
from typing import Final, TypeAlias

import strawberry
from graphql import (
    GraphQLArgument,
    GraphQLEnumValue,
    GraphQLField,
    GraphQLInputField,
    GraphQLInterfaceType,
    GraphQLNamedType,
    GraphQLObjectType,
)
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from domain.json import JsonValue
from domain.scope import Scope

NOT_ALLOWED = "NOT_ALLOWED"

DEFINITION: Final = "strawberry-definition"
"""Where graphql-core's types and fields keep what Strawberry knows of them."""

Element: TypeAlias = GraphQLNamedType | GraphQLInputField | GraphQLArgument | GraphQLEnumValue
"""A part of a schema that is no field of an object."""

_NO_CLAIMS: Mapping[str, JsonValue] = MappingProxyType({})


@strawberry.enum(description="What a viewer may be allowed to do.")
class Permission(Enum):
    """What a viewer may be allowed to do; `graph` knows no finer grain than this and the viewer's scope."""

    CONNECT = strawberry.enum_value("CONNECT", description="Ask who one is and what one may do.")
    READ_CATALOG = strawberry.enum_value("READ_CATALOG", description="Read products and workflows.")
    READ_SUBSCRIPTIONS = strawberry.enum_value(
        "READ_SUBSCRIPTIONS", description="Read the subscriptions of the customers in scope."
    )
    READ_CUSTOMERS = strawberry.enum_value(
        "READ_CUSTOMERS", description="Read the names of the customers in scope."
    )
    READ_PROCESSES = strawberry.enum_value(
        "READ_PROCESSES", description="Read and follow the processes of the customers in scope."
    )
    READ_ENGINE = strawberry.enum_value("READ_ENGINE", description="Read the state of the engine.")
    START_WORKFLOW = strawberry.enum_value("START_WORKFLOW", description="Start workflows.")
    RESUME_PROCESS = strawberry.enum_value(
        "RESUME_PROCESS", description="Fill in the form of a suspended process."
    )
    RETRY_PROCESS = strawberry.enum_value("RETRY_PROCESS", description="Retry a failed process.")
    ABORT_PROCESS = strawberry.enum_value("ABORT_PROCESS", description="Abort a process.")
    SKIP_STEP = strawberry.enum_value(
        "SKIP_STEP", description="Leave out the step at which a process is parked or has failed."
    )
    DELETE_PROCESS = strawberry.enum_value(
        "DELETE_PROCESS", description="Delete the record of a task that has ended."
    )
    PAUSE_ENGINE = strawberry.enum_value("PAUSE_ENGINE", description="Pause the engine and let it go on.")
    ANNOTATE_SUBSCRIPTION = strawberry.enum_value(
        "ANNOTATE_SUBSCRIPTION",
        description="Write the note, the metadata and customers' descriptions of a subscription.",
    )
    ANNOTATE_PROCESS = strawberry.enum_value("ANNOTATE_PROCESS", description="Write the notes of processes.")
    REPAIR_SUBSCRIPTION = strawberry.enum_value(
        "REPAIR_SUBSCRIPTION", description="Put a subscription back in sync that no process gives back."
    )


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.INTERFACE, Location.FIELD_DEFINITION, Location.INPUT_OBJECT],
    name="requires",
    description="The permission it takes to select a field, or all fields of a type that say nothing else, "
    "or to give an input.",
)
class Requires:
    """The permission of a field, of all fields of a type, or of an input."""

    permission: Permission = strawberry.field(description="The permission that is needed.")


def requires(permission: Permission) -> list[object]:
    """Gives the `directives=` of a type, field or input that needs `permission`."""
    return [Requires(permission=permission)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Viewer:
    """Who is asking: what they may do, and whose data they may see.

    Attributes:
        claims: What else is known of them, as whoever admitted them says; authorizers and predicates read it.
    """

    name: str
    permissions: frozenset[Permission]
    scope: Scope
    claims: Mapping[str, JsonValue] = field(default_factory=lambda: _NO_CLAIMS, hash=False, repr=False)


def permission_of(parent: GraphQLObjectType | GraphQLInterfaceType, field: GraphQLField) -> Permission | None:
    """Gives the permission of a field: its own, else its type's, else None."""
    own = declared_permission(field.extensions.get(DEFINITION))
    return own or declared_permission(parent.extensions.get(DEFINITION))


def declared_permission(definition: object) -> Permission | None:
    """Gives the permission that a type or field of Strawberry declares itself; None if it declares none."""
    if not isinstance(definition, StrawberryObjectDefinition | StrawberryField):
        return None
    declared = _declared(definition)
    return declared[0].permission if declared else None


def has_permission_of_no_use(element: Element) -> bool:
    """Whether a part of a schema declares a permission where nobody would ask for it."""
    definition: object = element.extensions.get(DEFINITION)
    return not isinstance(definition, StrawberryObjectDefinition) and bool(_declared(definition))


def _declared(definition: object) -> list[Requires]:
    """The permissions on anything of Strawberry."""
    directives: Iterable[object] = getattr(definition, "directives", None) or ()
    return [directive for directive in directives if isinstance(directive, Requires)]
