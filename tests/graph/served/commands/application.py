"""Workflows that fail, wait and are guarded, on the subscriptions of the tests' application."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from typing import TypedDict

from pydantic import BaseModel

from engine.authorizers import Authorization
from engine.errors import InconsistentData
from engine.pages import Ask, FormPage
from engine.predicates import PredicateContext, Refused
from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import input_step, step
from engine.workflow_decorators import task, validate_workflow
from tests.graph.application import Node
from tests.graph.served.commands.orders import mix, order


class Gate:
    """Where a step and the test meet.

    Attributes:
        entered: Set once a step has come to the gate.
        opened: What it waits for.
    """

    def __init__(self) -> None:
        self.entered = asyncio.Event()
        self.opened = asyncio.Event()

    async def pass_through(self) -> None:
        """Wait for the gate to be opened."""
        self.entered.set()
        await self.opened.wait()


class Found(TypedDict):
    found: str


class Wanted(BaseModel):
    """What a task is to look for."""

    wanted: str


class SurePage(FormPage, last=True):
    """Are you sure?"""

    sure: bool


async def is_senior(asked: Authorization) -> bool:
    """Let seniors alone."""
    return asked.claims.get("group") == "senior"


async def weekdays(asked: PredicateContext) -> Refused | None:
    """Let nobody start it, but those who work at weekends."""
    if asked.claims.get("weekends") is True:
        return None
    return Refused(reason="nobody works at weekends", code="WEEKEND")


@step("Search")
async def search(wanted: str) -> Found:
    """Find it, unless it is lost."""
    if wanted.startswith("lost"):
        raise InconsistentData(f"{wanted} is nowhere")
    return {"found": wanted}


@step("Report")
async def report(found: str) -> Found:
    """Say what was found."""
    return {"found": f"{found}, reported"}


@input_step("Ask", assignee="anybody")
async def confirm(ask: Ask) -> SurePage:
    """Ask a person."""
    return await ask(SurePage)


@step("Pass the gate")
async def pass_gate(gate: Gate) -> None:
    """Wait for the test."""
    await gate.pass_through()


@step("Check the node")
async def check_node(node: Node) -> None:
    """Fail if the node is named so."""
    if node.node.hostname.startswith("customer"):
        raise InconsistentData(f"{node.node.hostname} is not there")


@task(input=Wanted)
def find() -> StepList:
    """Look for something."""
    return begin >> search >> report >> done


@task(input=Wanted, authorizer=is_senior)
def find_guarded() -> StepList:
    """Look for something, as seniors do."""
    return begin >> search >> report >> done


@task(authorizer=is_senior)
def ask_guarded() -> StepList:
    """Ask a senior."""
    return begin >> confirm >> done


@task()
def ask_anybody() -> StepList:
    """Ask anybody."""
    return begin >> confirm >> done


@task(run_predicate=weekdays)
def work() -> StepList:
    """Work, on weekdays."""
    return begin >> confirm >> done


@task()
def wait_at_gate() -> StepList:
    """Wait for the test, then do another step."""
    return begin >> pass_gate >> pass_gate.with_key("again") >> done


@validate_workflow(Node)
def check() -> StepList:
    """Check a node."""
    return begin >> check_node >> done


def new_registry(gate: Gate) -> Registry:
    """The workflows, with the gate as a service."""

    @asynccontextmanager
    async def opened() -> AsyncGenerator[Gate]:
        yield gate

    workflows = [find, find_guarded, ask_guarded, ask_anybody, work, wait_at_gate, check, order, mix]
    return Registry(workflows, services={Gate: opened})
