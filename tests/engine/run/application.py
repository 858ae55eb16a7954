"""A small application whose steps meet the test: they wait for its word, and say what they were given."""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one, as in every application.

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TypedDict

from pydantic import BaseModel, Field

from domain.ids import CustomerId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel
from engine.context import CallbackContext, StepContext
from engine.errors import ApiUnavailable
from engine.forms import Ask, FormPage
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import callback_step, input_step, retry, step
from engine.workflow_decorators import create_workflow, modify_workflow, task


class PortBlockInactive(ProductBlockModel, name="PortBlock"):
    speed: int | None = None


class PortBlockProvisioning(PortBlockInactive, lifecycle=[PROVISIONING]):
    speed: int = Field()


class PortBlock(PortBlockProvisioning, lifecycle=[ACTIVE]):
    pass


class PortInactive(SubscriptionModel, name="Port"):
    port_block: PortBlockInactive


class PortProvisioning(PortInactive, lifecycle=[PROVISIONING]):
    port_block: PortBlockProvisioning


class Port(PortProvisioning, lifecycle=[ACTIVE]):
    port_block: PortBlock


CATALOG = Catalog(
    [Product(name="Port 10G", tag="P10", product_type="Port", description="A port", model=Port)]
)


@dataclass(slots=True)
class Stage:
    """Where steps and test meet.

    Attributes:
        entered: The runs of steps, as they begin.
        contexts: The last context each step got, by its key.
        raising: What steps raise, by key, attempt by attempt; when the list is empty they succeed.
    """

    entered: asyncio.Queue[StepContext] = field(default_factory=asyncio.Queue[StepContext])
    cancelled: asyncio.Queue[str] = field(default_factory=asyncio.Queue[str])
    contexts: dict[str, StepContext] = field(default_factory=dict[str, StepContext])
    raising: dict[str, list[Exception]] = field(default_factory=dict[str, list[Exception]])
    thread_began: asyncio.Event = field(default_factory=asyncio.Event)
    thread_may_end: threading.Event = field(default_factory=threading.Event)
    _held: dict[str, asyncio.Event] = field(default_factory=dict[str, asyncio.Event])

    def hold(self, key: str) -> asyncio.Event:
        """Make the step wait for the event that is given back."""
        self._held[key] = asyncio.Event()
        return self._held[key]

    async def play(self, context: StepContext) -> None:
        """What every step of this application does."""
        self.contexts[context.step_key] = context
        self.entered.put_nowait(context)
        errors = self.raising.get(context.step_key)
        held = self._held.get(context.step_key)
        if held is not None:
            try:
                await held.wait()
            except asyncio.CancelledError:
                self.cancelled.put_nowait(context.step_key)
                raise
        if errors:
            raise errors.pop(0)

    async def entry(self, key: str) -> StepContext:
        """Wait until the step begins."""
        while True:
            context = await asyncio.wait_for(self.entered.get(), timeout=10)
            if context.step_key == key:
                return context

    def callback_token(self, key: str) -> str:
        """The token of the address the step was given last."""
        context = self.contexts[key]
        assert isinstance(context, CallbackContext)
        return context.callback_url.rsplit("/", 1)[1]


@dataclass(frozen=True, slots=True)
class Loop:
    """The worker's event loop, for a step in a thread."""

    loop: asyncio.AbstractEventLoop

    def call(self, function: Callable[[], None]) -> None:
        self.loop.call_soon_threadsafe(function)


class Text(TypedDict):
    text: str


class Rack(TypedDict):
    rack: str


class Confirmed(TypedDict):
    confirmed: bool


class Order(TypedDict):
    order_number: int


class Delivery(BaseModel):
    parcel: str


class Note(BaseModel):
    text: str


class CreatePort(BaseModel):
    speed: int


class SpeedChange(BaseModel):
    speed: int


class ConfirmPage(FormPage, last=True):
    sure: bool


@step("First")
async def first(stage: Stage, ctx: StepContext, text: str) -> Rack:
    await stage.play(ctx)
    return {"rack": f"rack of {text}"}


@step("Second")
async def second(stage: Stage, ctx: StepContext, rack: str) -> Text:
    await stage.play(ctx)
    return {"text": f"{rack}, again"}


@step("Third")
async def third(stage: Stage, ctx: StepContext) -> None:
    await stage.play(ctx)


@step("Fourth")
async def fourth(stage: Stage, ctx: StepContext) -> None:
    await stage.play(ctx)


@step("Fifth")
async def fifth(stage: Stage, ctx: StepContext) -> None:
    await stage.play(ctx)


