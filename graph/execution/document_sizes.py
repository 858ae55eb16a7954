"""How large a parsed document is, before anything else is done with it.

Works on documents that have not been validated: unknown fragments count nothing, and one that spreads itself
counts once. Each fragment is measured once, however often it is spread.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    DirectiveNode,
    DocumentNode,
    FieldNode,
    FloatValueNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    Node,
    ObjectValueNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    ValueNode,
)

from graph.limits import DocumentLimits

INTROSPECTION = frozenset({"__schema", "__type"})
"""Fields whose depth a validation rule of graphql-core bounds instead: introspection is deep by nature."""

LONGEST_NUMBER = 400
"""Digits of a number in the text: more than any scalar takes, fewer than Python refuses to read."""

NESTING = 100
"""Selections inside each other, of fields or fragments: well below what the interpreter's stack holds."""


def excesses(document: DocumentNode, limits: DocumentLimits) -> list[GraphQLError]:
    """Gives the errors of a document that is too large: of the document itself, else of each operation."""
    if len(document.definitions) > limits.definitions:
        found = f"has {len(document.definitions)} operations and fragments: at most {limits.definitions}"
        return [GraphQLError(f"The document {found} are taken.")]
    crowded = list(_crowded_places(document, limits))
    if crowded:
        return crowded[:1]
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    measure = _Measure(fragments)
    errors: list[GraphQLError] = []
    for definition in document.definitions:
        if isinstance(definition, OperationDefinitionNode):
            errors += [_excess(found, definition) for found in measure.excesses(definition, limits)]
    return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    """What is selected somewhere: how often, how deep, under how many other names."""

    fields: int = 0
    depth: int = 0
    aliases: int = 0
    directives: int = 0
    roots: int = 0


class _NestedTooDeeply(Exception):  # ends a measurement, and becomes an error of GraphQL
    """Selections stand inside each other more than `NESTING` times."""


