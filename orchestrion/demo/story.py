"""The story: the life of one node, with a failure that is repaired on the way."""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from contextlib import aclosing

from engine.states import ProcessStatus
from orchestrion.demo.answers import Form, Node
from orchestrion.demo.display import Display
from orchestrion.demo.failures import UnexpectedTurn
from orchestrion.demo.sample import Sample
from orchestrion.demo.views import ProcessView

RESTING = frozenset(
    {ProcessStatus.SUSPENDED, ProcessStatus.FAILED, ProcessStatus.COMPLETED, ProcessStatus.ABORTED}
)
"""In these a process waits for a person, or for nobody any more."""

FAULTS = 3
"""As often as the workflow tries the step by itself, so that a person has to retry it."""

FillIn = Callable[[Form, Mapping[str, str]], Awaitable[Mapping[str, str]]]
"""Fills in a form, given what the story would answer."""


class Story:
    """Plays the sample against a server.

    Args:
        sample: What the server offers.
        display: Where the story is shown.
        fill_in: Who fills in forms.
    """

    def __init__(self, sample: Sample, *, display: Display, fill_in: FillIn) -> None:
        self._sample = sample
        self._display = display
        self._fill_in = fill_in

    async def play(self) -> None:
        """Play it to its end.

        Raises:
            DemoFailure: If it takes another turn.
        """
        hostname = f"demo-{secrets.token_hex(4)}"
        process = await self._build_with_failure(hostname)
        process = await self._repair(process)
        process = await self._confirm(process)
        node = await self._sample.node(process)
        place = f"at {node.node.rack_position}, reached at {node.node.management.address}"
        self._display.remark(f"{node.description}: {node.status}, {place}")
        await self._change(node)
        await self._check(node)
        await self._end(node)
        self._display.scene("The end.")

    async def _build_with_failure(self, hostname: str) -> ProcessView:
        self._display.scene(f"Build node {hostname}, while the network controller is out of order")
        started = await self._sample.create_node(hostname, faults=FAULTS)
        process = await self._follow(started, until=ProcessStatus.FAILED)
        self._display.remark(f"It failed, as rehearsed: {process.failure}")
        return process

    async def _repair(self, process: ProcessView) -> ProcessView:
        self._display.scene("The controller is back: retry the step that failed")
        process = await self._sample.retry(process)
        return await self._follow(process, until=ProcessStatus.SUSPENDED)

    async def _confirm(self, process: ProcessView) -> ProcessView:
        form = await self._sample.form(process)
        self._display.scene(f"A person is asked: {form.title}")
        for field in form.schema_.properties.values():
            self._display.remark(f"  {field.title}: {field.description}")
        answers = await self._fill_in(form, {"remark": "Installed and cabled; all lamps are green."})
        process = await self._sample.resume(process, answers)
        return await self._follow(process, until=ProcessStatus.COMPLETED)

    async def _change(self, node: Node) -> None:
        self._display.scene("Make it a core node")
        started = await self._sample.modify_node(node, role="CORE")
        await self._follow(started, until=ProcessStatus.COMPLETED)

    async def _check(self, node: Node) -> None:
        self._display.scene("Compare what is recorded with what the controller knows")
        started = await self._sample.validate_node(node)
        await self._follow(started, until=ProcessStatus.COMPLETED)

    async def _end(self, node: Node) -> None:
        self._display.scene("Take it out of service")
        started = await self._sample.terminate_node(node)
        await self._follow(started, until=ProcessStatus.COMPLETED)

    async def _follow(self, process: ProcessView, *, until: ProcessStatus) -> ProcessView:
        """Show the process until it rests, which must be in the status `until`."""
        with self._display.watching(None if process.cursor is None else process) as shown:
            async with aclosing(self._sample.watch(process)) as changes:
                async for changed in changes:
                    process = changed
                    shown.show(process)
                    if process.status in RESTING:
                        break
        if process.status is not until:
            reason = f" ({process.failure})" if process.failure else ""
            raise UnexpectedTurn(process.workflow, found=f"{process.status}{reason}", expected=until)
        return process
