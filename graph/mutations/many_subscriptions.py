"""Commands about several subscriptions at once, with a result for each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated, TypeAlias

import strawberry

from domain.ids import ProcessId, SubscriptionId
from domain.json import JsonValue
from engine.errors import FieldError, InvalidInput, Refusal
from engine.run.commands import InSync, StartedProcess, StartSubject
from graph.context import Info
from graph.errors import GraphError
from graph.ids import IdKind, InvalidId, encode_id, parse_subscription_id
from graph.limits import PaidEntries
from graph.mutations.annotations import REPAIR_REFUSALS, answer_repair
from graph.mutations.answers import FORM_START_REFUSALS, Path, answer_form_start, not_found, pages_path
from graph.mutations.sent_ids import SentId, check_number, good_ids, no_such_id, read_ids
from graph.permissions import Permission, requires
from graph.types.bulk_answers import RepairedSubscriptions, RepairItem, StartedWorkflows, StartItem
from graph.types.process import Process, process, process_columns
from graph.types.refusals import ProcessStarted, StartWorkflowResult
from graph.types.scalars import Json, json_value
from graph.types.subscription import ProductSubscription, subscription_columns
from graph.types.subscription_answers import RepairResult, SubscriptionUpdated

StartResult: TypeAlias = StartedProcess | Refusal

_ARGUMENT = "subscriptions"


class NamedTwice(GraphError):
    """A mutation is given the same subscription twice, with different words."""

    code = "NAMED_TWICE"


@strawberry.input(description="One of several subscriptions that a workflow is to be started on.")
class StartSubjectInput:
    """One of several subscriptions that a workflow is to be started on."""

    subscription: strawberry.ID = strawberry.field(description="The subscription.")
    version: int | None = strawberry.field(
        default=strawberry.UNSET, description="The subscription's version that the pages are about."
    )
    pages: list[Json] | None = strawberry.field(
        default=strawberry.UNSET, description="Its own pages; if left out, those for all."
    )


@strawberry.type
class ManySubscriptionsMutations:
    """Commands about several subscriptions at once."""

    @strawberry.mutation(
        description="Starts a workflow on several subscriptions: on those that it can be started on, each "
        "after those before it. With an idempotency key the whole can be repeated, and each that was started "
        "is answered with its process.",
        directives=requires(Permission.START_WORKFLOW),
    )
    async def start_workflows(  # GraphQL arguments have names
        self,
        info: Info,
        workflow: Annotated[str, strawberry.argument(description="The workflow's name.")],
        subscriptions: Annotated[
            list[StartSubjectInput],
            strawberry.argument(description="The subscriptions; one that is named twice is taken once."),
        ],
        pages: Annotated[
            list[Json] | None,
            strawberry.argument(description="The pages filled in, for all that bring none of their own."),
        ] = None,
        idempotency_key: Annotated[
            str | None,
            strawberry.argument(
                description="Repeated requests of the viewer with the same key start one process for each "
                "subscription."
            ),
        ] = None,
    ) -> StartedWorkflows:
        """Starts a workflow on several subscriptions."""
        viewer, named = info.context.viewer, _named(info, subscriptions)
        sent = read_ids(named, parse_subscription_id)
        shared = [json_value(page) for page in pages or ()]
        found = await info.context.dependencies.commands.start_many(
            workflow,
            [_subject(each.id, named[each.text][1]) for each in sent if not isinstance(each.id, InvalidId)],
            pages=shared,
            idempotency_key=idempotency_key,
            actor=viewer.name,
            scope=viewer.scope,
            claims=viewer.claims,
        )
        return await _started(info, sent, found, named, shared)

    @strawberry.mutation(
        description="Puts several subscriptions back in sync that no process gives back: those that can be, "
        "in one transaction. Whoever does it has made sure that they are.",
        directives=requires(Permission.REPAIR_SUBSCRIPTION),
    )
    async def set_subscriptions_in_sync(
        self,
        info: Info,
        subscriptions: Annotated[
            list[strawberry.ID],
            strawberry.argument(description="The subscriptions; one that is named twice is taken once."),
        ],
    ) -> RepairedSubscriptions:
        """Puts several subscriptions back in sync that no process gives back."""
        viewer = info.context.viewer
        check_number(_ARGUMENT, subscriptions, limit=info.context.dependencies.settings.max_page_size)
        sent = read_ids(subscriptions, parse_subscription_id)
        found = await info.context.dependencies.commands.repair_many(
            good_ids(sent), actor=viewer.name, scope=viewer.scope
        )
        done = [subscription_id for subscription_id, result in found.items() if isinstance(result, InSync)]
        reads = await _read_subscriptions(info, done)
        items = [
            RepairItem(
                subscription_id=each.shown,
                result=no_such_id(each.text, each.id)
                if isinstance(each.id, InvalidId)
                else _repair_result(found[each.id], reads.get(each.id)),
            )
            for each in sent
        ]
        return RepairedSubscriptions(
            done_count=len(done), refused_count=len(sent) - len(done), items=PaidEntries(items)
        )


_Named: TypeAlias = Mapping[str, tuple[int, StartSubjectInput]]
"""Subscriptions by their ids as they were sent, each with its place among them."""


def _named(info: Info, subscriptions: Sequence[StartSubjectInput]) -> _Named:
    """Gives each subscription once.

    Raises:
        TooManyIds: They are more than are taken at once.
        NamedTwice: One is there twice, with another version or other pages.
    """
    check_number(_ARGUMENT, subscriptions, limit=info.context.dependencies.settings.max_page_size)
    named: dict[str, tuple[int, StartSubjectInput]] = {}
    for index, subject in enumerate(subscriptions):
        first, known = named.setdefault(subject.subscription, (index, subject))
        if known != subject:
            raise NamedTwice(
                f"Found one subscription at the places {first} and {index} of '{_ARGUMENT}', with another "
                "version or other pages: expected it once."
            )
    return named


def _subject(subscription_id: SubscriptionId, given: StartSubjectInput) -> StartSubject:
    return StartSubject(
        subscription_id=subscription_id, expected_version=_version(given), pages=_own_pages(given)
    )


def _version(given: StartSubjectInput) -> int | None:
    return given.version if isinstance(given.version, int) else None


def _own_pages(given: StartSubjectInput) -> list[JsonValue] | None:
    return [json_value(page) for page in given.pages] if isinstance(given.pages, list) else None


async def _started(
    info: Info,
    sent: Sequence[SentId[SubscriptionId]],
    found: Mapping[SubscriptionId, StartResult],
    named: _Named,
    shared: Sequence[JsonValue],
) -> StartedWorkflows:
    started = [result.process_id for result in found.values() if isinstance(result, StartedProcess)]
    reads = await _read_processes(info, started)
    items: list[StartItem] = []
    for each in sent:
        index, given = named[each.text]
        own = _own_pages(given)
        if isinstance(each.id, InvalidId):
            error = FieldError(path=("subscription",), message=each.id.message, code="invalid_id")
            result: StartResult = InvalidInput([error])
        else:
            result = found[each.id]
        answer = _start_result(
            result,
            reads,
            pages=shared if own is None else own,
            path_of=_path_of(index, own_pages=own is not None),
        )
        items.append(StartItem(subscription_id=each.shown, result=answer))
    return StartedWorkflows(
        done_count=len(started), refused_count=len(sent) - len(started), items=PaidEntries(items)
    )


def _start_result(
    result: StartResult,
    reads: Mapping[ProcessId, Process],
    *,
    pages: Sequence[JsonValue],
    path_of: Callable[[Path], list[str]],
) -> StartWorkflowResult:
    if isinstance(result, FORM_START_REFUSALS):
        return answer_form_start(result, pages=pages, path_of=path_of)
    if isinstance(result, Refusal):
        raise result
    read = reads.get(result.process_id)
    if read is None:  # it was carried out and deleted by somebody else meanwhile
        return not_found(encode_id(IdKind.PROCESS, result.process_id))
    return ProcessStarted(process=read, created=result.created)


def _path_of(index: int, *, own_pages: bool) -> Callable[[Path], list[str]]:
    """What gives the path of an error about the subscription at a place; its own stands below that."""
    own = {"subscription", "version", *(("pages",) if own_pages else ())}

    def path_of(path: Path) -> list[str]:
        given = pages_path(path)
        return [_ARGUMENT, str(index), *given] if given and given[0] in own else given

    return path_of


def _repair_result(result: InSync | Refusal, read: ProductSubscription | None) -> RepairResult:
    if isinstance(result, REPAIR_REFUSALS):
        return answer_repair(result)
    if isinstance(result, Refusal):
        raise result
    assert read is not None, "it was found in the same scope, and none is ever deleted"
    return SubscriptionUpdated(subscription=read)


async def _read_processes(info: Info, process_ids: Sequence[ProcessId]) -> Mapping[ProcessId, Process]:
    """The processes as they are now, in one statement."""
    info.context.forget()
    loader = info.context.loaders.processes(process_columns(info, "items", "result", "process"))
    reads = await loader.load_many(process_ids) if process_ids else []
    return {read.record.id: process(read) for read in reads if read is not None}


async def _read_subscriptions(
    info: Info, ids: Sequence[SubscriptionId]
) -> Mapping[SubscriptionId, ProductSubscription]:
    """The subscriptions as they are now, in one statement."""
    info.context.forget()
    columns = subscription_columns(info, "items", "result", "subscription")
    records = await info.context.loaders.subscriptions(columns).load_many(ids) if ids else []
    return {record.id: info.context.families.subscription(record) for record in records if record is not None}
