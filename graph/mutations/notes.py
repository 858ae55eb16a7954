"""Noting something about a process."""

from typing import Annotated, TypeAlias, assert_never

import strawberry

from engine.errors import InvalidInput, ProcessNotFound, StaleNote
from graph.context import Info
from graph.ids import IdKind, encode_id, parse_process_id
from graph.mutations.answers import invalid_input, not_found, pages_path, process_updated
from graph.mutations.sent_ids import read_id
from graph.permissions import Permission, requires
from graph.types.process_answers import ProcessNoteResult
from graph.types.refusals import NotFound, StaleVersion

NOTE_REFUSALS = (InvalidInput, ProcessNotFound, StaleNote)
NoteRefusal: TypeAlias = InvalidInput | ProcessNotFound | StaleNote


@strawberry.type
class NoteMutations:
    """Noting something about a process."""

    @strawberry.mutation(
        description="Replaces the note of a process, whatever it does; disturbs neither it nor those who "
        "fill in its form.",
        directives=requires(Permission.ANNOTATE_PROCESS),
    )
    async def set_process_note(
        self,
        info: Info,
        process: Annotated[strawberry.ID, strawberry.argument(description="The process.")],
        note: Annotated[
            str | None, strawberry.argument(description="The note; blank or null for none.")
        ] = None,
        version: Annotated[
            int | None,
            strawberry.argument(description="The `noteVersion` that was read; null replaces any."),
        ] = None,
    ) -> ProcessNoteResult:
        """Replaces the note of a process."""
        process_id = read_id(process, parse_process_id)
        if isinstance(process_id, NotFound):
            return process_id
        try:
            await info.context.dependencies.commands.set_note(
                process_id, note, expected_version=version, scope=info.context.viewer.scope
            )
        except NOTE_REFUSALS as refusal:
            return await _answer(info, refusal)
        return await process_updated(info, process_id)


async def _answer(info: Info, refusal: NoteRefusal) -> ProcessNoteResult:
    match refusal:
        case InvalidInput():
            return invalid_input(refusal, pages_path)
        case ProcessNotFound():
            return not_found(encode_id(IdKind.PROCESS, refusal.process_id))
        case StaleNote():
            return await _stale(info, refusal)
        case _:
            assert_never(refusal)


async def _stale(info: Info, refusal: StaleNote) -> ProcessNoteResult:
    updated = await process_updated(info, refusal.process_id)
    if isinstance(updated, NotFound):
        return updated
    return StaleVersion(
        message=f"The note has version {refusal.found}, expected version {refusal.expected}.",
        found_version=refusal.found,
        expected_version=refusal.expected,
        current_process=updated.process,
    )
