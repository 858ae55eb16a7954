"""Commands to several processes at once, with a result for each."""

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
from engine.run.commands import Deleted, Ended, Queued
from graph.context import Info
from graph.ids import IdKind, InvalidId, encode_id, parse_process_id
from graph.limits import PaidEntries
from graph.mutations.answers import (
    ABORT_REFUSALS,
    PROCESS_REFUSALS,
    ProcessRefusal,
    answer_abort,
    answer_command,
    not_found,
)
from graph.mutations.sent_ids import SentId, check_number, good_ids, no_such_id, read_ids
from graph.permissions import Permission, requires
from graph.types import process_answers
from graph.types.bulk_answers import (
    AbortedProcesses,
    AbortItem,
    DeletedProcesses,
    DeleteItem,
    RetriedProcesses,
    RetryItem,
)
from graph.types.process import process, process_columns
from graph.types.process_answers import DeleteProcessResult, ProcessDeleted
from graph.types.refusals import AbortProcessResult, NotFound, ProcessUpdated, RetryProcessResult

DELETE_REFUSALS = (NotAllowed, Conflict, ProcessNotFound, WrongStatus, NotATask, HoldsSubscriptions)
DeleteRefusal: TypeAlias = ProcessRefusal | NotATask | HoldsSubscriptions
Reads: TypeAlias = Mapping[ProcessId, ProcessUpdated]

ProcessesArgument = Annotated[
    list[strawberry.ID],
    strawberry.argument(description="The processes; one that is named twice is taken once."),
]


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
        return await _retry(info, _read(info, processes))

    @strawberry.mutation(
        description="Tries every failed task that the viewer sees again: those that can be, "
        "in one transaction.",
        directives=requires(Permission.RETRY_PROCESS),
    )
    async def retry_failed_tasks(self, info: Info) -> RetriedProcesses:
        """Tries every failed task that the viewer sees again."""
        return await _retry(info, None)

    @strawberry.mutation(
        description="Ends several processes: those that can be, in one transaction; steps in flight are "
        "waited for.",
        directives=requires(Permission.ABORT_PROCESS),
    )
    async def abort_processes(
        self,
        info: Info,
        processes: ProcessesArgument,
        reason: Annotated[str | None, strawberry.argument(description="Why, for the record.")] = None,
    ) -> AbortedProcesses:
        """Ends several processes."""
        viewer, sent = info.context.viewer, _read(info, processes)
        found = await info.context.dependencies.commands.abort_many(
            good_ids(sent), reason=reason, actor=viewer.name, scope=viewer.scope, claims=viewer.claims
        )
        ended = [process_id for process_id, result in found.items() if isinstance(result, Ended)]
        reads = await _read_processes(info, ended)
        items = [
            AbortItem(
                process_id=each.shown,
                result=no_such_id(each.text, each.id)
                if isinstance(each.id, InvalidId)
                else reads.get(each.id) or _abort_result(each.id, found[each.id]),
            )
            for each in sent
        ]
        return AbortedProcesses(
            done_count=len(ended), refused_count=len(sent) - len(ended), items=PaidEntries(items)
        )

    @strawberry.mutation(
        description="Deletes the records of several processes, with all their steps and events: those that "
        "can be, in one transaction. Only tasks that have ended can be deleted.",
        directives=requires(Permission.DELETE_PROCESS),
    )
    async def delete_processes(self, info: Info, processes: ProcessesArgument) -> DeletedProcesses:
        """Deletes the records of several processes."""
        viewer, sent = info.context.viewer, _read(info, processes)
        found = await info.context.dependencies.commands.delete(
            good_ids(sent), actor=viewer.name, scope=viewer.scope, claims=viewer.claims
        )
        deleted = sum(isinstance(result, Deleted) for result in found.values())
        items = [
            DeleteItem(
                process_id=each.shown,
                result=no_such_id(each.text, each.id)
                if isinstance(each.id, InvalidId)
                else _delete_result(each.id, found[each.id]),
            )
            for each in sent
        ]
        return DeletedProcesses(
            done_count=deleted, refused_count=len(sent) - deleted, items=PaidEntries(items)
        )


async def _retry(info: Info, sent: Sequence[SentId[ProcessId]] | None) -> RetriedProcesses:
    viewer = info.context.viewer
    found = await info.context.dependencies.commands.retry_many(
        None if sent is None else good_ids(sent),
        actor=viewer.name,
        scope=viewer.scope,
        claims=viewer.claims,
    )
    if sent is None:
        sent = [SentId(text=_id(process_id), id=process_id) for process_id in sorted(found)]
    queued = [process_id for process_id, result in found.items() if isinstance(result, Queued)]
    reads = await _read_processes(info, queued)
    items = [
        RetryItem(
            process_id=each.shown,
            result=no_such_id(each.text, each.id)
            if isinstance(each.id, InvalidId)
            else reads.get(each.id) or _retry_result(each.id, found[each.id]),
        )
        for each in sent
    ]
    # What was done is told in full: a budget that runs out now would hide it.
    return RetriedProcesses(
        done_count=len(queued), refused_count=len(sent) - len(queued), items=PaidEntries(items)
    )


async def _read_processes(info: Info, process_ids: Sequence[ProcessId]) -> Reads:
    """The processes as they are now, in one statement."""
    info.context.forget()
    loader = info.context.loaders.processes(process_columns(info, "items", "result", "process"))
    reads = await loader.load_many(process_ids) if process_ids else []
    return {read.record.id: ProcessUpdated(process=process(read)) for read in reads if read is not None}


def _retry_result(process_id: ProcessId, result: Queued | Refusal) -> RetryProcessResult:
    if isinstance(result, PROCESS_REFUSALS):
        return answer_command(result)
    return _gone(process_id, result)


def _abort_result(process_id: ProcessId, result: Ended | Refusal) -> AbortProcessResult:
    if isinstance(result, ABORT_REFUSALS):
        return answer_abort(result)
    return _gone(process_id, result)


def _gone(process_id: ProcessId, result: object) -> NotFound:
    """The answer about a process that took the command and was then deleted by somebody else."""
    if isinstance(result, Refusal):
        raise result
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
            return answer_command(refusal)


def _read(info: Info, ids: Sequence[strawberry.ID]) -> list[SentId[ProcessId]]:
    check_number("processes", ids, limit=info.context.dependencies.settings.max_page_size)
    return read_ids(ids, parse_process_id)


def _id(process_id: ProcessId) -> strawberry.ID:
    return strawberry.ID(encode_id(IdKind.PROCESS, process_id))
