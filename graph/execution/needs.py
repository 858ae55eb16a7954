"""What an operation takes: the permissions of all that it selects and gives, known before anything runs."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLCompositeType,
    GraphQLError,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNamedType,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    ListTypeNode,
    ListValueNode,
    NamedTypeNode,
    Node,
    NonNullTypeNode,
    ObjectValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableDefinitionNode,
    get_named_type,
    is_abstract_type,
    is_composite_type,
    is_introspection_type,
)

from domain.json import JsonValue
from graph.permissions import (
    DEFINITION,
    NOT_ALLOWED,
    Permission,
    Viewer,
    declared_permission,
    permission_of,
)

CHECKED_BY_ID: Final = frozenset({"Query.node", "Query.nodes"})
"""Fields that give anything by its id, which says what it is: they check its permission before they look."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """What an operation selects, and the permission it takes (None: nobody can).

    Attributes:
        coordinate: The schema coordinate of the field, `Type.field`, or the type of a fragment or an input.
        node: Where it selects or gives that first.
    """

    permission: Permission | None
    coordinate: str
    node: Node


def permissions_of(
    schema: GraphQLSchema, parent: GraphQLObjectType | GraphQLInterfaceType, name: str
) -> tuple[Permission | None, ...]:
    """Gives all permissions that it takes to select a field, its own first; None is one that nobody has.

    What a field gives takes its own permission beside the field's: not even whether it is there is told
    without. Where that is an interface or a union, it may be any of its types, and takes what each of them
    takes. So does a field of an interface, which may be stricter, or give more, in one of the types.
    """
    own = parent.fields[name]
    found = [permission_of(parent, own)]
    if f"{parent.name}.{name}" not in CHECKED_BY_ID:
        found += _of_given(schema, own)
    if isinstance(parent, GraphQLInterfaceType):
        for each in schema.get_implementations(parent).objects:
            field = each.fields[name]
            declared = declared_permission(field.extensions.get(DEFINITION))
            found += [declared] if declared is not None else []
            found += _of_given(schema, field)
    return tuple(dict.fromkeys(found))


def needs_of_operation(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode
) -> tuple[Need, ...]:
    """Gives one need per permission of each selected field, where a valid operation selects it first.

    A fragment takes the permission of the type it is on, whatever it selects, and so does an input that the
    document gives: what a condition holds for tells as much as a field. Introspection is free: it tells
    nothing that the published schema does not.
    """
    root = schema.get_root_type(operation.operation)
    assert root is not None, "the document was validated"
    walk = _Walk(schema, document)
    for definition in operation.variable_definitions or ():
        if definition.default_value is not None:
            walk.literal(_of_variable(schema, definition), definition.default_value, definition)
    walk.selections(root, operation.selection_set)
    return tuple(walk.needs.values())


def needs_of_variables(
    schema: GraphQLSchema, operation: OperationDefinitionNode, variables: Mapping[str, JsonValue]
) -> Iterator[Need]:
    """Gives the needs of the inputs that a request's variables give to a valid operation."""
    for definition in operation.variable_definitions or ():
        value = variables.get(definition.variable.name.value)
        if value is not None:
            yield from _needs_of_value(_of_variable(schema, definition), value, definition)


def refusals(needs: Iterable[Need], viewer: Viewer) -> list[GraphQLError]:
    """Gives one error for each need that the viewer does not meet."""
    return [_refusal(need) for need in needs if need.permission not in viewer.permissions]


