"""How the story is shown: live in a terminal, line by line everywhere else."""

from collections.abc import Generator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from engine.states import StepStatus
from orchestrion.demo.answers import Step
from orchestrion.demo.views import ProcessView

REFRESHES_PER_SECOND = 8
STYLES: Mapping[StepStatus, str] = MappingProxyType(
    {
        StepStatus.PENDING: "dim",
        StepStatus.RUNNING: "bold cyan",
        StepStatus.SUCCESS: "green",
        StepStatus.SKIPPED: "dim green",
        StepStatus.SUSPENDED: "bold yellow",
        StepStatus.WAITING: "yellow",
        StepStatus.AWAITING_CALLBACK: "magenta",
        StepStatus.FAILED: "bold red",
        StepStatus.ABORTED: "red",
    }
)


class ProcessDisplay(Protocol):
    """Shows one process."""

    def show(self, process: ProcessView) -> None:
        """Show how it stands now."""
        ...


class Display:
    """Shows the story to whoever started it.

    Args:
        console: A terminal, or what the output was redirected to.
    """

    def __init__(self, console: Console) -> None:
        self._console = console

    def scene(self, title: str) -> None:
        """Begin a new part of the story."""
        self._say(f"\n{title}", style="bold")

    def remark(self, text: str) -> None:
        """Say what happens."""
        self._say(text)

    def watching(self, known: ProcessView | None) -> AbstractContextManager[ProcessDisplay]:
        """Show one process until the block ends.

        Args:
            known: How it stood when it was shown last.
        """
        return self._live(known) if self._console.is_terminal else self._plain(known)

    @contextmanager
    def _live(self, known: ProcessView | None) -> Generator[ProcessDisplay]:
        table = LiveTable(known)
        with Live(
            console=self._console, get_renderable=table.render, refresh_per_second=REFRESHES_PER_SECOND
        ):
            yield table

    @contextmanager
    def _plain(self, known: ProcessView | None) -> Generator[ProcessDisplay]:
        yield ChangeLines(self, known)

    def _say(self, text: str, *, style: str | None = None) -> None:
        self._console.print(text, style=style, markup=False, highlight=False, soft_wrap=True)


class LiveTable:
    """A table of the steps, drawn anew while they go on."""

    def __init__(self, known: ProcessView | None) -> None:
        self._process = known

    def show(self, process: ProcessView) -> None:
        """Show how it stands now."""
        self._process = process

    def render(self) -> Table:
        """The table at this moment."""
        table = Table("Step", "Status", expand=False)
        table.add_column("Attempts", justify="right")
        table.add_column("Duration", justify="right")
        if self._process is not None:
            table.title = f"{self._process.workflow}: {self._process.status}"
            now = datetime.now(UTC)
            for step in self._process.steps:
                status = Text(step.status, style=STYLES[step.status])
                table.add_row(step.name, status, str(step.attempt_count or ""), _duration(step, now))
        return table


class ChangeLines:
    """A line for each change."""

    def __init__(self, display: Display, known: ProcessView | None) -> None:
        self._display = display
        self._before = known

    def show(self, process: ProcessView) -> None:
        """Tell what changed since the last time."""
        known = self._before.steps if self._before is not None else ()
        for step in process.steps:
            if step not in known and step.status is not StepStatus.PENDING:
                self._display.remark(f"  {step.name}: {step.status}{_details(step)}")
        if self._before is None or self._before.status is not process.status:
            self._display.remark(f"  {process.workflow}: {process.status}")
        self._before = process


def _details(step: Step) -> str:
    details = [_duration(step, datetime.now(UTC))] if step.finished_at is not None else []
    if step.attempt_count > 1:
        details.append(f"{step.attempt_count} attempts")
    return f" ({', '.join(details)})" if details else ""


def _duration(step: Step, now: datetime) -> str:
    """How long it took, or takes so far; nothing before it starts."""
    if step.started_at is None:
        return ""
    seconds = ((step.finished_at or now) - step.started_at).total_seconds()
    return f"{max(seconds, 0):.2f} s"
