"""What a step may know about its own run, asked for by declaring a parameter of one of these types."""

from dataclasses import dataclass, field

from domain.ids import ProcessId
from engine.progress import ProgressSink, unheard


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
        on_progress: Takes what the step says about how far it is.
    """

    process_id: ProcessId
    step_key: str
    attempt: int
    idempotency_key: str
    actor: str
    reporter: str
    on_progress: ProgressSink = field(default=unheard, repr=False, compare=False)

    def progress(self, *, percent: float | None = None, message: str | None = None) -> None:
        """Say how far the step is, for those who watch: a hint, which is in no event and may be lost.

        Call it from anywhere, also from a thread, as often as you like: the last word of each half second is
        told. What is left out stays as it was.

        Args:
            percent: From 0 to 100.
            message: What it is at, in a few words.
        """
        self.on_progress(percent=percent, message=message)


@dataclass(frozen=True, slots=True, kw_only=True)
class CallbackContext(StepContext):
    """The run of a callback step.

    Attributes:
        callback_url: The address to which the outside world posts the result, once.
    """

    callback_url: str
