"""The engine's timings and limits, filled in by the application: nothing here reads the environment."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class EngineSettings:
    """Timings and limits of commands and workers.

    Attributes:
        lease_s: How long a claimed process stays its worker's without a heartbeat.
        heartbeat_s: How often a worker renews its leases; a lease must outlive two missed heartbeats.
        reconcile_s: How often runnable processes without a live job are put back in the queue.
        poll_s: How often a reader looks for itself, in case a notification was lost.
        stop_grace_s: How long a stopping worker waits for the steps in flight before it hands them back.
        give_up_s: How long a step that is to be cut short may go on before it is given up: a thread cannot be
            cancelled.
        concurrent_runs: Runs one worker carries out at the same time.
        thread_pool_size: Threads of one worker for steps that are plain functions.
        state_limit_bytes: The largest state of a process, as JSON text.
        step_error_limit_chars: Error messages and tracebacks are cut to this length.
        lost_attempts_limit: A step during which this many workers were lost, one after the other, fails.
        callback_token_bytes: Random bytes in a callback's token.
        callback_timeout_s: The deadline of callbacks whose step declares none; None is no deadline.
        progress_interval_s: The least time between two writes of how far a worker's steps are.
        predicate_timeout_s: How long a run predicate may take; a transaction waits for it.
    """

    lease_s: float = 5.0
    heartbeat_s: float = 1.5
    reconcile_s: float = 2.0
    poll_s: float = 3.0
    stop_grace_s: float = 10.0
    give_up_s: float = 10.0
    concurrent_runs: int = 200
    thread_pool_size: int = 8
    state_limit_bytes: int = 1_000_000
    step_error_limit_chars: int = 50_000
    lost_attempts_limit: int = 5
    callback_token_bytes: int = 32
    callback_timeout_s: float | None = None
    progress_interval_s: float = 0.5
    predicate_timeout_s: float = 5.0

    def __post_init__(self) -> None:
        """Refuse timings under which a healthy worker would lose its leases.

        Raises:
            ValueError: if a value is not positive, or a lease does not outlive two missed heartbeats.
        """
        for name in (
            "lease_s",
            "heartbeat_s",
            "reconcile_s",
            "poll_s",
            "concurrent_runs",
            "thread_pool_size",
            "progress_interval_s",
            "predicate_timeout_s",
        ):
            if getattr(self, name) <= 0:
                raise ValueError(f"{name} is {getattr(self, name)}, expected more than 0")
        if self.lease_s < 2 * self.heartbeat_s:
            raise ValueError(
                f"lease_s is {self.lease_s}, expected at least twice heartbeat_s ({self.heartbeat_s})"
            )
