"""The statuses of processes and steps, and the moves between them that are legal."""

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType


class ProcessStatus(StrEnum):
    """Where a process stands."""

    QUEUED = "QUEUED"
    RUNNING = "RUNNING"
    SUSPENDED = "SUSPENDED"
    WAITING = "WAITING"
    AWAITING_CALLBACK = "AWAITING_CALLBACK"
    ABORTING = "ABORTING"
    ABORTED = "ABORTED"
    COMPENSATING = "COMPENSATING"
    FAILED = "FAILED"
    COMPLETED = "COMPLETED"


class StepStatus(StrEnum):
    """Where one step of a process stands."""

    PENDING = "PENDING"
    RUNNING = "RUNNING"
    SUCCESS = "SUCCESS"
    SKIPPED = "SKIPPED"
    SUSPENDED = "SUSPENDED"
    WAITING = "WAITING"
    AWAITING_CALLBACK = "AWAITING_CALLBACK"
    FAILED = "FAILED"
    ABORTED = "ABORTED"


class StepKind(StrEnum):
    """What carrying out a step means."""

    STEP = "STEP"
    INPUT = "INPUT"
    CALLBACK = "CALLBACK"
    RESYNC = "RESYNC"


class Target(StrEnum):
    """What a workflow does to its subject; SYSTEM has none."""

    CREATE = "CREATE"
    MODIFY = "MODIFY"
    TERMINATE = "TERMINATE"
    VALIDATE = "VALIDATE"
    RECONCILE = "RECONCILE"
    SYSTEM = "SYSTEM"


class FailureKind(StrEnum):
    """Why a process failed, as far as a reader can act on it."""

    ERROR = "ERROR"
    INCONSISTENT_DATA = "INCONSISTENT_DATA"
    API_UNAVAILABLE = "API_UNAVAILABLE"
    TIMEOUT = "TIMEOUT"
    WORKFLOW_CHANGED = "WORKFLOW_CHANGED"


class EngineStatus(StrEnum):
    """Whether runs are carried out; PAUSED once every live worker has acknowledged the pause."""

    RUNNING = "RUNNING"
    PAUSING = "PAUSING"
    PAUSED = "PAUSED"


TERMINAL: frozenset[ProcessStatus] = frozenset({ProcessStatus.ABORTED, ProcessStatus.COMPLETED})
"""The statuses nothing leaves. FAILED is not among them: a failed process can be retried or aborted."""

LEGAL_TRANSITIONS: Mapping[ProcessStatus, frozenset[ProcessStatus]] = MappingProxyType(
    {
        ProcessStatus.QUEUED: frozenset({ProcessStatus.RUNNING, ProcessStatus.ABORTED}),
        ProcessStatus.RUNNING: frozenset(
            {
                ProcessStatus.QUEUED,
                ProcessStatus.SUSPENDED,
                ProcessStatus.WAITING,
                ProcessStatus.AWAITING_CALLBACK,
                ProcessStatus.ABORTING,
                ProcessStatus.ABORTED,
                ProcessStatus.FAILED,
                ProcessStatus.COMPLETED,
            }
        ),
        ProcessStatus.SUSPENDED: frozenset(
            {ProcessStatus.QUEUED, ProcessStatus.ABORTED, ProcessStatus.COMPLETED}
        ),
        ProcessStatus.WAITING: frozenset(
            {
                ProcessStatus.QUEUED,
                ProcessStatus.RUNNING,
                ProcessStatus.ABORTED,
                ProcessStatus.COMPLETED,
            }
        ),
        ProcessStatus.AWAITING_CALLBACK: frozenset(
            {
                ProcessStatus.QUEUED,
                ProcessStatus.FAILED,
                ProcessStatus.ABORTED,
                ProcessStatus.COMPLETED,
            }
        ),
        ProcessStatus.ABORTING: frozenset({ProcessStatus.ABORTED}),
        ProcessStatus.ABORTED: frozenset(),
        ProcessStatus.COMPENSATING: frozenset({ProcessStatus.FAILED, ProcessStatus.ABORTED}),
        ProcessStatus.FAILED: frozenset(
            {ProcessStatus.QUEUED, ProcessStatus.ABORTED, ProcessStatus.COMPLETED}
        ),
        ProcessStatus.COMPLETED: frozenset(),
    }
)
"""Every legal change of a process's status, from each status to those that may follow it.

A run that is claimed again after its lease expired stays RUNNING: that is no change of status.

- RUNNING -> QUEUED: a worker that stops hands the run back, and a run that finds new input re-queues itself.
- RUNNING -> ABORTED: the abort finds no live lease, so no step is in flight that it would have to wait for.
- RUNNING -> ABORTING: the abort finds a live lease; ABORTED follows the end of the step in flight.
- ABORTING -> ABORTED alone: whatever the step in flight comes to, it does not overwrite the abort.
- WAITING -> RUNNING: the delayed job of a retry claims the process directly when its time has come.
- WAITING -> QUEUED: a person retries at once, without waiting for that time.
- AWAITING_CALLBACK -> FAILED: the callback's deadline passed.
- FAILED -> QUEUED: retry, or a skip of the failed step; parked ones are skipped likewise.
- FAILED, SUSPENDED, WAITING, AWAITING_CALLBACK -> COMPLETED: a skip of the last step.
- COMPENSATING: no status leads to it, as no step declares a compensation.
"""


def sources_of(target: ProcessStatus) -> frozenset[ProcessStatus]:
    """The statuses from which a process may move to `target`: the guard of an UPDATE."""
    return frozenset(source for source, targets in LEGAL_TRANSITIONS.items() if target in targets)


_PRECEDENCE: tuple[tuple[StepStatus, ProcessStatus], ...] = (
    (StepStatus.ABORTED, ProcessStatus.ABORTED),
    (StepStatus.RUNNING, ProcessStatus.RUNNING),
    (StepStatus.FAILED, ProcessStatus.FAILED),
    (StepStatus.SUSPENDED, ProcessStatus.SUSPENDED),
    (StepStatus.AWAITING_CALLBACK, ProcessStatus.AWAITING_CALLBACK),
    (StepStatus.WAITING, ProcessStatus.WAITING),
    (StepStatus.PENDING, ProcessStatus.QUEUED),
)


def derive_process_status(step_statuses: Iterable[StepStatus]) -> ProcessStatus:
    """The status of a process whose planned steps, all of them, have these statuses.

    The steps say everything but two things, which are recorded on the process itself: that an abort was
    requested and waits for the step in flight (ABORTING), and that a parked process has been given what it
    waited for (QUEUED until a worker takes it in).

    Work in flight outranks a failed or parked sibling: the process is RUNNING as long as anything runs. When
    all that ran has ended well and steps are left, it is QUEUED for its next run.
    """
    present = frozenset(step_statuses)
    for step_status, process_status in _PRECEDENCE:
        if step_status in present:
            return process_status
    return ProcessStatus.COMPLETED
