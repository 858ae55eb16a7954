"""How the story is told: what every chapter does with a process."""

from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing

from engine.states import ProcessStatus
from orchestrion.demo.answers import Form
from orchestrion.demo.display import Display
from orchestrion.demo.failures import UnexpectedTurn
from orchestrion.demo.sample import Sample
from orchestrion.demo.views import ProcessView

RESTING = frozenset(
    {ProcessStatus.SUSPENDED, ProcessStatus.FAILED, ProcessStatus.COMPLETED, ProcessStatus.ABORTED}
)
"""In these a process waits for a person, or for nobody any more."""

FillIn = Callable[[Form, Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Fills in a form, given what the story would answer."""


class Telling:
    """Shows processes until they rest, and has forms filled in.

    Attributes:
        sample: What the server offers.
        display: Where the story is shown.
    """

    def __init__(self, sample: Sample, *, display: Display, fill_in: FillIn) -> None:
        self.sample = sample
        self.display = display
        self._fill_in = fill_in

    async def follow(
        self, process: ProcessView, *, until: ProcessStatus = ProcessStatus.COMPLETED
    ) -> ProcessView:
        """Show the process until it rests.

        Raises:
            UnexpectedTurn: If it comes to rest in another status.
        """
        with self.display.watching(None if process.cursor is None else process) as shown:
            async with aclosing(self.sample.watch(process)) as changes:
                async for changed in changes:
                    process = changed
                    shown.show(process)
                    if process.status in RESTING:
                        break
        if process.status is not until:
            reason = f" ({process.failure})" if process.failure else ""
            raise UnexpectedTurn(process.workflow, found=f"{process.status}{reason}", expected=until)
        return process

    async def confirm(self, process: ProcessView, *, remark: str) -> ProcessView:
        """Have a person confirm that it works, and follow the process to its end."""
        form = await self.sample.form(process)
        self.display.scene(f"A person is asked: {form.title}")
        for field in form.schema_.properties.values():
            self.display.remark(f"  {field.title}: {field.description}")
        answers = await self._fill_in(form, {"remark": remark})
        process = await self.sample.resume(process, answers)
        return await self.follow(process)
