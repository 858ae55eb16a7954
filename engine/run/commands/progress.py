"""Taking in how far the outside world is with what a callback step has asked of it."""

from domain.json import JsonValue
from engine.errors import CallbackUnknown, CallbackUsed, WrongStatus
from engine.progress import ProgressReport, readable
from engine.run.attempts import token_hash
from engine.run.commands.callback import AWAITING
from engine.run.commands.context import CommandContext
from engine.store import progress
from engine.validation import parse_as


async def receive_progress(context: CommandContext, token: str, body: JsonValue) -> None:
    """Keep what is reported and tell those who watch; the token stays good. One statement.

    Raises:
        InvalidInput: if the body is no report.
        CallbackUnknown: if the token was never given away.
        CallbackUsed: if it was used, or the attempt it was given away by has failed.
        WrongStatus: if the process is not at that step any more, or has ended.
    """
    report = parse_as(ProgressReport, body)
    async with context.database.writer() as connection:
        received = await progress.receive(
            connection,
            token_hash(token),
            percent=report.percent,
            message=readable(report.message, secret=token),
        )
    if received is None:
        raise CallbackUnknown
    if received.used:
        raise CallbackUsed
    if not received.awaited:
        raise WrongStatus(received.process_id, found=received.status, expected=AWAITING)
