"""Circuits over ports: an application whose subscriptions refer to blocks of others."""

# pyright: reportIncompatibleVariableOverride=false
# A later lifecycle narrows the fields of the earlier one, as in every application.

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import Annotated, TypedDict

from pydantic import BaseModel, Field

from domain.ids import CustomerId, SubscriptionId
from domain.model.blocks import ProductBlockModel
from domain.model.catalog import Catalog, Product
from domain.model.definition.fields import Reference
from domain.model.lifecycle import ACTIVE, PROVISIONING
from domain.model.subscriptions import SubscriptionModel
from domain.storage.listing.lookups import Subscriptions
from engine.context import StepContext
from engine.forms import Ask, FormPage
from engine.of_model import OfModel
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import input_step, step
from engine.workflow_decorators import (
    create_workflow,
    modify_workflow,
    task,
    terminate_workflow,
    validate_workflow,
)
from tests.engine.run.application import (
    CATALOG,
    Port,
    PortBlock,
    PortBlockInactive,
    PortBlockProvisioning,
    Stage,
    create_port,
    modify_port,
)

OnePort = Annotated[SubscriptionId, OfModel(Port)]


class EndBlockInactive(ProductBlockModel, name="EndBlock"):
    vlan: int | None = None
    port: Annotated[PortBlockInactive | None, Reference()]


class EndBlockProvisioning(EndBlockInactive, lifecycle=[PROVISIONING]):
    port: Annotated[PortBlockProvisioning | None, Reference()]


class EndBlock(EndBlockProvisioning, lifecycle=[ACTIVE]):
    port: Annotated[PortBlock, Reference()]


class CircuitInactive(SubscriptionModel, name="Circuit"):
    end: EndBlockInactive


class CircuitProvisioning(CircuitInactive, lifecycle=[PROVISIONING]):
    end: EndBlockProvisioning


class Circuit(CircuitProvisioning, lifecycle=[ACTIVE]):
    end: EndBlock


CIRCUITS = Catalog(
    [
        *CATALOG.products,
        Product(name="Circuit", tag="C", product_type="Circuit", description="A circuit", model=Circuit),
    ]
)


class CreateCircuit(BaseModel):
    vlan: int = Field(ge=1)
    port: OnePort


class Survey(BaseModel):
    port: OnePort | None = None
    others: list[OnePort] = []


class Move(BaseModel):
    to: OnePort


class Found(TypedDict):
    speeds: list[int]


class Both(TypedDict):
    circuit: Circuit
    port: Port


class Several(TypedDict):
    others: list[Port]


class Look(BaseModel):
    port: OnePort
    speed: int


class PortPage(FormPage):
    port: OnePort
    others: list[OnePort | None] = Field(default_factory=list[OnePort | None])


class SpeedPage(FormPage, last=True):
    speed: int


async def look_wizard(ask: Ask) -> Look:
    page = await ask(PortPage)
    speed = await ask(SpeedPage)
    return Look(port=page.port, speed=speed.speed)


class Surroundings(TypedDict):
    own_speed: int
    users: list[SubscriptionId]
    alike: list[SubscriptionId]
    note: str | None


class Chosen(TypedDict):
    spare: OnePort


class ChoicePage(FormPage, last=True):
    spare: OnePort


@step("Construct")
async def construct(product: Product, customer_id: CustomerId, vlan: int, port: Port) -> CircuitInactive:
    end = EndBlockInactive.new(vlan=vlan, port=port.port_block)
    return CircuitInactive.new(product=product, customer_id=customer_id, end=end)


@step("Survey")
async def survey(port: Port | None, others: list[Port]) -> Found:
    ports = [*([] if port is None else [port]), *others]
    return {"speeds": [each.port_block.speed for each in ports]}


@step("Speed up")
async def speed_up(others: list[Port]) -> Several:
    for port in others:
        port.port_block.speed *= 10
    return {"others": others}


@step("Change both")
async def change_both(circuit: Circuit, to: Port) -> Both:
    circuit.end.vlan = 7
    to.port_block.speed = 77
    return {"circuit": circuit, "port": to}


@step("Wait")
async def wait(stage: Stage, ctx: StepContext) -> None:
    await stage.play(ctx)


@step("Look around")
async def look_around(
    subscriptions: Subscriptions, stage: Stage, ctx: StepContext, port: SubscriptionId, speed: int
) -> Surroundings:
    found = await subscriptions.get(Port, port)
    users = await subscriptions.in_use_by(port)
    alike = await subscriptions.find_by_value(Port, "port_block.speed", speed)
    await stage.play(ctx)
    return {
        "own_speed": found.port_block.speed,
        "users": [user.subscription_id for user in users],
        "alike": list(alike),
        "note": await subscriptions.note(port),
    }


@input_step("Choose", assignee="NOC")
async def choose(ask: Ask) -> Chosen:
    page = await ask(ChoicePage)
    return {"spare": page.spare}


@step("Use the choice")
async def use_choice(spare: Port) -> Found:
    return {"speeds": [spare.port_block.speed]}


@create_workflow(Circuit, input=CreateCircuit)
def create_circuit() -> StepList:
    """A circuit on a port."""
    return begin >> construct >> wait >> done


@modify_workflow(Circuit)
def modify_circuit() -> StepList:
    """Nothing but the lock."""
    return begin >> wait >> done


@terminate_workflow(Circuit)
def terminate_circuit() -> StepList:
    """The end of a circuit."""
    return begin >> wait >> done


@modify_workflow(Circuit, input=Move)
def change_circuit_and_port() -> StepList:
    """Two subscriptions that one step gives."""
    return begin >> change_both >> done


@terminate_workflow(Port)
def terminate_port() -> StepList:
    """The end of a port."""
    return begin >> wait >> done


@terminate_workflow(Port, blocked_by_users=False)
def force_port_out() -> StepList:
    """The end of a port, whoever uses it."""
    return begin >> done


@validate_workflow(Port)
def validate_port() -> StepList:
    """Nothing is looked at."""
    return begin >> wait >> done


@task(input=Survey)
def survey_ports() -> StepList:
    """How fast ports are."""
    return begin >> survey >> done


@task(input=Survey)
def speed_ports_up() -> StepList:
    """Several subscriptions that one step gives."""
    return begin >> speed_up >> done


@task()
def choose_port() -> StepList:
    """A form that names a port."""
    return begin >> choose >> use_choice >> done


@task(input=Look)
def look_at_port() -> StepList:
    """What a step can ask about subscriptions."""
    return begin >> look_around >> done


@task(input=Look, form=look_wizard)
def look_by_pages() -> StepList:
    """A form of two pages, of which the first names ports."""
    return begin >> look_around >> done


@input_step("Choose by pages", assignee="NOC")
async def choose_by_pages(ask: Ask) -> Chosen:
    page = await ask(PortPage)
    await ask(SpeedPage)
    return {"spare": page.port}


@task()
def choose_port_by_pages() -> StepList:
    """A step's form of two pages, of which the first names ports."""
    return begin >> choose_by_pages >> use_choice >> done


def new_circuits_registry(stage: Stage) -> Registry:
    """The workflows, with the stage as a service."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Stage]:
        yield stage

    registry = Registry(
        (
            create_port,
            modify_port,
            terminate_port,
            force_port_out,
            validate_port,
            create_circuit,
            modify_circuit,
            terminate_circuit,
            change_circuit_and_port,
            survey_ports,
            speed_ports_up,
            choose_port,
            look_at_port,
            look_by_pages,
            choose_port_by_pages,
        ),
        {Stage: opened},
    )
    registry.check(CIRCUITS)
    return registry
