"""Leaving out a step."""

from typing import Annotated, TypeAlias

import strawberry

from domain.json import JsonValue
from engine.errors import (
    Conflict,
    FieldError,
    InvalidInput,
    NotAllowed,
    ProcessNotFound,
    StepNotSkippable,
    WrongStatus,
)
from graph.context import Info
from graph.ids import parse_step_id
from graph.mutations.answers import Path, ProcessRefusal, answer_command, invalid_input, process_updated
from graph.mutations.sent_ids import read_id
from graph.permissions import Permission, requires
from graph.types import process_answers
from graph.types.process_answers import SkipStepResult
from graph.types.refusals import NotFound
from graph.types.scalars import Json, json_value

SKIP_REFUSALS = (NotAllowed, Conflict, ProcessNotFound, WrongStatus, InvalidInput, StepNotSkippable)
SkipRefusal: TypeAlias = ProcessRefusal | InvalidInput | StepNotSkippable


@strawberry.type
class SkipMutations:
    """Leaving out a step."""

    @strawberry.mutation(
        description="Leaves out the step at which a process is parked or has failed; the process goes on "
        "behind it. Nothing is undone of what the step did.",
        directives=requires(Permission.SKIP_STEP),
    )
    async def skip_step(
        self,
        info: Info,
        step: Annotated[
            strawberry.ID, strawberry.argument(description="The step, which its process must be at.")
        ],
        reason: Annotated[str, strawberry.argument(description="Why, for the record.")],
        values: Annotated[
            Json | None,
            strawberry.argument(
                description="A JSON object with what later steps take in place of the step's outputs, "
                "by name."
            ),
        ] = None,
    ) -> SkipStepResult:
        """Leaves out the step at which a process is parked or has failed."""
        named = read_id(step, parse_step_id)
        if isinstance(named, NotFound):
            return named
        process_id, key = named
        try:
            await info.context.dependencies.commands.skip(
                process_id,
                key,
                reason=reason,
                values=_read(values),
                actor=info.context.viewer.name,
                scope=info.context.viewer.scope,
                claims=info.context.viewer.claims,
            )
        except SKIP_REFUSALS as refusal:
            return _answer(refusal)
        return await process_updated(info, process_id)


def _read(values: Json | None) -> dict[str, JsonValue]:
    """The values by name.

    Raises:
        InvalidInput: if they are anything but an object.
    """
    match json_value(values):
        case None:
            return {}
        case dict(named):
            return named
        case _:
            message = "Expected a JSON object: values by name"
            raise InvalidInput([FieldError(path=("values",), message=message, code="object")])


def _answer(refusal: SkipRefusal) -> SkipStepResult:
    match refusal:
        case InvalidInput():
            return invalid_input(refusal, _path)
        case StepNotSkippable():
            return process_answers.StepNotSkippable(
                message=f"Step {refusal.step_key!r} cannot be skipped: {refusal.reason}.",
                missing=list(refusal.missing),
            )
        case _:
            return answer_command(refusal)


def _path(path: Path) -> list[str]:
    return [str(part) for part in path]
