"""What a step may know about its own run, asked for by declaring a parameter of one of these types."""

from dataclasses import dataclass

from domain.ids import ProcessId


@dataclass(frozen=True, slots=True, kw_only=True)
class StepContext:
    """The run of the step that asks for it.

    Attributes:
        process_id: The process the step belongs to.
        step_key: The step's key in its workflow.
        attempt: 1 for the first attempt, one more each time the step is carried out again.
        idempotency_key: The same in every attempt of this step of this process: give it to systems that
            recognise a repeated request.
        actor: Who started, resumed or retried the process last.
        reporter: Who started the process.
    """

    process_id: ProcessId
    step_key: str
    attempt: int
    idempotency_key: str
    actor: str
    reporter: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackContext(StepContext):
    """The run of a callback step.

    Attributes:
        callback_url: The address to which the outside world posts the result, once.
    """

    callback_url: str
