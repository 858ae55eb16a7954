"""Look-ahead: which fields of a result are selected, so that only what they need is read."""

from collections.abc import Iterable, Iterator, Mapping

from graphql import FieldNode, FragmentDefinitionNode, FragmentSpreadNode, InlineFragmentNode, SelectionNode

from graph.context import Info


def selected(info: Info, *path: str) -> frozenset[str]:
    """Gives the names of the fields selected below this one, or at a path below it.

    Fragments on any type count, and so do fields behind @skip and @include: rather one column too many.
    """
    # Strawberry's own `selected_fields` converts the whole selection and costs more than most resolvers.
    raw = info._raw_info  # noqa: SLF001  # pyright: ignore[reportPrivateUsage, reportUnknownMemberType, reportUnknownVariableType]  # see the line above
    nodes: list[FieldNode] = list(raw.field_nodes)
    for name in path:
        nodes = [node for node in _fields(nodes, raw.fragments) if node.name.value == name]
    return frozenset(node.name.value for node in _fields(nodes, raw.fragments))


def _fields(
    nodes: Iterable[FieldNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    for node in nodes:
        if node.selection_set is not None:
            yield from _flattened(node.selection_set.selections, fragments)


def _flattened(
    selections: Iterable[SelectionNode], fragments: Mapping[str, FragmentDefinitionNode]
) -> Iterator[FieldNode]:
    for selection in selections:
        if isinstance(selection, FieldNode):
            yield selection
        elif isinstance(selection, InlineFragmentNode):
            yield from _flattened(selection.selection_set.selections, fragments)
        elif isinstance(selection, FragmentSpreadNode):
            fragment = fragments[selection.name.value]
            yield from _flattened(fragment.selection_set.selections, fragments)
