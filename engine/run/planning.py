"""From what an attempt came to, to the checkpoint that records it. Pure: no I/O."""

import traceback
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

from domain.ids import ProcessId
from domain.json import JsonValue, encode
from engine.focus import nested, placed
from engine.run.outcomes import Failed, Given, NeedsCallback, NeedsInput, Skipped, Succeeded
from engine.states import ProcessStatus, StepKind, StepStatus
from engine.steps import Step
from engine.store.checkpoints import Checkpoint, NextStep, StepOutcome
from engine.workflows import Workflow

_ENDED = frozenset(
    {StepStatus.SUCCESS, StepStatus.SKIPPED, StepStatus.FAILED, StepStatus.WAITING, StepStatus.ABORTED}
)


_GIVEN_UP = "the step did not end when it was cut short: it goes on nevertheless and was given up"


@dataclass(kw_only=True, slots=True)
class Progress:
    """Where a run stands, as it was last recorded; the run itself keeps it up to date.

    Attributes:
        checkpoint_no: How many checkpoints this claim has recorded.
        parked_as: How the current step was parked, until the run has taken in what it waited for.
        inbox_seen: The number of the last arrival the run has looked at.
        done: The keys of the steps that the process has behind it, in the order in which it ended them.
        planned: The keys of the steps that its workflow had when it began; empty if these are those it has.
    """

    process_id: ProcessId
    epoch: int
    actor: str
    step_key: str
    attempt: int
    state: dict[str, JsonValue]
    parked_as: StepStatus | None
    inbox_seen: int
    done: tuple[str, ...] = ()
    planned: frozenset[str] = frozenset()
    checkpoint_no: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """A checkpoint to be written, and the state the process has once it is."""

    checkpoint: Checkpoint
    state: dict[str, JsonValue]


