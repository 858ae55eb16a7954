"""How large an operation may be: its text, its selections, and what it reads.

A text is bounded before it is parsed and its selections before they are validated, as both cost more than
they look. What it reads is counted while it runs: how long its lists are is not known before.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeVar

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

from graph.errors import GraphError

Entry = TypeVar("Entry")

INTROSPECTION = frozenset({"__schema", "__type"})
"""Fields whose depth a validation rule of graphql-core bounds instead: introspection is deep by nature."""

NESTING = 100
"""Selections inside each other, of fields or fragments: well below what the interpreter's stack holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DocumentLimits:
    """The largest document that is taken.

    Attributes:
        tokens: Words and signs in its text.
        depth: Fields inside each other, introspection aside.
        fields: Fields of one operation, those of a fragment counted wherever it is spread.
    """

    tokens: int = 10_000
    depth: int = 25
    fields: int = 2_000


class TooMuchRead(GraphError):
    """An operation reads more than it may."""

    code = "RESULT_TOO_LARGE"


class ReadBudget:
    """How many entries of lists one operation, or one event, may still read."""

    def __init__(self, entries: int) -> None:
        self._entries = entries
        self._left = entries

    def take(self, entries: int) -> None:
        """Counts entries that are about to be given.

        Raises:
            TooMuchRead: They are more than are left.
        """
        self._left -= entries
        if self._left < 0:
            raise TooMuchRead(
                f"The lists of one operation have at most {self._entries} entries together: "
                "ask for smaller pages."
            )


class PaidEntries(list[Entry]):
    """Entries of a list that a budget has paid for when they were read."""


def excesses(document: DocumentNode, limits: DocumentLimits) -> list[GraphQLError]:
    """Gives one error for each operation of a parsed document that is too deep or has too many fields.

    Works on documents that have not been validated: unknown fragments count nothing, and one that spreads
    itself counts once.
    """
    fragments = {
        definition.name.value: definition
        for definition in document.definitions
        if isinstance(definition, FragmentDefinitionNode)
    }
    measure = _Measure(fragments)
    errors: list[GraphQLError] = []
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode):
            continue
        try:
            size = measure.size(definition.selection_set)
        except _NestedTooDeeply:
            errors.append(_excess(f"nests its selections more than {NESTING} times: none", definition))
            continue
        if size.depth > limits.depth:
            errors.append(_excess(f"is {size.depth} fields deep: at most {limits.depth}", definition))
        if size.fields > limits.fields:
            errors.append(_excess(f"selects {size.fields} fields: at most {limits.fields}", definition))
    return errors


@dataclass(frozen=True, slots=True, kw_only=True)
class _Size:
    fields: int = 0
    depth: int = 0


class _NestedTooDeeply(Exception):  # ends a measurement, and becomes an error of GraphQL
    """Selections stand inside each other more than `NESTING` times."""


class _Measure:
    """Measures selections; each fragment is measured once, however often it is spread."""

    def __init__(self, fragments: Mapping[str, FragmentDefinitionNode]) -> None:
        self._fragments = fragments
        self._sizes: dict[str, _Size] = {}

    def size(self, selection_set: SelectionSetNode | None, *, nesting: int = 0) -> _Size:
        if nesting > NESTING:
            raise _NestedTooDeeply
        fields = depth = 0
        for selection in selection_set.selections if selection_set else ():
            match selection:
                case FieldNode():
                    size = self._field(selection, nesting + 1)
                case InlineFragmentNode():
                    size = self.size(selection.selection_set, nesting=nesting + 1)
                case FragmentSpreadNode():
                    size = self._fragment(selection.name.value, nesting + 1)
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")
            fields += size.fields
            depth = max(depth, size.depth)
        return _Size(fields=fields, depth=depth)

    def _field(self, node: FieldNode, nesting: int) -> _Size:
        below = self.size(node.selection_set, nesting=nesting)
        return _Size(
            fields=below.fields + 1, depth=1 if node.name.value in INTROSPECTION else below.depth + 1
        )

    def _fragment(self, name: str, nesting: int) -> _Size:
        if name not in self._sizes:
            # Known as empty while it is measured: a cycle ends here, and validation refuses it.
            self._sizes[name] = _Size()
            fragment = self._fragments.get(name)
            if fragment is not None:
                self._sizes[name] = self.size(fragment.selection_set, nesting=nesting)
        return self._sizes[name]


def _excess(found: str, operation: OperationDefinitionNode) -> GraphQLError:
    name = f"'{operation.name.value}'" if operation.name else "The operation"
    return GraphQLError(f"{name} {found} are taken.", nodes=operation)
