"""A wizard whose later pages depend on earlier answers, and an input with fields of many kinds."""

from enum import Enum
from typing import Annotated, Literal

from annotated_types import Ge, Len
from pydantic import BaseModel, ConfigDict, Field, create_model, model_validator

from engine.pages import Ask, FormPage
from engine.step_lists import StepList, begin, done
from engine.steps import step
from engine.workflow_decorators import task

COLOURS = ["red", "blue"]
"""What can be chosen; tests change it between one page and the next."""


class Line(BaseModel):
    """A line of an order."""

    model_config = ConfigDict(extra="forbid")

    name: Annotated[str, Len(2, 20)]
    speed: Annotated[int, Ge(1)] = 10


class LinesPage(FormPage):
    """Name the lines."""

    lines: Annotated[list[Line], Len(1, 3)]
    comment: str | None = None


class SummaryPage(FormPage, last=True):
    """Is this right?"""

    sure: Literal[True]


class Order(BaseModel):
    """What is ordered."""

    lines: list[Line]
    main: str
    colour: str


async def order_pages(ask: Ask) -> Order:
    """Ask for the lines, which of them is the main one, and whether all is right."""
    lines = (await ask(LinesPage)).lines
    names: type[str] = Literal[*(line.name for line in lines)]  # pyright: ignore[reportInvalidTypeForm, reportAssignmentType]  # known at run time only
    colours: type[str] = Literal[*COLOURS]  # pyright: ignore[reportInvalidTypeForm, reportAssignmentType]  # as above
    page = create_model(
        "Choice", __base__=FormPage, __doc__="Choose.", main=(names, ...), colour=(colours, COLOURS[0])
    )
    chosen = (await ask(page)).model_dump()
    await ask(SummaryPage)
    return Order(lines=lines, main=chosen["main"], colour=chosen["colour"])


@step("Rest")
async def rest() -> None:
    """Do nothing: what was given is in the state."""


@task(form=order_pages, input=Order)
def order() -> StepList:
    """Order lines."""
    return begin >> rest >> done


class Size(Enum):
    """How large."""

    SMALL = "small"
    LARGE = "large"


class Part(BaseModel):
    """A part, whose ends are in order."""

    low: int = 1
    high: int | None = 2

    @model_validator(mode="after")
    def _in_order(self) -> "Part":
        if self.high is not None and self.high < self.low:
            raise ValueError("Found a high below the low")
        return self


class Mixed(BaseModel):
    """Fields of many kinds."""

    model_config = ConfigDict(extra="forbid")

    count: int = 5
    perhaps: int | None = 6
    needed: int | None
    size: Size = Size.LARGE
    level: Literal["low", "high"] = "low"
    either: int | str = 0
    part: Part = Field(default_factory=Part)
    parts: list[Part | None] = Field(default_factory=list[Part | None])


@task(input=Mixed)
def mix() -> StepList:
    """Take everything."""
    return begin >> rest >> done
