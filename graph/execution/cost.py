"""What an operation costs: how many values its answer may have, told from its text and variables alone.

Every field counts one, as often as what it stands in may be there. A list has as many entries as its page, or
the page around it, may have; as many as the ids or inputs it answers; else it is taken for a short one. Of
fragments on different types only the dearest counts, as an object is of one type. What @skip and @include
leave out counts.

The text is looked at once per document; what variables say about pages is put in for each request.
"""
# graphql-core leaves the inner types of lists open.
# pyright: reportUnknownMemberType=false, reportUnknownArgumentType=false, reportUnknownVariableType=false

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLArgument,
    GraphQLCompositeType,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    ListValueNode,
    OperationDefinitionNode,
    SelectionSetNode,
    ValueNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_composite_type,
    is_list_type,
)

PAGE_ARGUMENTS = frozenset({"first", "last"})
SHORT_LIST = 10
"""How many entries a list is taken to have that is not paged: steps, blocks, relations."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PageSizes:
    """How long pages are: of those that ask for no size, and at most."""

    default: int
    most: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """A number of values, some of which depends on variables."""

    fixed: int = 0
    parts: "tuple[_Part, ...]" = ()

    def at(self, variables: Mapping[str, object]) -> int:
        """Gives the number for these variables."""
        return self.fixed + sum(part.at(variables) for part in self.parts)

    def plus(self, other: "Cost") -> "Cost":
        """Gives the cost of both."""
        return Cost(fixed=self.fixed + other.fixed, parts=self.parts + other.parts)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entries:
    """How many entries a list may have: the greatest of what its arguments say.

    Attributes:
        otherwise: The number if no argument says anything.
        said: What arguments say in the text.
        variables: The variables that say it.
        most: The number beyond which the list is refused.
    """

    otherwise: int
    said: int | None = None
    variables: tuple[str, ...] = ()
    most: int | None = None

    def at(self, variables: Mapping[str, object]) -> int:
        said = [] if self.said is None else [self.said]
        for name in self.variables:
            match variables.get(name):
                case int(number) if self.most is not None:
                    said.append(number)
                case list() as values:
                    said.append(len(values))
                case _:
                    pass
        number = max(said, default=self.otherwise)
        return max(0, number if self.most is None else min(number, self.most))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Repeated:
    """What every entry of a list costs."""

    entries: _Entries
    each: Cost

    def at(self, variables: Mapping[str, object]) -> int:
        return self.entries.at(variables) * self.each.at(variables)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Dearest:
    """The dearest of several, of which only one comes to pass."""

    choices: tuple[Cost, ...]

    def at(self, variables: Mapping[str, object]) -> int:
        return max(cost.at(variables) for cost in self.choices)


_Part: TypeAlias = _Repeated | _Dearest

_FREE = Cost()


def cost_of_operation(
    schema: GraphQLSchema, document: DocumentNode, operation: OperationDefinitionNode, *, pages: PageSizes
) -> Cost:
    """Gives the cost of a valid operation; of one that follows something, of each event."""
    root = schema.get_root_type(operation.operation)
    assert root is not None, "the document was validated"
    return _Estimate(schema, document, pages).selections(root, operation.selection_set, page=None)


class _Estimate:
    """Adds up one document; each fragment once for each page it stands in."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, pages: PageSizes) -> None:
        self._schema = schema
        self._pages = pages
        self._fragments = {
            definition.name.value: definition
            for definition in document.definitions
            if isinstance(definition, FragmentDefinitionNode)
        }
        self._known: dict[tuple[str, _Entries | None], Cost] = {}

    def selections(
        self, parent: GraphQLCompositeType, selection_set: SelectionSetNode, *, page: _Entries | None
    ) -> Cost:
        """The cost of one object's selections.

        Args:
            parent: Its type.
            selection_set: What is selected.
            page: How many entries the lists right in it have; None if nothing says so.
        """
        shared = _FREE
        by_type: defaultdict[str, Cost] = defaultdict(Cost)
        for selection in selection_set.selections:
            match selection:
                case FieldNode():
                    shared = shared.plus(self._field(parent, selection, page))
                    continue
                case InlineFragmentNode():
                    on = (
                        self._type(selection.type_condition.name.value)
                        if selection.type_condition
                        else parent
                    )
                    cost = self.selections(on, selection.selection_set, page=page)
                case FragmentSpreadNode():
                    on, cost = self._fragment(selection.name.value, page)
                case _:
                    raise TypeError(f"unknown kind of selection: {selection.kind}")
            if isinstance(on, GraphQLObjectType) and on is not parent:
                by_type[on.name] = by_type[on.name].plus(cost)
            else:
                shared = shared.plus(cost)
        return shared.plus(_dearest(tuple(by_type.values())))

    def _field(self, parent: GraphQLCompositeType, node: FieldNode, page: _Entries | None) -> Cost:
        field = self._schema.get_field(parent, node.name.value)
        assert field is not None, "the document was validated"
        given = get_named_type(field.type)
        if node.selection_set is None or not is_composite_type(given):
            return Cost(fixed=1)
        entries = self._entries(field, node)
        if not is_list_type(get_nullable_type(field.type)):
            return Cost(fixed=1).plus(self.selections(given, node.selection_set, page=entries))
        each = Cost(fixed=1).plus(self.selections(given, node.selection_set, page=None))
        return _repeated(entries or page or _Entries(otherwise=SHORT_LIST), each)

    def _fragment(self, name: str, page: _Entries | None) -> tuple[GraphQLCompositeType, Cost]:
        fragment = self._fragments[name]
        on = self._type(fragment.type_condition.name.value)
        if (name, page) not in self._known:
            self._known[name, page] = self.selections(on, fragment.selection_set, page=page)
        return on, self._known[name, page]

    def _entries(self, field: GraphQLField, node: FieldNode) -> _Entries | None:
        """How many entries the arguments of a field ask for; None if it has none that say so."""
        paged = not PAGE_ARGUMENTS.isdisjoint(field.args)
        telling = [
            argument.value
            for argument in node.arguments or ()
            if (
                argument.name.value in PAGE_ARGUMENTS
                if paged
                else _is_answered_each(field.args[argument.name.value])
            )
        ]
        if not paged and not telling:
            return None
        said = [number for value in telling if (number := _said(value, paged=paged)) is not None]
        return _Entries(
            otherwise=self._pages.default if paged else SHORT_LIST,
            said=max(said, default=None),
            variables=tuple(value.name.value for value in telling if isinstance(value, VariableNode)),
            most=self._pages.most if paged else None,
        )

    def _type(self, name: str) -> GraphQLCompositeType:
        named = self._schema.get_type(name)
        assert is_composite_type(named), "the document was validated"
        return named


def _is_answered_each(argument: GraphQLArgument) -> bool:
    """Whether an argument is a list of ids or inputs, each of which has an entry in the answer."""
    named = get_named_type(argument.type)
    is_list = is_list_type(get_nullable_type(argument.type))
    return is_list and (named.name == "ID" or isinstance(named, GraphQLInputObjectType))


def _said(value: ValueNode, *, paged: bool) -> int | None:
    """The number that a value in the text says."""
    match value:
        case IntValueNode() if paged:
            return int(value.value)
        case ListValueNode():
            return len(value.values)
        case _:
            return None


def _repeated(entries: _Entries, each: Cost) -> Cost:
    if entries.variables or each.parts:
        return Cost(parts=(_Repeated(entries=entries, each=each),))
    return Cost(fixed=entries.at({}) * each.fixed)


def _dearest(choices: tuple[Cost, ...]) -> Cost:
    if any(cost.parts for cost in choices):
        return Cost(parts=(_Dearest(choices=choices),))
    return Cost(fixed=max((cost.fixed for cost in choices), default=0))
