"""One run of a process: its steps in order, each recorded before the next begins, until it ends or parks."""

import logging
import time
import uuid
from enum import StrEnum
from typing import assert_never

import structlog

from domain.errors import (
    BlockInsideItself,
    BlockInUse,
    ConflictingEdit,
    DomainError,
    ReferencedBlockNotFound,
    StaleSubscription,
    SubscriptionLocked,
    UnsafeTransition,
)
from engine.errors import EngineError, WorkflowChanged, failure_kind
from engine.run.answers import Aborting, Fenced, InboxNotEmpty, Paused, Recorded, Refused
from engine.run.attempts import Attempt, StepRunner, with_callback
from engine.run.environment import RunEnvironment
from engine.run.outage import through_outages
from engine.run.outcomes import (
    AttemptOutcome,
    Failed,
    Interrupted,
    NeedsCallback,
    NeedsInput,
    Skipped,
    Succeeded,
)
from engine.run.planning import Planned, Planner, Progress, StateTooLarge
from engine.states import FailureKind, ProcessStatus, StepKind, StepStatus
from engine.steps import Step
from engine.store import claims
from engine.store.claims import Claim
from engine.store.records import InboxItem, InboxKind
from engine.workflows import Workflow

_log = structlog.get_logger(__name__)

_PARKED_AS = {StepKind.INPUT: StepStatus.SUSPENDED, StepKind.CALLBACK: StepStatus.AWAITING_CALLBACK}
_ARRIVES = {StepKind.INPUT: InboxKind.INPUT, StepKind.CALLBACK: InboxKind.CALLBACK}


class Interruption(StrEnum):
    """Why a run is cut short."""

    ABORT = "ABORT"
    LOST = "LOST"
    STOP = "STOP"