class _Walk:
    """Collects the needs of one operation; each fragment is visited once."""

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
                    if on is None:
                        self.selections(parent, selection.selection_set)
                    else:
                        self._fragment(on.name.value, selection, selection.selection_set)
                case FragmentSpreadNode():
                    self._spread(selection)
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")

    def _field(self, parent: GraphQLCompositeType, node: FieldNode) -> None:
        name = node.name.value
        field = self._schema.get_field(parent, name)
        assert field is not None, "the document was validated"
        if name.startswith("__"):
            return
        assert isinstance(parent, GraphQLObjectType | GraphQLInterfaceType), (
            "a union has no fields of its own"
        )
        for permission in permissions_of(self._schema, parent, name):
            self._need(permission, f"{parent.name}.{name}", node)
        for argument in node.arguments or ():
            kind = _named_input(field.args[argument.name.value].type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open
            self.literal(kind, argument.value, argument)
        child = _given(field)
        if node.selection_set is not None and is_composite_type(child) and not is_introspection_type(child):
            self.selections(child, node.selection_set)

    def _spread(self, node: FragmentSpreadNode) -> None:
        name = node.name.value
        if name not in self._visited:
            self._visited.add(name)
            fragment = self._fragments[name]
            self._fragment(fragment.type_condition.name.value, node, fragment.selection_set)

    def _fragment(
        self, on: str, node: InlineFragmentNode | FragmentSpreadNode, selection_set: SelectionSetNode
    ) -> None:
        named = self._schema.get_type(on)
        assert is_composite_type(named), "the document was validated"
        declared = declared_permission(named.extensions.get(DEFINITION))
        if declared is not None:
            self._need(declared, on, node)
        self.selections(named, selection_set)

    def literal(self, kind: GraphQLInputObjectType | None, value: ValueNode, node: Node) -> None:
        """Collects the needs of the inputs that a literal gives; variables in it give their own."""
        match value:
            case ListValueNode():
                for item in value.values:
                    self.literal(kind, item, node)
            case ObjectValueNode() if kind is not None:
                declared = declared_permission(kind.extensions.get(DEFINITION))
                if declared is not None:
                    self._need(declared, kind.name, node)
                for entry in value.fields:
                    self.literal(_entry(kind, entry.name.value), entry.value, node)
            case _:
                pass

    def _need(self, permission: Permission | None, coordinate: str, node: Node) -> None:
        need = Need(permission=permission, coordinate=coordinate, node=node)
        self.needs.setdefault((coordinate, permission), need)


def _needs_of_value(kind: GraphQLInputObjectType | None, value: JsonValue, node: Node) -> Iterator[Need]:
    match value:
        case list():
            for item in value:
                yield from _needs_of_value(kind, item, node)
        case dict() if kind is not None:
            declared = declared_permission(kind.extensions.get(DEFINITION))
            if declared is not None:
                yield Need(permission=declared, coordinate=kind.name, node=node)
            for name, entry in value.items():
                yield from _needs_of_value(_entry(kind, name), entry, node)
        case _:
            pass


def _of_variable(schema: GraphQLSchema, definition: VariableDefinitionNode) -> GraphQLInputObjectType | None:
    node = definition.type
    while isinstance(node, ListTypeNode | NonNullTypeNode):
        node = node.type
    assert isinstance(node, NamedTypeNode), "there is nothing else"
    return _named_input(schema.get_type(node.name.value))


def _entry(kind: GraphQLInputObjectType, name: str) -> GraphQLInputObjectType | None:
    """The input type of a field; None if it is none, or unknown, which is refused elsewhere."""
    field = kind.fields.get(name)
    return None if field is None else _named_input(field.type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open


def _named_input(kind: object) -> GraphQLInputObjectType | None:
    """The input type that an argument takes, whatever lists it is in; None if it is a scalar or an enum."""
    while isinstance(kind, GraphQLList | GraphQLNonNull):
        kind = kind.of_type  # pyright: ignore[reportUnknownMemberType, reportUnknownVariableType]  # graphql-core leaves the inner type of lists open
    return kind if isinstance(kind, GraphQLInputObjectType) else None


def _of_given(schema: GraphQLSchema, field: GraphQLField) -> list[Permission]:
    """The permissions of the type that a field gives, and of all that it may turn out to be."""
    given = _given(field)
    possible = schema.get_possible_types(given) if is_abstract_type(given) else ()
    declared = [declared_permission(each.extensions.get(DEFINITION)) for each in (given, *possible)]
    return [permission for permission in declared if permission is not None]


def _given(field: GraphQLField) -> GraphQLNamedType:
    return get_named_type(field.type)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType]  # graphql-core leaves the inner type of lists open


def _refusal(need: Need) -> GraphQLError:
    wanted = need.permission.name if need.permission else "a permission that nobody has"
    return GraphQLError(
        f"Not allowed: '{need.coordinate}' needs {wanted}.",
        nodes=need.node,
        extensions={"code": NOT_ALLOWED, "field": need.coordinate, "permission": wanted},
    )