class StateTooLarge(Exception):  # named by the fact
    """The process's state would be larger than is allowed."""

    def __init__(self, *, found_bytes: int, limit_bytes: int, largest_key: str, largest_bytes: int) -> None:
        super().__init__(
            f"the state would be {found_bytes} bytes of JSON, at most {limit_bytes} are allowed; "
            f"the largest value is {largest_key!r} with {largest_bytes} bytes"
        )
        self.found_bytes = found_bytes
        self.limit_bytes = limit_bytes
        self.largest_key = largest_key
        self.largest_bytes = largest_bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Planner:
    """Plans checkpoints within the limits of the settings."""

    state_limit_bytes: int
    error_limit_chars: int

    def success(
        self, progress: Progress, outcome: Succeeded, *, workflow: Workflow, stopping: bool
    ) -> Planned:
        """The step is done: the next one begins, or the process ends, or a stopping worker hands it on.

        Raises:
            StateTooLarge: if what the step gave does not fit.
            WorkflowChanged: if the step is no longer in the workflow.
        """
        step = workflow.step(progress.step_key)
        following = following_step(progress, workflow)
        state, text = self._state_with(progress, outcome.given)
        checkpoint = _checkpoint(
            progress,
            status=_status_before(following, stopping=stopping),
            step_status=StepStatus.SUCCESS,
            given=outcome.given,
            state=text,
            going_on=True,
            following=following,
            resync=step.kind is StepKind.RESYNC,
        )
        return Planned(checkpoint=checkpoint, state=state)

    def skip(
        self,
        progress: Progress,
        outcome: Skipped,
        *,
        workflow: Workflow,
        stopping: bool,
    ) -> Planned:
        """The step is left out: the next one begins, or the process ends, or a stopping worker hands on."""
        following = following_step(progress, workflow)
        status = _status_before(following, stopping=stopping)
        checkpoint = _checkpoint(
            progress, status=status, step_status=StepStatus.SKIPPED, going_on=True, following=following
        )
        checkpoint = replace(
            checkpoint, outcome=replace(checkpoint.outcome, error=self._clean(outcome.reason, secret=None))
        )
        return Planned(checkpoint=checkpoint, state=progress.state)

    def needs_input(self, progress: Progress, outcome: NeedsInput) -> Planned:
        """The process is suspended until somebody resumes it."""
        checkpoint = _checkpoint(progress, status=ProcessStatus.SUSPENDED, step_status=StepStatus.SUSPENDED)
        return Planned(checkpoint=replace(checkpoint, assignee=outcome.assignee), state=progress.state)

    def needs_callback(self, progress: Progress, outcome: NeedsCallback) -> Planned:
        """The process waits for its callback, with what the step's function gave already recorded.

        Raises:
            StateTooLarge: if that does not fit.
        """
        state, text = self._state_with(progress, outcome.given)
        checkpoint = _checkpoint(
            progress,
            status=ProcessStatus.AWAITING_CALLBACK,
            step_status=StepStatus.AWAITING_CALLBACK,
            given=outcome.given,
            state=text,
        )
        return Planned(checkpoint=replace(checkpoint, wake_after_s=outcome.timeout_s), state=state)

    def failure(self, progress: Progress, outcome: Failed) -> Planned:
        """The attempt failed: the process waits for the next one, or fails.

        What has arrived for the step counts for the next attempt, and tokens stay good for it: an outside
        system that knows the order by its idempotency key answers the first address only.
        """
        error = self._clean(_message(outcome.error), secret=outcome.secret)
        again = outcome.retry_after_s is not None
        checkpoint = _checkpoint(
            progress,
            status=ProcessStatus.WAITING if again else ProcessStatus.FAILED,
            step_status=StepStatus.WAITING if again else StepStatus.FAILED,
        )
        step_outcome = replace(
            checkpoint.outcome,
            attempt_status=StepStatus.FAILED,
            error=error,
            error_kind=outcome.kind,
            traceback=self._clean("".join(traceback.format_exception(outcome.error)), secret=outcome.secret),
            closes_callbacks=outcome.begun and not again,
        )
        return Planned(
            checkpoint=replace(
                checkpoint,
                outcome=step_outcome,
                inbox_taken=progress.inbox_seen if outcome.begun and not again else 0,
                wake_after_s=outcome.retry_after_s,
                requeue=again,
                failure_kind=outcome.kind,
                failure_reason=error,
            ),
            state=progress.state,
        )

    def hand_back(self, progress: Progress) -> Planned:
        """The worker stops: the step is left to whoever claims the process next."""
        step_status = progress.parked_as or StepStatus.PENDING
        checkpoint = _checkpoint(progress, status=ProcessStatus.QUEUED, step_status=step_status)
        step_outcome = checkpoint.outcome
        if progress.parked_as is None:
            step_outcome = replace(
                step_outcome,
                attempt_status=StepStatus.ABORTED,
                error="the worker was stopped while it carried out the step",
            )
        return Planned(
            checkpoint=replace(checkpoint, outcome=step_outcome, requeue=True), state=progress.state
        )

    def abort(self, progress: Progress, unrecorded: Planned | None, *, given_up: bool = False) -> Planned:
        """The process is aborted; a step that had come to its end before is recorded as it ended.

        Args:
            progress: Where the run stands.
            unrecorded: What the step's end would have been recorded as.
            given_up: Whether what the step does goes on nevertheless.
        """
        if unrecorded is not None and unrecorded.checkpoint.outcome.status in (
            StepStatus.SUCCESS,
            StepStatus.SKIPPED,
            StepStatus.FAILED,
        ):
            checkpoint = replace(
                unrecorded.checkpoint,
                expected=ProcessStatus.ABORTING,
                status=ProcessStatus.ABORTED,
                next_step=None,
                requeue=False,
                wake_after_s=None,
            )
            return Planned(checkpoint=checkpoint, state=unrecorded.state)
        checkpoint = _checkpoint(progress, status=ProcessStatus.ABORTED, step_status=StepStatus.ABORTED)
        outcome = checkpoint.outcome
        return Planned(
            checkpoint=replace(
                checkpoint,
                expected=ProcessStatus.ABORTING,
                outcome=replace(outcome, error=_GIVEN_UP) if given_up else outcome,
                inbox_taken=progress.inbox_seen,
            ),
            state=progress.state,
        )

    def _state_with(self, progress: Progress, given: Given) -> tuple[dict[str, JsonValue], str | None]:
        """The state with what the step gave, and as the text to store: None if it is as it was."""
        state = progress.state | placed(given.focus, progress.state, given.values)
        return state, self._fitting(state) if given.values else None

    def _fitting(self, state: dict[str, JsonValue]) -> str:
        text = encode(state)
        if len(text) * 4 > self.state_limit_bytes:
            found_bytes = len(text.encode())
            if found_bytes > self.state_limit_bytes:
                largest_key, largest_bytes = _largest(state)
                raise StateTooLarge(
                    found_bytes=found_bytes,
                    limit_bytes=self.state_limit_bytes,
                    largest_key=largest_key,
                    largest_bytes=largest_bytes,
                )
        return text

    def _clean(self, text: str, *, secret: str | None) -> str:
        """The text as PostgreSQL can keep it, without the secret, cut to what is worth keeping."""
        public = text if secret is None else text.replace(secret, "***")
        printable = public.replace("\0", "\N{REPLACEMENT CHARACTER}")
        return printable.encode(errors="replace").decode()[: self.error_limit_chars]


