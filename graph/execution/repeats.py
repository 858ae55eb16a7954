"""How often a document selects the same field in the same place.

To validate that they can be merged, all of them are compared with each other, so their number is bounded
before. Those of inline fragments and fragments count in the place where they stand, whatever their type.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionSetNode,
)

from graph.limits import DocumentLimits


def repeats(document: DocumentNode, limits: DocumentLimits) -> list[GraphQLError]:
    """Gives one error for each operation of a document that repeats a field too often.

    For documents that are small enough, and none of whose fragments is within itself.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    errors: list[GraphQLError] = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            name, number = _most_repeated(definition, fragments)
            if number > limits.repeats:
                message = (
                    f"'{name}' is selected {number} times in one place: at most {limits.repeats} are taken."
                )
                errors.append(GraphQLError(message, nodes=definition))
    return errors


def _most_repeated(
    operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDefinitionNode]
) -> tuple[str, int]:
    """The name in the response that is selected most often in one place, and how often."""
    name, number = "", 0
    left: list[Sequence[SelectionSetNode]] = [[operation.selection_set]]
    while left:
        found: defaultdict[str, list[FieldNode]] = defaultdict(list)
        for node in _fields(left.pop(), fragments):
            found[node.alias.value if node.alias else node.name.value].append(node)
        for key, nodes in found.items():
            if len(nodes) > number:
                name, number = key, len(nodes)
            below = [node.selection_set for node in nodes if node.selection_set is not None]
            if below:
                left.append(below)
    return name, number


def _fields(
    places: Sequence[SelectionSetNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    """The fields that come to stand in one place; each fragment is taken once."""
    left, spread = list(places), set[str]()
    while left:
        for selection in left.pop().selections:
            match selection:
                case FieldNode():
                    yield selection
                case InlineFragmentNode():
                    left.append(selection.selection_set)
                case FragmentSpreadNode():
                    fragment = fragments.get(selection.name.value)
                    if fragment is not None and fragment.name.value not in spread:
                        spread.add(fragment.name.value)
                        left.append(fragment.selection_set)
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")
