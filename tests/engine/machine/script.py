"""The steps of random workflows: they do what their plan says, and what they did is written down."""

import asyncio
from collections import Counter
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from functools import reduce
from typing import TypeAlias, TypedDict

from pydantic import BaseModel

from domain.ids import CustomerId, ProcessId
from domain.model.catalog import Product
from engine.context import CallbackContext, StepContext
from engine.errors import ApiUnavailable
from engine.forms import Ask, FormPage
from engine.registry import Registry
from engine.step_lists import OpenStepList, StepList, begin, done
from engine.steps import Step, callback_step, input_step, retry, step
from engine.workflow_decorators import create_workflow, modify_workflow, task
from engine.workflows import Workflow
from engine.wrappers import conditional, focus
from tests.engine.machine.plans import MOST_ATTEMPTS, Deed, Patience, StepPlan, Subject, Trouble, WorkflowPlan
from tests.engine.run.application import CATALOG, Port, PortBlockInactive, PortInactive

Place: TypeAlias = tuple[ProcessId, str]

_DELAYS = {Patience.SHORT: timedelta(milliseconds=1), Patience.LONG: timedelta(hours=2)}
_DEADLINE = timedelta(hours=1)


class Trail(TypedDict):
    trail: list[str]


class Beginning(BaseModel):
    trail: list[str]


class Delivery(BaseModel):
    parcel: str


class AnswerPage(FormPage, last=True):
    answer: str


class PlannedTrouble(Exception):
    """What a step raises because its plan says so."""


@dataclass(frozen=True, slots=True)
class Effect:
    """One call of a step's function."""

    attempt: int
    idempotency_key: str


@dataclass(slots=True)
class Script:
    """Where the steps of all workers meet the test.

    Attributes:
        began: The calls of each step, as they begin.
        done: Those that came to a good end.
        tokens: The callback tokens that each step was given, in order.
    """

    began: dict[Place, list[Effect]] = field(default_factory=dict[Place, list[Effect]])
    done: dict[Place, list[Effect]] = field(default_factory=dict[Place, list[Effect]])
    tokens: dict[Place, list[str]] = field(default_factory=dict[Place, list[str]])
    _ended: Counter[Place] = field(default_factory=Counter[Place])
    _held: dict[Place, int] = field(default_factory=dict[Place, int])
    _released: dict[Place, asyncio.Event] = field(default_factory=dict[Place, asyncio.Event])

    def holds(self, place: Place, attempt: int) -> bool:
        """Whether this attempt waits for the test's word."""
        return self._held.get(place) == attempt and not self._event(place).is_set()

    def release(self, place: Place) -> None:
        """Let the step come to its end, now and in later attempts."""
        self._event(place).set()

    async def play(self, plan: StepPlan, context: StepContext) -> None:
        """What an async step does."""
        self._begin(context)
        place = (context.process_id, context.step_key)
        if plan.holds:
            self._held[place] = context.attempt
            await self._event(place).wait()
        self._end(plan, context)

    def play_in_thread(self, plan: StepPlan, context: StepContext) -> None:
        """What a plain step does."""
        self._begin(context)
        self._end(plan, context)

    def _begin(self, context: StepContext) -> None:
        place = (context.process_id, context.step_key)
        self.began.setdefault(place, []).append(_effect(context))
        if isinstance(context, CallbackContext):
            self.tokens.setdefault(place, []).append(context.callback_url.rsplit("/", 1)[1])

    def _end(self, plan: StepPlan, context: StepContext) -> None:
        place = (context.process_id, context.step_key)
        self._ended[place] += 1
        if self._ended[place] <= len(plan.troubles):
            trouble = plan.troubles[self._ended[place] - 1]
            raise ApiUnavailable("away") if trouble is Trouble.UNAVAILABLE else PlannedTrouble("as planned")
        self.done.setdefault(place, []).append(_effect(context))

    def _event(self, place: Place) -> asyncio.Event:
        return self._released.setdefault(place, asyncio.Event())