class _Measure:
    """Measures operations of one document."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, _Size] = {}
        self._aliases: dict[str, Counter[str]] = {}

    def excesses(self, operation: OperationDefinitionNode, limits: DocumentLimits) -> Iterator[str]:
        """Gives what is too much of an operation, in words."""
        try:
            size = self._size(operation.selection_set)
        except _NestedTooDeeply:
            yield f"nests its selections more than {NESTING} times: none"
            return
        directives = size.directives + _directives(operation)
        if size.depth > limits.depth:
            yield f"is {size.depth} fields deep: at most {limits.depth}"
        if size.fields > limits.fields:
            yield f"selects {size.fields} fields: at most {limits.fields}"
        if directives > limits.directives:
            yield f"has {directives} directives: at most {limits.directives}"
        if operation.operation is OperationType.MUTATION and size.roots > limits.mutations:
            yield f"has {size.roots} mutations: at most {limits.mutations}"
        if size.aliases > limits.aliases:
            yield f"has {size.aliases} aliases: at most {limits.aliases}"
        else:
            # Only now: so few aliases are counted fast, wherever they stand.
            for name, number in self._aliases_in(operation.selection_set).most_common(1):
                if number > limits.aliases_of_field:
                    yield f"has {number} aliases of '{name}': at most {limits.aliases_of_field}"

    def _size(self, selection_set: SelectionSetNode | None, *, nesting: int = 0) -> _Size:
        if nesting > NESTING:
            raise _NestedTooDeeply
        fields = depth = aliases = directives = roots = 0
        for selection in selection_set.selections if selection_set else ():
            match selection:
                case FieldNode():
                    size = self._field(selection, nesting + 1)
                case InlineFragmentNode():
                    size = self._size(selection.selection_set, nesting=nesting + 1)
                case FragmentSpreadNode():
                    size = self._fragment(selection.name.value, nesting + 1)
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")
            fields += size.fields
            depth = max(depth, size.depth)
            aliases += size.aliases
            directives += size.directives + len(selection.directives or ())
            roots += size.roots
        return _Size(fields=fields, depth=depth, aliases=aliases, directives=directives, roots=roots)

    def _field(self, node: FieldNode, nesting: int) -> _Size:
        below = self._size(node.selection_set, nesting=nesting)
        return _Size(
            fields=below.fields + 1,
            depth=1 if node.name.value in INTROSPECTION else below.depth + 1,
            aliases=below.aliases + (node.alias is not None),
            directives=below.directives,
            roots=1,
        )

    def _fragment(self, name: str, nesting: int) -> _Size:
        if name not in self._sizes:
            # Known as empty while it is measured: a cycle ends here, and validation refuses it.
            self._sizes[name] = _Size()
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._sizes[name] = self._size(fragment.selection_set, nesting=nesting)
        return self._sizes[name]

    def _aliases_in(self, selection_set: SelectionSetNode | None) -> Counter[str]:
        """How often fields are given another name, by their own name."""
        found: Counter[str] = Counter()
        for selection in selection_set.selections if selection_set else ():
            if isinstance(selection, FragmentSpreadNode):
                found += self._aliases_of_fragment(selection.name.value)
                continue
            if isinstance(selection, FieldNode) and selection.alias is not None:
                found[selection.name.value] += 1
            if isinstance(selection, FieldNode | InlineFragmentNode):
                found += self._aliases_in(selection.selection_set)
        return found

    def _aliases_of_fragment(self, name: str) -> Counter[str]:
        if name not in self._aliases:
            self._aliases[name] = Counter()
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._aliases[name] = self._aliases_in(fragment.selection_set)
        return self._aliases[name]


def _directives(operation: OperationDefinitionNode) -> int:
    """How many directives the operation itself and its variables have."""
    variables = operation.variable_definitions or ()
    return len(operation.directives or ()) + sum(len(variable.directives or ()) for variable in variables)


def _crowded_places(document: DocumentNode, limits: DocumentLimits) -> Iterator[GraphQLError]:
    """Gives an error for each place with too many directives, and each value with too much in it."""
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            continue
        yield from _crowded(definition, definition.directives, (), limits)
        for variable in definition.variable_definitions or ():
            default = (variable.default_value,) if variable.default_value is not None else ()
            yield from _crowded(variable, variable.directives, default, limits)
        for selection in _selections(definition.selection_set):
            arguments = selection.arguments if isinstance(selection, FieldNode) else None
            values = [argument.value for argument in arguments or ()]
            yield from _crowded(selection, selection.directives, values, limits)


def _crowded(
    place: Node,
    directives: Sequence[DirectiveNode] | None,
    values: Iterable[ValueNode],
    limits: DocumentLimits,
) -> Iterator[GraphQLError]:
    directives = directives or ()
    if len(directives) > limits.directives_at_once:
        found = f"Found {len(directives)} directives in one place: at most {limits.directives_at_once}"
        yield GraphQLError(f"{found} are taken.", nodes=place)
        return
    for value in [*values, *(argument.value for each in directives for argument in each.arguments or ())]:
        if any(len(each.value) > LONGEST_NUMBER for each in _numbers(value)):
            yield GraphQLError(f"Numbers have at most {LONGEST_NUMBER} digits.", nodes=value)
        number = sum(1 for _ in _values(value))
        if number > limits.values:
            yield GraphQLError(
                f"Found {number} values in one argument: at most {limits.values} are taken. "
                "Variables hold more.",
                nodes=value,
            )


def _selections(
    selection_set: SelectionSetNode,
) -> Iterator[FieldNode | InlineFragmentNode | FragmentSpreadNode]:
    """The selections of a definition, those inside others too; not those of the fragments it spreads."""
    left = [selection_set]
    while left:
        for selection in left.pop().selections:
            match selection:
                case FieldNode() | InlineFragmentNode():
                    yield selection
                    if selection.selection_set is not None:
                        left.append(selection.selection_set)
                case FragmentSpreadNode():
                    yield selection
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")


def _numbers(value: ValueNode) -> Iterator[IntValueNode | FloatValueNode]:
    return (each for each in _values(value) if isinstance(each, IntValueNode | FloatValueNode))


def _values(value: ValueNode) -> Iterator[ValueNode]:
    """The value itself and those inside it."""
    left = [value]
    while left:
        each = left.pop()
        yield each
        if isinstance(each, ListValueNode):
            left += each.values
        elif isinstance(each, ObjectValueNode):
            left += [field.value for field in each.fields]


def _excess(found: str, operation: OperationDefinitionNode) -> GraphQLError:
    name = f"'{operation.name.value}'" if operation.name else "The operation"
    return GraphQLError(f"{name} {found} are taken.", nodes=operation)
