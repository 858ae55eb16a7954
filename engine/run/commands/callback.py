"""Taking in what the outside world posts to a callback's address."""

from domain.json import JsonValue
from domain.scope import Scope
from engine.collection import collect_callback
from engine.errors import CallbackUnknown, CallbackUsed, WrongStatus
from engine.run.attempts import token_hash
from engine.run.commands.changed import step_of
from engine.run.commands.context import CommandContext
from engine.run.runs import Run, RunRequest
from engine.states import ProcessStatus, StepKind
from engine.store import callbacks, locking
from engine.store.callbacks import Arrival, TokenRecord

AWAITING = frozenset(
    {
        ProcessStatus.AWAITING_CALLBACK,
        ProcessStatus.RUNNING,
        ProcessStatus.QUEUED,
        ProcessStatus.WAITING,
    }
)
_ACTOR = "callback"


async def receive_callback(context: CommandContext, token: str, body: JsonValue) -> None:
    """Take a callback in: its process goes on, now or as soon as it has come to the point of waiting for it.

    Raises:
        CallbackUnknown: if the token was never given away.
        CallbackUsed: if it was used, or its step has failed.
        WrongStatus: if the process is not at that step any more, or has ended.
        InvalidInput: if the body is not what the step declares; the token stays good.
        StepGone: if the workflow does not have the step any more; the token stays good.
    """
    hashed = token_hash(token)
    async with context.database.writer() as connection:
        record = await callbacks.find(connection, hashed)
    if record is None:
        raise CallbackUnknown
    if record.used:
        raise CallbackUsed
    _check_body(context, record, body)
    async with context.database.write() as connection:
        if await locking.lock(connection, record.process_id, scope=Scope.all()) is None:
            raise CallbackUnknown
        arrived = await callbacks.arrive(connection, hashed, payload=body, actor=_ACTOR)
        match arrived.arrival:
            case Arrival.QUEUED:
                run = Run(process_id=record.process_id, run_no=arrived.run_no)
                await context.dispatcher.enqueue(connection, [RunRequest(run=run)])
            case Arrival.KEPT:
                pass
            case Arrival.USED:
                raise CallbackUsed
            case Arrival.NOT_AWAITED:
                raise WrongStatus(record.process_id, found=arrived.status, expected=AWAITING)


def _check_body(context: CommandContext, record: TokenRecord, body: JsonValue) -> None:
    step = step_of(context.registry, record.process_id, workflow=record.workflow, key=record.step_key)
    if step.kind is StepKind.CALLBACK:  # what stands for it now may wait for nothing
        collect_callback(step, body)
