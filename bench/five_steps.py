"""An application with a workflow of five steps that do nothing: what is left is what the engine costs."""

import asyncio
from typing import TypedDict

from pydantic import BaseModel

from orchestrion import Application, Catalog, Registry, StepList, begin, done, step, task

_LONGER_THAN_A_BENCHMARK_S = 3600.0


class Nothing(BaseModel):
    """No input."""


class Counted(TypedDict):
    """How far it got."""

    count: int


@step("First")
async def first() -> Counted:
    """Begin to count."""
    return {"count": 1}


@step("Count on")
async def count_on(count: int) -> Counted:
    """Count one further."""
    return {"count": count + 1}


@step("Linger")
async def linger() -> None:
    """Be under way when the worker is killed."""
    await asyncio.sleep(_LONGER_THAN_A_BENCHMARK_S)


@task(input=Nothing)
def five_steps() -> StepList:
    """Five steps that do nothing."""
    return (
        begin
        >> first
        >> count_on.with_key("second")
        >> count_on.with_key("third")
        >> count_on.with_key("fourth")
        >> count_on.with_key("fifth")
        >> done
    )


@task(input=Nothing)
def lingering() -> StepList:
    """One step that does not end."""
    return begin >> linger >> done


app = Application(catalog=Catalog(products=[]), registry=Registry(workflows=[five_steps, lingering]))
