"""What a process does, as simply as it can be said: one process, in memory, one thing after the other."""

from copy import deepcopy
from dataclasses import dataclass, field

from domain.json import JsonValue
from engine.focus import nested, placed, visible
from engine.states import TERMINAL, FailureKind, ProcessStatus, StepStatus
from tests.engine.machine.plans import MOST_ATTEMPTS, Deed, Patience, StepPlan, Subject, Trouble, WorkflowPlan

GOING_ON = frozenset(
    {StepStatus.SUSPENDED, StepStatus.AWAITING_CALLBACK, StepStatus.PENDING, StepStatus.WAITING}
)
"""While a step has one of these, what arrives for it counts."""
ENDED_ATTEMPTS = frozenset({StepStatus.RUNNING, StepStatus.SUSPENDED, StepStatus.AWAITING_CALLBACK})


@dataclass(slots=True)
class ModelStep:
    """One step that was begun, or is the next.

    Attributes:
        attempts: What became of each.
        first_attempt: The first one since a person last retried the step.
        calls_ended: How many calls of its function came to an end.
        parked: Whether only what it waits for is missing.
        tokens: For each callback token it gave away, whether it is still good.
    """

    status: StepStatus = StepStatus.PENDING
    attempts: list[StepStatus] = field(default_factory=list[StepStatus])
    first_attempt: int = 1
    calls_ended: int = 0
    parked: bool = False
    delta: JsonValue = None
    tokens: list[bool] = field(default_factory=list[bool])

    def close_tokens(self) -> None:
        self.tokens = [False] * len(self.tokens)

    def end(self, status: StepStatus, attempt: StepStatus | None = None) -> None:
        """Record the step, and its attempt."""
        self.status = status
        self.attempts[-1] = attempt or status
        if status not in GOING_ON:
            self.close_tokens()
        self.parked = status in (StepStatus.SUSPENDED, StepStatus.AWAITING_CALLBACK)


@dataclass(frozen=True, slots=True)
class ModelPort:
    """A subscription: whose it is, what it is, and whether a process holds it."""

    name: str
    status: str
    speed: int
    in_sync: bool