@step("In a thread")
def threaded(ctx: StepContext) -> Text:
    return {"text": f"{threading.current_thread().name.split('_')[0]} {ctx.attempt}"}


@step("In a thread, for long")
def long_threaded(stage: Stage, loop: Loop) -> Rack:
    loop.call(stage.thread_began.set)
    stage.thread_may_end.wait(timeout=10)
    return {"rack": "from a thread"}


@input_step("Confirm", assignee="NOC")
async def confirm(ask: Ask, text: str) -> Confirmed:
    page = await ask(ConfirmPage)
    return {"confirmed": page.sure and bool(text)}


@step("Revoke")
async def revoke(confirmed: bool) -> Confirmed:
    return {"confirmed": not confirmed}


@callback_step("Order", Delivery, timeout=timedelta(seconds=60))
async def order(stage: Stage, ctx: CallbackContext) -> Order:
    await stage.play(ctx)
    return {"order_number": ctx.attempt}


patient_order = retry(
    order.with_key("patient_order"), attempts=3, first_delay=timedelta(milliseconds=20), on=(ApiUnavailable,)
)


@callback_step("Order in haste", Delivery, timeout=timedelta(milliseconds=50))
async def hasty_order(stage: Stage, ctx: CallbackContext) -> None:
    await stage.play(ctx)


flaky = retry(
    third.with_key("flaky"),
    attempts=3,
    first_delay=timedelta(milliseconds=20),
    max_delay=timedelta(milliseconds=40),
    on=(ApiUnavailable,),
)


@step("Construct")
async def construct(
    stage: Stage, ctx: StepContext, product: Product, customer_id: CustomerId, speed: int
) -> PortInactive:
    await stage.play(ctx)
    return PortInactive.new(
        product=product, customer_id=customer_id, port_block=PortBlockInactive.new(speed=speed)
    )


@step("Provision")
async def provision(stage: Stage, ctx: StepContext, port: PortInactive) -> PortProvisioning:
    await stage.play(ctx)
    return port.transition(PortProvisioning)


@step("Change")
async def change(stage: Stage, ctx: StepContext, port: Port, speed: int) -> Port:
    await stage.play(ctx)
    port.port_block.speed = speed
    return port


@step("Fill the state")
async def fill() -> Text:
    return {"text": "x" * 2_000_000}


@task(input=Note)
def linear() -> StepList:
    """Five steps in a row."""
    return begin >> first >> second >> third >> fourth >> fifth >> done


@task(input=Note)
def single() -> StepList:
    """One step."""
    return begin >> first >> done


@task(input=Note)
def in_thread() -> StepList:
    """A plain function."""
    return begin >> threaded >> done


@task(input=Note)
def long_in_thread() -> StepList:
    """A plain function that takes its time."""
    return begin >> long_threaded >> third >> done


@task(input=Note)
def stubborn() -> StepList:
    """A step that is tried again."""
    return begin >> flaky >> fourth >> done


@task(input=Note)
def confirmed() -> StepList:
    """A step that waits for a person."""
    return begin >> first >> confirm >> third >> done


@task(input=Note)
def ordered() -> StepList:
    """A step that waits for the outside world."""
    return begin >> order >> third >> done


@task(input=Note)
def patiently_ordered() -> StepList:
    """A step that waits for the outside world, and asks it again."""
    return begin >> patient_order >> third >> done


@task(input=Note)
def revoked() -> StepList:
    """A step that changes what a person said, and one behind it that waits for the outside world."""
    return begin >> confirm >> revoke >> order >> done


@task(input=Note)
def hastily_ordered() -> StepList:
    """A step that does not wait for long."""
    return begin >> hasty_order >> done


@task(input=Note)
def overfull() -> StepList:
    """A step that gives more than the state may hold."""
    return begin >> fill >> done


@create_workflow(Port, input=CreatePort)
def create_port() -> StepList:
    """A port."""
    return begin >> construct >> provision >> done


@modify_workflow(Port, input=SpeedChange)
def modify_port() -> StepList:
    """Another speed."""
    return begin >> change >> done


def new_registry(stage: Stage) -> Registry:
    """The workflows, with the stage as a service."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stage]:
        yield stage

    workflows = (
        linear,
        single,
        in_thread,
        long_in_thread,
        stubborn,
        confirmed,
        ordered,
        patiently_ordered,
        revoked,
        hastily_ordered,
        overfull,
        create_port,
        modify_port,
    )

    @asynccontextmanager
    async def opened_loop() -> AsyncGenerator[Loop]:
        yield Loop(asyncio.get_running_loop())

    registry = Registry(workflows, {Stage: opened, Loop: opened_loop})
    registry.check(CATALOG)
    return registry
