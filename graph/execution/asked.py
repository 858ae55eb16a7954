"""What an operation asks for, as the application's access policy is told."""
# graphql-core leaves the inner types of lists and the values of literals open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false
# pyright: reportUnknownParameterType=false

from collections.abc import Iterator, Mapping

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLInputObjectType,
    GraphQLInputType,
    GraphQLList,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
    Undefined,
    get_nullable_type,
    value_from_ast_untyped,
)

from domain.json import JsonValue
from graph.authentication.access_policy import AskedOperation, OperationKind, RootField


def asked_operation(
    schema: GraphQLSchema,
    document: DocumentNode,
    operation: OperationDefinitionNode,
    *,
    variables: Mapping[str, JsonValue] | None,
) -> AskedOperation:
    """What a valid operation asks for, with the variables that its client sent."""
    root = schema.get_root_type(operation.operation)
    assert root is not None, "the document was validated"
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    values = _with_defaults(operation, variables or {})
    return AskedOperation(
        kind=OperationKind[operation.operation.name],
        name=operation.name.value if operation.name else None,
        fields=tuple(
            RootField(name=node.name.value, arguments=_arguments(root, node, values))
            for node in _fields(operation.selection_set, fragments)
        ),
    )


def _with_defaults(
    operation: OperationDefinitionNode, variables: Mapping[str, JsonValue]
) -> dict[str, JsonValue]:
    """The values of the variables that have one: that of the client, else the document's."""
    values: dict[str, JsonValue] = {}
    for definition in operation.variable_definitions or ():
        name = definition.variable.name.value
        if name in variables:
            values[name] = variables[name]
        elif definition.default_value is not None:
            values[name] = value_from_ast_untyped(definition.default_value)
    return values


def _fields(
    selection_set: SelectionSetNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields of a root type: fragments on it are on nothing else."""
    for selection in selection_set.selections:
        match selection:
            case FieldNode():
                yield selection
            case InlineFragmentNode():
                yield from _fields(selection.selection_set, fragments)
            case FragmentSpreadNode():
                yield from _fields(fragments[selection.name.value].selection_set, fragments)
            case _:
                raise TypeError(f"unknown kind of selection: {selection.kind}")


def _arguments(
    root: GraphQLObjectType, node: FieldNode, variables: dict[str, JsonValue]
) -> Mapping[str, JsonValue]:
    field = root.fields.get(node.name.value)
    if field is None:  # of introspection
        return {}
    given: dict[str, JsonValue] = {}
    for argument in node.arguments or ():
        value = value_from_ast_untyped(argument.value, variables)
        if value is not Undefined:
            given[argument.name.value] = _as_lists(field.args[argument.name.value].type, value)
    return given


def _as_lists(kind: GraphQLInputType, value: JsonValue) -> JsonValue:
    """The value with every single one that stands for a list in a list.

    Source: GraphQL specification, "List": input coercion.
    """
    nullable = get_nullable_type(kind)
    if value is None:
        return None
    if isinstance(nullable, GraphQLList):
        items = value if isinstance(value, list) else [value]
        return [_as_lists(nullable.of_type, item) for item in items]
    if isinstance(nullable, GraphQLInputObjectType) and isinstance(value, dict):
        fields = nullable.fields
        return {
            name: _as_lists(fields[name].type, item) if name in fields else item
            for name, item in value.items()
        }
    return value
