"""The list of processes and their counts, with a typed `where`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Final, TypeAlias

from strawberry.types.field import StrawberryField

from domain.model.definition.scalars import SCALARS
from domain.storage.listing.filters import And, FieldFilter, Not, Operator, Or, Quantifier, Where
from engine.store.process_filters import FIELDS, ProcessWhere, SubjectFilter, check_operand
from engine.store.process_orders import PROCESS_SORTING, ProcessOrder
from engine.store.processes import ProcessRepository
from graph.context import Info
from graph.generate.filters.conditions import QUANTIFIERS, FieldCondition
from graph.generate.filters.operators import QUANTIFIED, FilterNames, OperatorTypes, enum_words, input_class
from graph.generate.filters.record_conditions import id_operators
from graph.generate.filters.wheres import begun, complete
from graph.generate.lists.listing import filtered_field, filtered_page
from graph.ids import parse_process_id
from graph.lists.cursors import ListCursors
from graph.lists.filters import (
    WHERE,
    Condition,
    InvalidWhere,
    Joins,
    Path,
    WhereType,
    filtered,
    given_fields,
    read_where,
)
from graph.lists.paging import (
    After,
    Before,
    Connection,
    First,
    Last,
    Offset,
    PageArguments,
)
from graph.loaders import ProcessRead
from graph.permissions import Permission
from graph.types.counts import ProcessCount, ProcessGroups, process_count
from graph.types.enums import FailureKind, ProcessStatus, Target
from graph.types.ordering import ORDER_BY, ProcessOrderArgument, process_order
from graph.types.process import Process, process, process_columns

PROCESS_JOINS: Final[Joins[ProcessWhere]] = Joins(all_of=And, any_of=Or, negated=Not)
_MEMBERSHIP: Final = frozenset({Operator.EQ, Operator.IN})
_LIST: Final = "processes"
_VIEWER: Final = object()
"""Stands for the viewer's name in a filter, until it is known who asks."""

ProcessWhereType: TypeAlias = WhereType[ProcessWhere]


def process_lists(
    subscriptions: WhereType[Where], operators: OperatorTypes, names: FilterNames
) -> Mapping[str, StrawberryField]:
    """Gives the fields by their names in GraphQL.

    Raises:
        SchemaDefinitionError: A name is taken.
    """
    where_type: ProcessWhereType = begun("Process", "processes", PROCESS_JOINS, names=names)
    conditions: list[Condition[ProcessWhere]] = [
        *_conditions(operators),
        _ViewerCondition(),
        _SubjectCondition(subscriptions=subscriptions, graphql_type=_list_type(subscriptions, names)),
    ]
    complete(where_type, conditions, "Conditions on a process, all of which must hold. {} holds of any.")
    return {_LIST: _list(where_type), "processCounts": _counts(where_type)}


