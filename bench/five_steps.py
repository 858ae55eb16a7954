"""An application with one workflow of five steps that do nothing: what is left is what the engine costs."""

from typing import TypedDict

from pydantic import BaseModel

from orchestrion import Application, Catalog, Registry, StepList, begin, done, step, task


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


app = Application(catalog=Catalog(products=[]), registry=Registry(workflows=[five_steps]))
