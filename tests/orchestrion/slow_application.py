"""An application whose steps take longer than anybody waits."""

import asyncio
import time

from pydantic import BaseModel

from engine.registry import Registry
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.workflow_decorators import task
from orchestrion.application import Application
from tests.engine.run.application import CATALOG


class Nothing(BaseModel):
    pass


@step("Wait")
async def wait() -> None:
    await asyncio.Event().wait()


@step("Wait in a thread")
def wait_in_a_thread() -> None:
    while True:
        time.sleep(0.01)


@task(input=Nothing)
def waiting() -> StepList:
    """A step that does not end unless it is cancelled."""
    return begin >> wait >> done


@task(input=Nothing)
def waiting_in_a_thread() -> StepList:
    """A step that does not end at all."""
    return begin >> wait_in_a_thread >> done


app = Application(catalog=CATALOG, registry=Registry((waiting, waiting_in_a_thread), {}))
