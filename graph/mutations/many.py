"""Commands to several processes at once, with an answer for each."""

from collections.abc import Mapping, Sequence
from typing import Annotated, TypeAlias

import strawberry

from domain.ids import ProcessId
from engine.errors import (
    Conflict,
    HoldsSubscriptions,
    NotAllowed,
    NotATask,
    ProcessNotFound,
    Refusal,
    WrongStatus,
)
from engine.run.commands import Deleted, Queued
from graph.context import Info
from graph.errors import GraphError
from graph.ids import IdKind, encode_id, parse_process_id
from graph.limits import PaidEntries
from graph.mutations.answers import PROCESS_REFUSALS, RecordRefusal, answer_command, answer_record, not_found
from graph.permissions import Permission, requires
from graph.types import process_answers
from graph.types.process import process, process_columns
from graph.types.process_answers import (
    DeletedProcesses,
    DeleteItem,
    DeleteProcessResult,
    ProcessDeleted,
    RetriedProcesses,
    RetryItem,
)
from graph.types.refusals import ProcessResult, ProcessUpdated

DELETE_REFUSALS = (NotAllowed, Conflict, ProcessNotFound, WrongStatus, NotATask, HoldsSubscriptions)
DeleteRefusal: TypeAlias = RecordRefusal | NotATask | HoldsSubscriptions

ProcessesArgument = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="The processes; one that is named twice is taken once."),
]


class TooManyIds(GraphError):
    """A mutation names more things than it takes at once."""

    code = "TOO_MANY_IDS"


@strawberry.type
class ManyProcessesMutations:
    """Commands to several processes at once."""

    @strawberry.mutation(
        description="Tries the failed steps of several processes again: those that can be, "
        "in one transaction.",
        directives=requires(Permission.RETRY_PROCESS),
    )
    async def retry_processes(self, info: Info, processes: ProcessesArgument) -> RetriedProcesses:
        """Tries the failed steps of several processes again."""
        return await _retry(info, _parse(info, processes))

    @strawberry.mutation(
        description="Tries every failed task that the viewer sees again: those that can be, "
        "in one transaction.",
        directives=requires(Permission.RETRY_PROCESS),
    )
    async def retry_failed_tasks(self, info: Info) -> RetriedProcesses:
        """Tries every failed task that the viewer sees again."""
        return await _retry(info, None)

    @strawberry.mutation(
        description="Deletes the records of several processes, with all their steps and events: those that "
        "can be, in one transaction. Only tasks that have ended can be deleted.",
        directives=requires(Permission.DELETE_PROCESS),
    )
    async def delete_processes(self, info: Info, processes: ProcessesArgument) -> DeletedProcesses:
        """Deletes the records of several processes."""
        viewer = info.context.viewer
        wanted = _parse(info, processes)
        found = await info.context.dependencies.commands.delete(
            wanted, actor=viewer.name, scope=viewer.scope, claims=viewer.claims
        )
        deleted = sum(isinstance(result, Deleted) for result in found.values())
        items = [
            DeleteItem(process_id=_id(process_id), result=_delete_result(process_id, found[process_id]))
            for process_id in wanted
        ]
        return DeletedProcesses(
            deleted_count=deleted, refused_count=len(found) - deleted, items=PaidEntries(items)
        )


async def _retry(info: Info, wanted: Sequence[ProcessId] | None) -> RetriedProcesses:
    viewer = info.context.viewer
    found = await info.context.dependencies.commands.retry_many(
        wanted, actor=viewer.name, scope=viewer.scope, claims=viewer.claims
    )
    order = sorted(found) if wanted is None else wanted
    queued = [process_id for process_id in order if isinstance(found[process_id], Queued)]
    # What was done is told in full: a budget that runs out now would hide it.
    results = await _read_results(info, queued)
    items = [
        RetryItem(
            process_id=_id(process_id),
            result=results.get(process_id) or _retry_result(process_id, found[process_id]),
        )
        for process_id in order
    ]
    return RetriedProcesses(
        retried_count=len(queued), refused_count=len(found) - len(queued), items=PaidEntries(items)
    )


async def _read_results(info: Info, queued: Sequence[ProcessId]) -> Mapping[ProcessId, ProcessUpdated]:
    """The processes as they are now, in one statement; none if nothing of them is selected."""
    info.context.forget()
    loader = info.context.loaders.processes(process_columns(info, "items", "result", "process"))
    reads = await loader.load_many(queued) if queued else []
    return {read.record.id: ProcessUpdated(process=process(read)) for read in reads if read is not None}


def _retry_result(process_id: ProcessId, result: Queued | Refusal) -> ProcessResult:
    if isinstance(result, PROCESS_REFUSALS):
        return answer_command(result)
    if isinstance(result, Refusal):
        raise result
    # It was carried out and deleted by somebody else meanwhile.
    return not_found(_id(process_id))


def _delete_result(process_id: ProcessId, result: Deleted | Refusal) -> DeleteProcessResult:
    if isinstance(result, Deleted):
        return ProcessDeleted(deleted_process_id=_id(process_id))
    if isinstance(result, DELETE_REFUSALS):
        return _answer_delete(result)
    raise result


def _answer_delete(refusal: DeleteRefusal) -> DeleteProcessResult:
    match refusal:
        case NotATask():
            return process_answers.NotATask(
                message=f"{_id(refusal.process_id)} is no task: only tasks can be deleted."
            )
        case HoldsSubscriptions():
            return process_answers.HoldsSubscriptions(
                message=f"{_id(refusal.process_id)} still holds subscriptions: put them in sync first."
            )
        case _:
            return answer_record(refusal)


def _parse(info: Info, ids: Sequence[strawberry.ID]) -> list[ProcessId]:
    """The processes, each once, in the order given.

    Raises:
        InvalidId: One is not the id of a process.
        TooManyIds: They are more than are taken at once.
    """
    most = info.context.dependencies.settings.max_page_size
    if len(ids) > most:
        raise TooManyIds(f"Found {len(ids)} ids in 'processes': at most {most} are taken at once.")
    return list(dict.fromkeys(parse_process_id(each) for each in ids))


def _id(process_id: ProcessId) -> strawberry.ID:
    return strawberry.ID(encode_id(IdKind.PROCESS, process_id))
