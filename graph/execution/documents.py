"""Documents that have been parsed, validated and looked through, kept by their text."""

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from graphql import (
    ASTValidationRule,
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)

from domain.json import JsonValue
from graph.errors import present_errors
from graph.execution.cost import Cost, PageSizes, cost_of_operation
from graph.execution.document_sizes import excesses
from graph.execution.needs import Need, needs_of_operation
from graph.execution.repeats import repeats
from graph.settings import GraphSettings

CACHED_TOKENS = 200_000
"""How much is kept at most, as long texts take more memory than short ones: about 90 MB."""

LONGEST_SHOWN = 80
LETTERS_PER_TOKEN = 16
"""A text counts one token for so many letters at least: what is in comments is not among its tokens."""


class RequestRefused(Exception):
    """A request stopped at a gate: nothing was executed."""

    def __init__(self, errors: list[JsonValue], *, forbidden: bool = False) -> None:
        self.errors = errors
        self.forbidden = forbidden
        super().__init__(f"The request was refused with {len(errors)} error(s).")


@dataclass(frozen=True, slots=True, kw_only=True)
class Document:
    """A valid document; its operations, what they need and what they cost, by name (None if they have none).

    Attributes:
        weight: How much it counts among those that are kept.
    """

    node: DocumentNode
    operations: Mapping[str | None, OperationDefinitionNode]
    needs: Mapping[str | None, tuple[Need, ...]]
    costs: Mapping[str | None, Cost]
    weight: int


class Documents:
    """Prepares documents of one schema; the most recently used ones are prepared only once."""

    def __init__(
        self, schema: GraphQLSchema, settings: GraphSettings, *, cached_tokens: int = CACHED_TOKENS
    ) -> None:
        self._schema = schema
        self._settings = settings
        self._rules: list[type[ASTValidationRule]] = [*specified_rules]
        if not settings.introspection:
            self._rules.insert(0, NoSchemaIntrospectionCustomRule)
        self._pages = PageSizes(default=settings.default_page_size, most=settings.max_page_size)
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._room = self._most = cached_tokens

    def prepare(self, query: str) -> Document:
        """Gives the document of `query`.

        Raises:
            RequestRefused: It does not parse, is too large or does not fit the schema. Refused texts are
                not kept.
        """
        kept = self._kept.get(query)
        if kept is not None:
            self._kept.move_to_end(query)
            return kept
        document = self._look_through(self._parse(query), letters=len(query))
        self._keep(query, document)
        return document

    @property
    def kept(self) -> int:
        """How many documents are kept."""
        return len(self._kept)

    def _keep(self, query: str, document: Document) -> None:
        """Keeps one more, and drops those that were not used for longest."""
        if document.weight > self._most:
            return
        self._kept[query] = document
        self._room -= document.weight
        while self._room < 0:
            _, dropped = self._kept.popitem(last=False)
            self._room += dropped.weight

    def _parse(self, query: str) -> DocumentNode:
        """A document that is small enough and fits the schema; the cheapest gate comes first."""
        limits = self._settings.document
        try:
            node = parse(query, max_lexical_tokens=limits.tokens)
        except GraphQLSyntaxError as error:
            raise RequestRefused(present_errors([error], code="PARSE_FAILED")) from None
        most = self._settings.max_errors
        _refuse_if(excesses(node, limits), code="DOCUMENT_TOO_LARGE", most=most)
        self._require_valid(node, [NoFragmentCyclesRule])
        _refuse_if(repeats(node, limits), code="DOCUMENT_TOO_LARGE", most=most)
        self._require_valid(node, self._rules)
        return node

    def _require_valid(self, node: DocumentNode, rules: Sequence[type[ASTValidationRule]]) -> None:
        errors = validate(
            self._schema,
            node,
            rules,
            max_errors=self._settings.max_errors,
            # What is suggested tells names of the schema.
            hide_suggestions=not self._settings.introspection,
        )
        _refuse_if(errors, code="VALIDATION_FAILED", most=self._settings.max_errors + 1)

    def _look_through(self, node: DocumentNode, *, letters: int) -> Document:
        schema = self._schema
        operations = {
            definition.name.value if definition.name else None: definition
            for definition in node.definitions
            if isinstance(definition, OperationDefinitionNode)
        }
        return Document(
            node=node,
            operations=operations,
            needs={name: needs_of_operation(schema, node, each) for name, each in operations.items()},
            costs={
                name: cost_of_operation(schema, node, each, pages=self._pages)
                for name, each in operations.items()
            },
            weight=max(node.token_count or 0, letters // LETTERS_PER_TOKEN),
        )


def _refuse_if(errors: Sequence[GraphQLError], *, code: str, most: int) -> None:
    if errors:
        raise RequestRefused(present_errors(errors, code=code, most=most))


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
    wanted = (
        "one of several, but no operationName"
        if operation_name is None
        else f"'{operation_name[:LONGEST_SHOWN]}'"
    )
    error = GraphQLError(f"Unknown operation: asked for {wanted}; the document has: {names}.")
    raise RequestRefused(present_errors([error], code="UNKNOWN_OPERATION"))