@dataclass(slots=True, kw_only=True)
class ModelProcess:
    """A process.

    Attributes:
        at: The position of its current step.
        arrived: What arrived for the current step and was not taken in yet.
        arrivals: How much arrived in all.
        due: Whether the time of its next attempt has come.
        released: The steps for which the test has given its word.
        port: Its subject, as far as it knows.
    """

    name: str
    plan: WorkflowPlan
    state: dict[str, JsonValue]
    status: ProcessStatus = ProcessStatus.QUEUED
    at: int = 0
    steps: dict[str, ModelStep] = field(default_factory=dict[str, ModelStep])
    arrived: dict[str, JsonValue] | None = None
    arrivals: int = 0
    due: bool = False
    released: set[str] = field(default_factory=set[str])
    failure: FailureKind | None = None
    port: ModelPort | None = None

    @property
    def key(self) -> str:
        """The current step's, or that of the last."""
        return self.plan.keyed[self.at][0]

    @property
    def step_plan(self) -> StepPlan:
        return self.plan.keyed[self.at][1]

    @property
    def step(self) -> ModelStep:
        return self.steps.setdefault(self.key, ModelStep())

    @property
    def ended(self) -> bool:
        return self.status in TERMINAL

    @property
    def held(self) -> bool:
        """Whether it stands in a step that waits for the test's word."""
        running = self.status is ProcessStatus.RUNNING
        return running and self._passes_condition() and self.step_plan.holds and self.key not in self.released

    def clone(self) -> "ModelProcess":
        return deepcopy(self)

    def advance(self, *, paused: bool, working: bool) -> "list[ModelProcess]":
        """Where the engine may take it next, one commit further; nothing if it is at rest."""
        match self.status:
            case ProcessStatus.QUEUED if working and not paused:
                return [self._claimed()]
            case ProcessStatus.WAITING if working and not paused and self.due:
                return [self._claimed()]
            case ProcessStatus.AWAITING_CALLBACK if working and self.due:
                return [self._expired()]
            case ProcessStatus.RUNNING if not self.held:
                going = self.clone()
                going._end_step(paused=paused)
                return [going]
            case ProcessStatus.ABORTING:
                return self._aborted()
            case _:
                return []

    def end_abort(self) -> None:
        """What an abort leaves of the current step."""
        self.status = ProcessStatus.ABORTED
        step = self.steps.get(self.key)
        if step is None:
            self._release()
            return
        step.status, step.parked = StepStatus.ABORTED, False
        step.attempts = [
            StepStatus.ABORTED if status in ENDED_ATTEMPTS else status for status in step.attempts
        ]
        for each in self.steps.values():
            each.close_tokens()

    def hand_back(self) -> None:
        """A worker stops in the middle of the step."""
        self.status = ProcessStatus.QUEUED
        self.step.end(StepStatus.PENDING, StepStatus.ABORTED)

    def go_behind(self, *, paused: bool) -> None:
        """On to the next step, which begins at once unless somebody else has to claim the process."""
        self.failure = None
        self.arrived = None
        if self.at + 1 == len(self.plan.keyed):
            self.status = ProcessStatus.COMPLETED
            return
        self.at += 1
        self.status = ProcessStatus.QUEUED
        self.steps[self.key] = ModelStep()
        if not paused:
            self.status = ProcessStatus.RUNNING
            self._begin_attempt()

    def put(self, values: dict[str, JsonValue]) -> None:
        """Put into the state what the current step gave, or what is given in its place."""
        self.state |= placed(self._focus, self.state, values)
        self.step.delta = nested(self._focus, values)

    def _begin_attempt(self) -> None:
        step = self.step
        step.status = StepStatus.RUNNING
        step.attempts.append(StepStatus.RUNNING)
        if self.step_plan.deed is Deed.CALLBACK and self._passes_condition():
            # What has arrived for the step voids the tokens of later attempts.
            step.tokens.append(self.arrived is None)

    def _claimed(self) -> "ModelProcess":
        claimed = self.clone()
        claimed.status, claimed.due = ProcessStatus.RUNNING, False
        if claimed.step.parked:
            claimed.step.status = claimed.step.attempts[-1] = StepStatus.RUNNING
        else:
            claimed._begin_attempt()
        return claimed

    def _expired(self) -> "ModelProcess":
        expired = self.clone()
        expired.status, expired.due, expired.failure = ProcessStatus.FAILED, False, FailureKind.TIMEOUT
        expired.step.end(StepStatus.FAILED)
        return expired

    def _aborted(self) -> "list[ModelProcess]":
        """The step was cut short, or its end came before."""
        cut = self.clone()
        cut.end_abort()
        ended = self.clone()
        ended.status = ProcessStatus.RUNNING
        if ended.held:
            return [cut]
        at, key = ended.at, ended.key
        ended._end_step(paused=True)
        if ended.at > at:
            del ended.steps[ended.key]
        ended.at, ended.status = at, ProcessStatus.ABORTED
        recorded = (StepStatus.SUCCESS, StepStatus.SKIPPED, StepStatus.FAILED)
        return [cut, ended] if ended.steps[key].status in recorded else [cut]

    def _passes_condition(self) -> bool:
        return self.step.parked or self.step_plan.wanted is not False

    def _end_step(self, *, paused: bool) -> None:
        step = self.step
        if not self._passes_condition():
            step.end(StepStatus.SKIPPED)
            self.go_behind(paused=paused)
            return
        match self.step_plan.deed:
            case Deed.INPUT if self.arrived is not None:
                self._succeed(self.arrived, paused=paused)
            case Deed.INPUT:
                step.end(StepStatus.SUSPENDED)
                self.status = ProcessStatus.SUSPENDED
            case Deed.CALLBACK if step.parked and self.arrived is not None:
                self._succeed({"trail": self.trail, **self.arrived}, paused=paused)
            case _:
                self._call(paused=paused)

    def _call(self, *, paused: bool) -> None:
        """The step's function comes to its end."""
        step, plan = self.step, self.step_plan
        step.calls_ended += 1
        if step.calls_ended <= len(plan.troubles):
            self._fail(plan.troubles[step.calls_ended - 1])
            return
        given = self._given()
        if plan.deed is not Deed.CALLBACK:
            self._succeed(given, paused=paused)
        elif self.arrived is not None:
            self._succeed(given | self.arrived, paused=paused)
        else:
            self.put(given)
            step.end(StepStatus.AWAITING_CALLBACK)
            self.status = ProcessStatus.AWAITING_CALLBACK

    def _given(self) -> dict[str, JsonValue]:
        match self.step_plan.deed:
            case Deed.CONSTRUCT:
                self.port = ModelPort(name=self.name, status="INITIAL", speed=0, in_sync=False)
                return {"port": self.name}
            case Deed.CHANGE:
                assert self.port is not None
                self.port = ModelPort(self.port.name, self.port.status, self.port.speed + 1, in_sync=False)
                return {"port": self.port.name}
            case Deed.SET_STATUS:
                assert self.port is not None
                self.port = ModelPort(self.port.name, "ACTIVE", self.port.speed, in_sync=False)
                return {"port": self.port.name}
            case Deed.RESYNC:
                self._release()
                return {}
            case _:
                return {"trail": [*self.trail, self.key]}

    @property
    def trail(self) -> list[JsonValue]:
        """What the current step sees of those before it."""
        found = visible(self._focus, self.state)["trail"]
        assert isinstance(found, list)
        return found

    @property
    def _focus(self) -> tuple[str, ...]:
        return ("part",) if self.step_plan.focused else ()

    def _succeed(self, values: dict[str, JsonValue], *, paused: bool) -> None:
        self.put(values)
        self.step.end(StepStatus.SUCCESS)
        self.go_behind(paused=paused)

    def _fail(self, trouble: Trouble) -> None:
        step, plan = self.step, self.step_plan
        unavailable = trouble is Trouble.UNAVAILABLE
        self.failure = FailureKind.API_UNAVAILABLE if unavailable else FailureKind.ERROR
        tried = len(step.attempts) - step.first_attempt + 1
        if unavailable and plan.patience is not None and tried < MOST_ATTEMPTS:
            step.end(StepStatus.WAITING, StepStatus.FAILED)
            self.status, self.due = ProcessStatus.WAITING, plan.patience is Patience.SHORT
        else:
            step.end(StepStatus.FAILED)
            self.status, self.arrived = ProcessStatus.FAILED, None

    def _release(self) -> None:
        if self.port is not None:
            self.port = ModelPort(self.port.name, self.port.status, self.port.speed, in_sync=True)


def new_process(name: str, plan: WorkflowPlan, *, port: ModelPort | None) -> ModelProcess:
    """A process that has just been started."""
    state: dict[str, JsonValue] = {"trail": ["begin"]}
    if plan.subject is Subject.MODIFY:
        assert port is not None
        state["port"] = port.name
        port = ModelPort(port.name, port.status, port.speed, in_sync=False)
    return ModelProcess(name=name, plan=plan, state=state, port=port)