class GrowingRegistry(Registry):
    """A registry that takes workflows in while workers are at work."""

    def __init__(self, script: Script) -> None:
        @asynccontextmanager
        async def opened() -> AsyncGenerator[Script]:
            yield script

        super().__init__((), {Script: opened})
        self._grown: dict[str, Workflow] = {}

    def add(self, plan: WorkflowPlan) -> str:
        """Take the workflow in, and what it is called."""
        name = f"workflow_{len(self._grown) + 1}"
        self._grown[name] = made_of(plan, name)
        Registry((self._grown[name],), self.services).check(CATALOG)
        return name

    def find_workflow(self, name: str) -> Workflow | None:
        return self._grown.get(name)


def made_of(plan: WorkflowPlan, name: str) -> Workflow:
    """The workflow that does what the plan says."""

    def steps() -> StepList:
        written = zip(plan.keyed, plan.steps, strict=False)
        return (
            reduce(OpenStepList.__rshift__, (_wrapped(key, each) for (key, each), _ in written), begin)
            >> done
        )

    steps.__name__ = name
    steps.__doc__ = repr(plan)
    match plan.subject:
        case Subject.NONE:
            return task(input=Beginning)(steps)
        case Subject.CREATE:
            return create_workflow(Port, input=Beginning)(steps)
        case Subject.MODIFY:
            return modify_workflow(Port, input=Beginning)(steps)


def _wrapped(key: str, plan: StepPlan) -> OpenStepList:
    def wanted() -> bool:
        return plan.wanted is True

    made = _MAKERS[plan.deed](plan).with_key(key)
    if plan.patience is not None:
        delay = _DELAYS[plan.patience]
        made = retry(made, attempts=MOST_ATTEMPTS, first_delay=delay, max_delay=delay, on=(ApiUnavailable,))
    steps = begin >> made
    if plan.focused:
        steps = focus("part")(steps)
    return steps if plan.wanted is None else conditional(wanted)(steps)


def _plain(plan: StepPlan) -> Step:
    @step("Plain")
    async def plain(script: Script, ctx: StepContext, trail: list[str]) -> Trail:
        await script.play(plan, ctx)
        return {"trail": [*trail, ctx.step_key]}

    return plain


def _in_thread(plan: StepPlan) -> Step:
    @step("In a thread")
    def in_thread(script: Script, ctx: StepContext, trail: list[str]) -> Trail:
        script.play_in_thread(plan, ctx)
        return {"trail": [*trail, ctx.step_key]}

    return in_thread


def _input(_plan: StepPlan) -> Step:
    @input_step("Input", assignee="NOC")
    async def ask_for_input(ask: Ask, trail: list[str]) -> Trail:
        page = await ask(AnswerPage)
        return {"trail": [*trail, page.answer]}

    return ask_for_input


def _callback(plan: StepPlan) -> Step:
    @callback_step("Callback", Delivery, timeout=_DEADLINE)
    async def order(script: Script, ctx: CallbackContext, trail: list[str]) -> Trail:
        await script.play(plan, ctx)
        return {"trail": [*trail, ctx.step_key]}

    return order


def _construct(plan: StepPlan) -> Step:
    @step("Construct")
    async def construct(
        script: Script, ctx: StepContext, product: Product, customer_id: CustomerId
    ) -> PortInactive:
        await script.play(plan, ctx)
        return PortInactive.new(
            product=product, customer_id=customer_id, port_block=PortBlockInactive.new(speed=0)
        )

    return construct


def _change(plan: StepPlan) -> Step:
    @step("Change")
    async def change(script: Script, ctx: StepContext, port: PortInactive | Port) -> PortInactive | Port:
        await script.play(plan, ctx)
        port.port_block.speed = (port.port_block.speed or 0) + 1
        return port

    return change


_MAKERS = {
    Deed.PLAIN: _plain,
    Deed.THREAD: _in_thread,
    Deed.INPUT: _input,
    Deed.CALLBACK: _callback,
    Deed.CONSTRUCT: _construct,
    Deed.CHANGE: _change,
}


def _effect(context: StepContext) -> Effect:
    return Effect(context.attempt, context.idempotency_key)