def _largest(state: Mapping[str, JsonValue]) -> tuple[str, int]:
    """The name of the largest value, and its size as JSON in bytes."""
    sizes = {key: len(encode(value).encode()) for key, value in state.items()}
    key = max(sizes, key=sizes.__getitem__)
    return key, sizes[key]


def _message(error: BaseException) -> str:
    """What the error says; its class if it says nothing, or fails to."""
    try:
        text = str(error)
    except BaseException:  # noqa: BLE001  # the step's edge: its author wrote `__str__`, which may raise anything
        text = ""
    return text or type(error).__name__


def _checkpoint(
    progress: Progress,
    *,
    status: ProcessStatus,
    step_status: StepStatus,
    given: Given | None = None,
    state: str | None = None,
    going_on: bool = False,
    following: Step | None = None,
    resync: bool = False,
) -> Checkpoint:
    """The checkpoint at this point. It is made at once, for copies of it are dear: each step makes one.

    Args:
        progress: Where the run stands.
        status: The status the process gets.
        step_status: What becomes of the step, and of the attempt at it.
        given: What the step's function gave.
        state: The new state as JSON text; None leaves it.
        going_on: Whether the step is over, so that what arrived is done with and the next step is due.
        following: That step; None if it was the last.
        resync: Whether the subscriptions the process holds are in sync again.
    """
    return Checkpoint(
        process_id=progress.process_id,
        epoch=progress.epoch,
        number=progress.checkpoint_no,
        status=status,
        outcome=StepOutcome(
            key=progress.step_key,
            status=step_status,
            attempt=progress.attempt,
            attempt_status=step_status,
            delta=None if given is None else encode(nested(given.focus, given.values)),
            closes_callbacks=step_status in _ENDED,
        ),
        next_step=None if following is None else next_step(following, done=progress.done),
        state=state,
        inbox_seen=progress.inbox_seen,
        inbox_taken=progress.inbox_seen if going_on else 0,
        requeue=going_on and status is ProcessStatus.QUEUED,
        resync=resync,
        actor=progress.actor,
        patches=() if given is None else given.patches,
        subscriptions=() if given is None else given.subscriptions,
    )


def _status_before(following: Step | None, *, stopping: bool) -> ProcessStatus:
    """The process's status when its next step is this one."""
    if following is None:
        return ProcessStatus.COMPLETED
    return ProcessStatus.QUEUED if stopping else ProcessStatus.RUNNING


def following_step(progress: Progress, workflow: Workflow) -> Step | None:
    """The step that is carried out when the current one has ended; None if it is the last."""
    return workflow.next_after(progress.step_key, done=progress.done, planned=progress.planned)


def next_step(step: Step, *, done: Collection[str]) -> NextStep:
    """The step as the next one of a process that has ended these and is at another."""
    return NextStep(key=step.key, position=len(done) + 1, name=step.name, kind=step.kind)
