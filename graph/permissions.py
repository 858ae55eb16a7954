"""Who may select what: permissions as metadata of the schema, checked once per document before anything runs.

Every field carries a permission: its own, or the one of its type. Both are written as the schema directive
`@requires`, so the printed schema tells them too. A field without any is refused for everybody (closed by
default).
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum
from types import MappingProxyType

import strawberry
from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLInterfaceType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_introspection_type,
)
from strawberry.schema_directive import Location
from strawberry.types.base import StrawberryObjectDefinition
from strawberry.types.field import StrawberryField

from domain.json import JsonValue
from domain.scope import Scope

NOT_ALLOWED = "NOT_ALLOWED"

_NO_CLAIMS: Mapping[str, JsonValue] = MappingProxyType({})


@strawberry.enum(description="What a viewer may be allowed to do.")
class Permission(Enum):
    """What a viewer may be allowed to do; `graph` knows no finer grain than this and the viewer's scope."""

    CONNECT = strawberry.enum_value("CONNECT", description="Ask who one is and what one may do.")
    READ_CATALOG = strawberry.enum_value("READ_CATALOG", description="Read products and workflows.")
    READ_SUBSCRIPTIONS = strawberry.enum_value(
        "READ_SUBSCRIPTIONS", description="Read the subscriptions of the customers in scope."
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
    REPAIR_SUBSCRIPTION = strawberry.enum_value(
        "REPAIR_SUBSCRIPTION", description="Put a subscription back in sync that no process gives back."
    )


@strawberry.schema_directive(
    locations=[Location.OBJECT, Location.INTERFACE, Location.FIELD_DEFINITION],
    name="requires",
    description="The permission it takes to select a field, or all fields of a type that say nothing else.",
)
class Requires:
    """The permission of a field, or of all fields of a type."""

    permission: Permission = strawberry.field(description="The permission that is needed.")


def requires(permission: Permission) -> list[object]:
    """Gives the `directives=` of a type or field that needs `permission`."""
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
    claims: Mapping[str, JsonValue] = field(default_factory=lambda: _NO_CLAIMS, hash=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """One field of an operation, and the permission it takes to select it (None: nobody can)."""

    permission: Permission | None
    type_name: str
    field: FieldNode

    @property
    def coordinate(self) -> str:
        """The schema coordinate of the field, `Type.field`."""
        return f"{self.type_name}.{self.field.name.value}"


def permission_of(parent: GraphQLObjectType | GraphQLInterfaceType, field: GraphQLField) -> Permission | None:
    """Gives the permission of a field: its own, else its type's, else None."""
    own = _declared(field.extensions.get("strawberry-definition"))
    return own or _declared(parent.extensions.get("strawberry-definition"))


def needs_of_operation(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> tuple[Need, ...]:
    """Gives one need per schema field that a valid operation selects, wherever it selects it first.

    What a field gives takes its own permission beside the field's: not even whether it is there is told
    without. Introspection is free: it tells nothing that the published schema does not.
    """
    root = schema.get_root_type(operation.operation)
    assert root is not None, "the document was validated"
    walk = _Walk(schema, document)
    walk.selections(root, operation.selection_set)
    return tuple(walk.needs.values())


def refusals(needs: Iterable[Need], viewer: Viewer) -> list[GraphQLError]:
    """Gives one error for each need that the viewer does not meet."""
    return [_refusal(need) for need in needs if need.permission not in viewer.permissions]


class _Walk:
    """Collects the needs of one operation; each fragment is visited once per type it is spread on."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode) -> None:
        self.needs: dict[tuple[str, Permission | None], Need] = {}
        self._schema = schema
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._visited: set[str] = set()

    def selections(self, parent: GraphQLCompositeType, selection_set: SelectionSetNode) -> None:
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    self._field(parent, selection)
                case InlineFragmentNode():
                    on = selection.type_condition
                    self.selections(self._type(on.name.value) if on else parent, selection.selection_set)
                case FragmentSpreadNode():
                    self._fragment(selection.name.value)
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")

    def _field(self, parent: GraphQLCompositeType, node: FieldNode) -> None:
        field = self._schema.get_field(parent, node.name.value)
        assert field is not None, "the document was validated"
        if node.name.value.startswith("__"):
            return
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType), (
            "a union has no fields of its own"
        )
        self._need(permission_of(parent, field), parent, node)
        child = get_named_type(field.type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open
        given = _declared(child.extensions.get("strawberry-definition"))
        if given is not None:
            self._need(given, parent, node)
        if node.selection_set is not None and is_composite_type(child) and not is_introspection_type(child):
            self.selections(child, node.selection_set)

    def _need(
        self, permission: Permission | None, parent: GraphQLObjectType | GraphQLInterfaceType, node: FieldNode
    ) -> None:
        need = Need(permission=permission, type_name=parent.name, field=node)
        self.needs.setdefault((need.coordinate, permission), need)

    def _fragment(self, name: str) -> None:
        if name in self._visited:
            return
        self._visited.add(name)
        fragment = self._fragments[name]
        self.selections(self._type(fragment.type_condition.name.value), fragment.selection_set)

    def _type(self, name: str) -> GraphQLCompositeType:
        named = self._schema.get_type(name)
        assert is_composite_type(named), "the document was validated"
        return named


def _declared(definition: object) -> Permission | None:
    if not isinstance(definition, StrawberryObjectDefinition | StrawberryField):
        return None
    declared = [directive for directive in definition.directives or () if isinstance(directive, Requires)]
    return declared[0].permission if declared else None


def _refusal(need: Need) -> GraphQLError:
    wanted = need.permission.name if need.permission else "a permission that nobody has"
    return GraphQLError(
        f"Not allowed: '{need.coordinate}' needs {wanted}.",
        nodes=need.field,
        extensions={"code": NOT_ALLOWED, "field": need.coordinate, "permission": wanted},
    )
