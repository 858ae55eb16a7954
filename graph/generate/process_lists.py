"""The list of processes, filtered by a typed `where`."""

from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Final
from uuid import UUID

import strawberry
from strawberry.types.field import StrawberryField

from domain.json import JsonValue
from domain.model.definition.scalars import SCALARS
from domain.storage.listing.filters import And, Not, Operator, Or
from domain.storage.listing.paging import SortKey
from engine.store.process_filters import FIELDS, ProcessWhere, check_operand
from engine.store.processes import ProcessRepository
from engine.store.records import ProcessRecord
from graph.context import Info
from graph.filters import Joins, WhereType, filtered, read_where, set_where
from graph.generate.conditions import FieldCondition
from graph.generate.operators import FilterNames, OperatorTypes, enum_words
from graph.generate.record_conditions import id_operators
from graph.generate.wheres import begun, complete
from graph.ids import parse_process_id, parse_subscription_id
from graph.loaders import ProcessRead
from graph.paging import After, Before, Connection, First, Last, Offset, PageArguments, connection
from graph.permissions import Permission, requires
from graph.types.enums import FailureKind, ProcessStatus, Target
from graph.types.process import Process, process, process_columns

PROCESS_JOINS: Final[Joins[ProcessWhere]] = Joins(all_of=And, any_of=Or, negated=Not)
_MEMBERSHIP: Final = frozenset({Operator.EQ, Operator.IN})
_LIST: Final = "processes"


def process_list(operators: OperatorTypes, names: FilterNames) -> StrawberryField:
    """Gives the field.

    Raises:
        SchemaDefinitionError: A name is taken.
    """
    where_type: WhereType[ProcessWhere] = begun("Process", "processes", PROCESS_JOINS, names=names)
    complete(
        where_type,
        _conditions(operators),
        "Conditions on a process, all of which must hold. {} holds of any.",
    )

    async def resolve(  # noqa: PLR0917  # GraphQL arguments have names
        info: Info,
        where: object = None,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
        offset: Offset = None,
    ) -> object:
        arguments = PageArguments(first=first, after=after, last=last, before=before, offset=offset)
        return await _page(info, read_where(where_type, where), arguments)

    set_where(resolve, where_type)
    field = strawberry.field(
        name=_LIST,
        resolver=resolve,
        graphql_type=Connection[Process],
        description="The processes, the newest first.",
        directives=requires(Permission.READ_PROCESSES),
    )
    assert isinstance(field, StrawberryField)
    return field


async def _page(info: Info, where: ProcessWhere | None, arguments: PageArguments) -> Connection[Process]:
    dependencies, scope = info.context.dependencies, info.context.viewer.scope
    repository = ProcessRepository(dependencies.database, filter_limit_s=dependencies.settings.filter_limit_s)
    columns = process_columns(info, "nodes") | process_columns(info, "edges", "node")
    page = await filtered(
        repository.page(
            scope,
            request=arguments.request(dependencies.settings, place=_key),
            where=where,
            columns=columns,
        )
    )
    return connection(
        page,
        info.context.budget,
        node=lambda record: process(ProcessRead(record=record)),
        key=_place,
        count=lambda: filtered(repository.count(scope, where)),
    )


def _place(record: ProcessRecord) -> list[JsonValue]:
    return [_LIST, str(record.id)]


def _key(place: JsonValue) -> SortKey:
    match place:
        case [str() as name, str() as identifier] if name == _LIST:
            return (UUID(identifier),)
        case _:
            raise ValueError("found a cursor of another list, expected one of this")


def _conditions(operators: OperatorTypes) -> Sequence[FieldCondition]:
    ids = id_operators(operators)
    texts, flags, times = (operators.of_scalar(SCALARS[each]) for each in (str, bool, datetime))
    kinds = {
        kind: operators.of(kind.__name__, kind, FIELDS[field].operators, words=enum_words(kind.__name__))
        for kind, field in ((Target, "target"), (ProcessStatus, "status"), (FailureKind, "failure_kind"))
    }
    customers = operators.of("Customer", str, _MEMBERSHIP, words="one of several customers' ids")
    related = operators.of("RelatedID", strawberry.ID, _MEMBERSHIP, words="one of several ids")
    return [
        _condition("id", ids, "Its id.", parse=parse_process_id),
        _condition("workflow", texts, "The name of its workflow.", name="workflow_name"),
        _condition("target", kinds[Target], "What its workflow does to its subject."),
        _condition("is_task", flags, "Whether its workflow is a task."),
        _condition("status", kinds[ProcessStatus], "Where it stands."),
        _condition("customer_id", customers, "The customers whose subscriptions it concerns: any of them."),
        _condition(
            "subscription_id",
            related,
            "The subscriptions that it concerns: any of them.",
            name="subscription",
            parse=parse_subscription_id,
        ),
        _condition("created_by", texts, "Who started it."),
        _condition("assignee", texts, "Who is to fill in the form it waits for."),
        _condition("failure_kind", kinds[FailureKind], "Why it failed."),
        _condition("started_at", times, "When it was started."),
        _condition("modified_at", times, "When it last changed."),
        _condition("ended_at", times, "When it was completed or aborted."),
    ]


_condition = partial(FieldCondition.of, check=check_operand)