def _list(where_type: ProcessWhereType) -> StrawberryField:
    async def resolve(  # noqa: PLR0917  # GraphQL arguments have names
        info: Info,
        where: object = None,
        order_by: ProcessOrderArgument = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        cursors = ListCursors(list_name=_LIST, sorting=PROCESS_SORTING, order=process_order(order_by))
        return await _page(info, _read(where_type, where, info), arguments, cursors)

    return filtered_field(
        _LIST,
        resolve,
        where_type,
        graphql_type=Connection[Process],
        description="The processes, the newest first unless sorted otherwise.",
        permission=Permission.READ_PROCESSES,
    )


def _counts(where_type: ProcessWhereType) -> StrawberryField:
    async def resolve(info: Info, group_by: ProcessGroups, where: object = None) -> list[ProcessCount]:
        condition = _read(where_type, where, info)
        groups = await filtered(_repository(info).counts(info.context.viewer.scope, group_by, condition))
        return [process_count(group_by, group) for group in groups]

    return filtered_field(
        "processCounts",
        resolve,
        where_type,
        graphql_type=list[ProcessCount],
        description="How many processes there are of each kind, the most first; at most 1000 kinds.",
        permission=Permission.READ_PROCESSES,
    )


async def _page(
    info: Info, where: ProcessWhere | None, arguments: PageArguments, cursors: ListCursors[ProcessOrder]
) -> Connection[Process]:
    scope = info.context.viewer.scope
    repository = _repository(info)
    columns = process_columns(info, "nodes") | process_columns(info, "edges", "node")
    return await filtered_page(
        info,
        arguments,
        cursors,
        read=lambda request: repository.page(
            scope,
            request=request,
            where=where,
            order=cursors.order,
            columns=columns,
        ),
        count=lambda: repository.count(scope, where),
        node=lambda record: process(ProcessRead(record=record)),
        slow=ORDER_BY if where is None else WHERE,
    )


def _repository(info: Info) -> ProcessRepository:
    dependencies = info.context.dependencies
    return ProcessRepository(dependencies.database, filter_limit_s=dependencies.settings.filter_limit_s)


def _read(where_type: ProcessWhereType, where: object, info: Info) -> ProcessWhere | None:
    found = read_where(where_type, where)
    return None if found is None else _for(info.context.viewer.name, found)


def _for(viewer: str, where: ProcessWhere) -> ProcessWhere:
    """The condition with the name of who asks."""
    match where:
        case And():
            return And(tuple(_for(viewer, item) for item in where.items))
        case Or():
            return Or(tuple(_for(viewer, item) for item in where.items))
        case Not():
            return Not(_for(viewer, where.item))
        case FieldFilter() if where.value is _VIEWER:
            return FieldFilter(where.field, where.operator, viewer)
        case _:
            return where


def _conditions(operators: OperatorTypes) -> Sequence[FieldCondition]:
    ids = id_operators(operators)
    texts, flags, times = (operators.of_scalar(SCALARS[each]) for each in (str, bool, datetime))
    kinds = {
        kind: operators.of(kind.__name__, kind, FIELDS[field].operators, words=enum_words(kind.__name__))
        for kind, field in ((Target, "target"), (ProcessStatus, "status"), (FailureKind, "failure_kind"))
    }
    customers = operators.of("Customer", str, _MEMBERSHIP, words="one of several customers' ids")
    return [
        _condition("id", ids, "Its id.", parse=parse_process_id),
        _condition("workflow", texts, "The name of its workflow.", name="workflow_name"),
        _condition("target", kinds[Target], "What its workflow does to its subject."),
        _condition("is_task", flags, "Whether its workflow is a task."),
        _condition("status", kinds[ProcessStatus], "Where it stands."),
        _condition("customer_id", customers, "The customers whose subscriptions it concerns: any of them."),
        _condition("created_by", texts, "Who started it."),
        _condition(
            "last_actor",
            texts,
            "Who last started, resumed, retried or aborted it, or skipped a step of it.",
        ),
        _condition("note", texts, "What people have noted about it."),
        _condition("assignee", texts, "Who is to fill in the form it waits for."),
        _condition("failure_kind", kinds[FailureKind], "Why it failed."),
        _condition("started_at", times, "When it was started."),
        _condition("modified_at", times, "When it last changed."),
        _condition("ended_at", times, "When it was completed or aborted."),
    ]


_condition = partial(FieldCondition.of, check=check_operand)


@dataclass(frozen=True, slots=True, kw_only=True)
class _ViewerCondition:
    """Whether the viewer has started it: a client need not know its own name first."""

    attribute: str = "created_by_viewer"
    graphql_name: str = "createdByViewer"
    description: str = "Whether the viewer has started it."
    annotation: object = bool

    def read(self, value: object, path: Path, depth: int) -> Sequence[ProcessWhere]:  # noqa: ARG002  # as all conditions are read
        """Gives the condition; who the viewer is comes later."""
        own = FieldFilter("created_by", Operator.EQ, _VIEWER)
        return [own if value else Not(own)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _SubjectCondition:
    """On the subscriptions that it concerns."""

    subscriptions: WhereType[Where]
    graphql_type: type
    attribute: str = "subscriptions"
    graphql_name: str = "subscriptions"
    description: str = "The subscriptions that it concerns."

    @property
    def annotation(self) -> object:
        """Its type as Strawberry reads it, without null."""
        return self.graphql_type

    def read(self, value: object, path: Path, depth: int) -> Sequence[ProcessWhere]:
        """Gives one condition for each quantifier.

        Raises:
            InvalidWhere: There is none.
        """
        found = [
            SubjectFilter(Quantifier(name), self.subscriptions.read(given, below, depth + 1))
            for name, given, below in given_fields(value, {name: name for name in QUANTIFIERS}, path)
        ]
        if not found:
            raise InvalidWhere.expecting(path, found="nothing", expected="at least one of some, every, none")
        return found


def _list_type(subscriptions: WhereType[Where], names: FilterNames) -> type:
    where = subscriptions.graphql_type
    fields: dict[str, tuple[str, object, str]] = {
        quantifier: (quantifier, where, text) for quantifier, text in QUANTIFIED.items()
    }
    return input_class(
        names.claim("SubscriptionListWhere", of="lists of subscriptions"),
        fields,
        "Conditions on a list of subscriptions, all of which must hold. Those that the viewer may not see do "
        "not count.",
        permission=Permission.READ_SUBSCRIPTIONS,
    )