class ProcessRun:
    """A run of one claimed process."""

    def __init__(self, claim: Claim, environment: RunEnvironment) -> None:
        self._claim = claim
        self._environment = environment
        self._runner = StepRunner(environment)
        self._planner = Planner(
            state_limit_bytes=environment.settings.state_limit_bytes,
            error_limit_chars=environment.settings.step_error_limit_chars,
        )
        self._progress = Progress(
            process_id=claim.process_id,
            epoch=claim.epoch,
            actor=claim.run_by,
            step_key=claim.current_step,
            attempt=claim.attempt,
            state=claim.state,
            parked_as=claim.parked_as,
            inbox_seen=claim.inbox_seen,
            done=claim.done,
        )
        self._arrived: tuple[InboxItem, ...] = claim.inbox
        self._budget_attempt = claim.budget_attempt
        self._budget_began_at = time.monotonic() - claim.budget_elapsed_s
        self._interruption: Interruption | None = None
        self._stopping = False

    @property
    def claim(self) -> Claim:
        """What the run began with."""
        return self._claim

    def interrupt(self, interruption: Interruption) -> None:
        """Cut the step in flight short. A lost lease outranks an abort, and an abort the worker's stop."""
        outranked = self._interruption is None or interruption is not Interruption.STOP
        if outranked and self._interruption is not Interruption.LOST:
            self._interruption = interruption
        self._runner.interrupt()

    def stop_soon(self) -> None:
        """Let the step in flight end, and hand the process on instead of beginning the next."""
        self._stopping = True

    async def carry_out(self) -> None:
        """Carry the process on until it ends or parks, or the run has to stop. Never raises."""
        await self._look_up_plan()
        while await self._advance():
            pass

    async def _advance(self) -> bool:
        """Carry out one step and record it; whether the run goes on with the next."""
        outcome = await self._attempt()
        while True:
            planned = self._plan(outcome)
            if planned is None:
                return False
            answer = await self._environment.writer.write(planned.checkpoint)
            match answer:
                case Recorded():
                    return self._go_on(planned)
                case Fenced():
                    self._log("run.fenced")
                    return False
                case Aborting():
                    return await self._abort(planned)
                case InboxNotEmpty():
                    outcome = await self._take_in(outcome)
                case Paused():
                    self._stopping = True
                case Refused(error=error):
                    if isinstance(outcome, Failed):
                        return False
                    outcome = Failed(error=error, kind=_refusal_kind(error))
                case _:
                    assert_never(answer)

    async def _attempt(self) -> AttemptOutcome:
        if self._stopping and self._interruption is None:
            self._interruption = Interruption.STOP
        if self._interruption is not None:
            return Interrupted()
        limit = self._environment.settings.lost_attempts_limit
        if self._claim.current_step == self._progress.step_key and self._claim.lost_attempts >= limit:
            return _failed(WorkerLost(self._progress.step_key, times=self._claim.lost_attempts))
        try:
            attempt = self._describe_attempt()
            return await self._runner.carry_out(attempt, self._progress.state)
        except WorkflowChanged as error:
            return Failed(error=error, kind=failure_kind(error), begun=False)
        except Exception:  # noqa: BLE001  # whatever we did wrong, the process must not be left running
            fault = EngineFault()
            _log.exception("run.fault", process_id=str(self._claim.process_id), fault_id=fault.fault_id)
            return _failed(fault)

    def _describe_attempt(self) -> Attempt:
        progress = self._progress
        step = self._workflow().step(progress.step_key)
        return Attempt(
            process_id=progress.process_id,
            epoch=progress.epoch,
            step=step,
            number=progress.attempt,
            budget_attempt=self._budget_attempt,
            budget_elapsed_s=time.monotonic() - self._budget_began_at,
            actor=self._claim.run_by,
            reporter=self._claim.created_by,
            arrived=self._find_arrived(step),
            parked=progress.parked_as is not None and progress.parked_as is _PARKED_AS.get(step.kind),
        )

    def _plan(self, outcome: AttemptOutcome) -> Planned | None:
        """The checkpoint for the outcome; None if the run must not write any more."""
        try:
            return self._plan_outcome(outcome)
        except (StateTooLarge, DomainError, EngineError) as error:
            return self._planner.failure(self._progress, _failed(error))

    def _plan_outcome(self, outcome: AttemptOutcome) -> Planned | None:
        match outcome:
            case Succeeded():
                return self._planner.success(
                    self._progress, outcome, workflow=self._workflow(), stopping=self._stopping
                )
            case Skipped():
                self._log("step.skipped", reason=outcome.reason)
                return self._planner.skip(
                    self._progress, outcome, workflow=self._workflow(), stopping=self._stopping
                )
            case NeedsInput():
                return self._planner.needs_input(self._progress, outcome)
            case NeedsCallback():
                return self._planner.needs_callback(self._progress, outcome)
            case Failed():
                self._log("step.failed", kind=outcome.kind, error_type=type(outcome.error).__name__)
                return self._planner.failure(self._progress, outcome)
            case Interrupted():
                return self._plan_interruption(outcome)
            case _:
                assert_never(outcome)

    def _plan_interruption(self, outcome: Interrupted) -> Planned | None:
        self._log("run.interrupted", reason=self._interruption)
        if self._interruption is Interruption.LOST:
            return None
        if self._interruption is Interruption.STOP and not outcome.lost:
            return self._planner.hand_back(self._progress)
        # What looks lost from within a step may be an abort; if it is not, this checkpoint is fenced.
        return self._planner.abort(self._progress, None, given_up=outcome.given_up)

    def _go_on(self, planned: Planned) -> bool:
        """Take over what was recorded; whether it began another step."""
        progress, checkpoint = self._progress, planned.checkpoint
        progress.checkpoint_no += 1
        progress.state = planned.state
        if checkpoint.next_step is None or checkpoint.status is not ProcessStatus.RUNNING:
            # A failed process waits for a person.
            level = logging.ERROR if checkpoint.status is ProcessStatus.FAILED else logging.INFO
            self._log("run.ended", level=level, status=checkpoint.status)
            return False
        progress.done += (progress.step_key,)
        progress.step_key, progress.attempt, progress.parked_as = checkpoint.next_step.key, 1, None
        self._arrived = ()
        self._budget_attempt, self._budget_began_at = 1, time.monotonic()
        return True

    async def _abort(self, unrecorded: Planned) -> bool:
        """Record the abort a person has asked for, with the step's end if it came to one; the run is over."""
        for planned in (
            self._planner.abort(self._progress, unrecorded),
            self._planner.abort(self._progress, None),
        ):
            answer = await self._environment.writer.write(planned.checkpoint)
            if not isinstance(answer, Refused):
                break
        return False

    async def _take_in(self, outcome: AttemptOutcome) -> AttemptOutcome:
        """Look at what arrived; the outcome it turns the attempt's into."""
        async for trial in through_outages():
            with trial:
                async with self._environment.database.writer() as connection:
                    unread = await claims.unread(connection, self._claim.process_id)
                self._arrived, self._progress.inbox_seen = unread.items, unread.seen
        if not isinstance(outcome, NeedsCallback):
            return outcome
        try:
            step = self._workflow().step(self._progress.step_key)
            arrived = self._find_arrived(step)
            if arrived is None:
                return outcome
            return Succeeded(given=with_callback(outcome.given, step, arrived))
        except EngineError as error:
            return _failed(error)

    def _find_arrived(self, step: Step) -> InboxItem | None:
        """The first arrival that the current step waits for."""
        kind = _ARRIVES.get(step.kind)
        return next((item for item in self._arrived if (item.step_key, item.kind) == (step.key, kind)), None)

    async def _look_up_plan(self) -> None:
        """Learn which steps the process was to carry out, if the workflow has others by now."""
        workflow = self._environment.registry.find_workflow(self._claim.workflow)
        if workflow is None or workflow.fingerprint == self._claim.fingerprint:
            return
        async for trial in through_outages():
            with trial:
                async with self._environment.database.writer() as connection:
                    self._progress.planned = await claims.planned_keys(connection, self._claim.process_id)

    def _workflow(self) -> Workflow:
        workflow = self._environment.registry.find_workflow(self._claim.workflow)
        if workflow is None:
            raise WorkflowChanged(self._claim.workflow)
        return workflow

    def _log(self, event: str, *, level: int = logging.INFO, **fields: object) -> None:
        _log.log(
            level,
            event,
            process_id=str(self._claim.process_id),
            step=self._progress.step_key,
            attempt=self._progress.attempt,
            **fields,
        )


class WorkerLost(EngineError):
    """A worker was lost again and again while it carried out the same step."""

    def __init__(self, step_key: str, *, times: int) -> None:
        super().__init__(f"{times} workers were lost while they carried out step {step_key!r}")
        self.step_key = step_key
        self.times = times


class EngineFault(EngineError):
    """A mistake in the engine itself; the log has it under the id."""

    def __init__(self) -> None:
        self.fault_id = uuid.uuid4().hex
        super().__init__(f"internal error {self.fault_id}")


def _failed(error: Exception) -> Failed:
    return Failed(error=error, kind=failure_kind(error))


_DISAGREEMENTS = (
    BlockInsideItself,
    BlockInUse,
    ConflictingEdit,
    ReferencedBlockNotFound,
    StaleSubscription,
    SubscriptionLocked,
    UnsafeTransition,
)


def _refusal_kind(error: Exception) -> FailureKind:
    """What is stored and what a step made of it may disagree: then a person looks. The rest is an error."""
    return FailureKind.INCONSISTENT_DATA if isinstance(error, _DISAGREEMENTS) else failure_kind(error)
