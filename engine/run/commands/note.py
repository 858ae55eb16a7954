"""Noting something about a process."""

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.tables import GREATEST_VERSION
from engine.errors import ProcessNotFound, StaleNote
from engine.run.commands.checks import check_note
from engine.run.commands.context import CommandContext
from engine.store import notes

_NO_VERSION = -1


async def set_note(
    context: CommandContext,
    process_id: ProcessId,
    note: str | None,
    *,
    expected_version: int | None,
    scope: Scope,
) -> int:
    """Replace the note of a process, whatever the process does; a blank one is none.

    The version expected is that of the note the caller has read, 0 if there never was one; None admits any.

    Locks: the row of the process, for one statement.

    Returns:
        The note's version: one more than before, or the same if it says the same already.

    Raises:
        InvalidInput: if the note is too long, or cannot be stored.
        ProcessNotFound: if there is no such process in scope.
        StaleNote: if the note has another version than expected.
    """
    text = check_note(note)
    expected = expected_version
    if expected is not None and not 0 <= expected <= GREATEST_VERSION:
        expected = _NO_VERSION
    async with context.database.writer() as connection:
        noted = await notes.write(connection, process_id, text, expected_version=expected, scope=scope)
    if noted is None:
        raise ProcessNotFound(process_id)
    if expected_version is not None and noted.found != expected_version:
        raise StaleNote(process_id, expected=expected_version, found=noted.found)
    return noted.found if noted.written is None else noted.written
