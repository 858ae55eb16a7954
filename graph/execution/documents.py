"""Documents that have been parsed, validated and walked for permissions, kept by their text."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    parse,
    validate,
)

from domain.json import JsonValue
from graph.errors import present_errors
from graph.limits import DocumentLimits, excesses
from graph.permissions import Need, needs_of_operation

CACHED_DOCUMENTS = 512


class RequestRefused(Exception):
    """A request stopped at a gate: nothing was executed."""

    def __init__(self, errors: list[JsonValue], *, forbidden: bool = False) -> None:
        self.errors = errors
        self.forbidden = forbidden
        super().__init__(f"The request was refused with {len(errors)} error(s).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A valid document, with its operations and what they need, by name (None for an anonymous one)."""

    node: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    needs: Mapping[str | None, tuple[Need, ...]]


class Documents:
    """Prepares documents of one schema; the most recently used ones are prepared only once."""

    def __init__(
        self, schema: GraphQLSchema, *, limits: DocumentLimits, size: int = CACHED_DOCUMENTS
    ) -> None:
        self._schema = schema
        self._limits = limits
        self._prepare = lru_cache(maxsize=size)(self._parse_and_validate)

    def prepare(self, query: str) -> Document:
        """Gives the document of `query`.

        Raises:
            RequestRefused: It does not parse, is too large or does not fit the schema. Refused texts are
                not kept.
        """
        return self._prepare(query)

    def _parse_and_validate(self, query: str) -> Document:
        try:
            node = parse(query, max_lexical_tokens=self._limits.tokens)
        except GraphQLSyntaxError as error:
            raise RequestRefused(present_errors([error], code="PARSE_FAILED")) from None
        too_large = excesses(node, self._limits)
        if too_large:
            raise RequestRefused(present_errors(too_large, code="DOCUMENT_TOO_LARGE"))
        errors = validate(self._schema, node)
        if errors:
            raise RequestRefused(present_errors(errors, code="VALIDATION_FAILED"))
        operations = {
            definition.name.value if definition.name else None: definition
            for definition in node.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        needs = {
            name: needs_of_operation(self._schema, node, operation) for name, operation in operations.items()
        }
        return Document(node=node, operations=operations, needs=needs)


def select_operation(document: Document, operation_name: str | None) -> OperationDefinitionNode:
    """Gives the operation to run.

    Raises:
        RequestRefused: The name is not in the document, or is missing where there are several.

    Source: GraphQL specification, "GetOperation()".
    """
    if operation_name is not None and operation_name in document.operations:
        return document.operations[operation_name]
    if operation_name is None and len(document.operations) == 1:
        return next(iter(document.operations.values()))
    names = ", ".join(sorted(name or "(anonymous)" for name in document.operations)) or "none"
    wanted = "one of several, but no operationName" if operation_name is None else f"'{operation_name}'"
    error = GraphQLError(f"Unknown operation: asked for {wanted}; the document has: {names}.")
    raise RequestRefused(present_errors([error], code="UNKNOWN_OPERATION"))
