"""What the demo writes where it cannot draw: a line for each change, each once."""

import io
from datetime import UTC, datetime, timedelta

import pytest
from rich.console import Console

from engine.states import ProcessStatus, StepStatus
from orchestrion.demo.answers import Event, Process, SnapshotTaken, StatusChanged, Step, StepChanged
from orchestrion.demo.display import Display
from orchestrion.demo.views import ProcessView

START = datetime(2026, 1, 31, 12, tzinfo=UTC)


def step(status: StepStatus, *, attempts: int = 0, seconds: float | None = None) -> Step:
    return Step.model_validate(
        {
            "key": "reserve",
            "name": "Reserve",
            "status": status,
            "attemptCount": attempts,
            "startedAt": START if attempts else None,
            "finishedAt": START + timedelta(seconds=seconds) if seconds is not None else None,
        }
    )


def snapshot(*steps: Step) -> SnapshotTaken:
    process = Process.model_validate(
        {
            "id": "process_1",
            "workflowName": "create_node",
            "status": "QUEUED",
            "failureReason": None,
            "steps": steps,
        }
    )
    return SnapshotTaken.model_validate({"__typename": "ProcessSnapshot", "cursor": "1", "process": process})


def changed(step: Step, *, cursor: str) -> StepChanged:
    return StepChanged.model_validate({"__typename": "StepFinished", "cursor": cursor, "step": step})


def status(status: ProcessStatus, *, cursor: str, reason: str | None = None) -> StatusChanged:
    return StatusChanged.model_validate(
        {"__typename": "ProcessStatusChanged", "cursor": cursor, "status": status, "failureReason": reason}
    )


EVENTS: list[Event] = [
    snapshot(step(StepStatus.PENDING)),
    status(ProcessStatus.RUNNING, cursor="2.0"),
    changed(step(StepStatus.RUNNING, attempts=1), cursor="2.1"),
    changed(step(StepStatus.FAILED, attempts=3, seconds=1.5), cursor="3.0"),
    status(ProcessStatus.FAILED, cursor="3.1", reason="no answer"),
]
LINES = [
    "  create_node: QUEUED",
    "  create_node: RUNNING",
    "  Reserve: RUNNING",
    "  Reserve: FAILED (1.50 s, 3 attempts)",
    "  create_node: FAILED",
]


@pytest.fixture
def output() -> io.StringIO:
    return io.StringIO()


def show(
    output: io.StringIO, process: ProcessView, events: list[Event], *, known: ProcessView | None
) -> ProcessView:
    display = Display(Console(file=output, force_terminal=False))
    with display.watching(known) as shown:
        for event in events:
            process = process.after(event)
            shown.show(process)
    return process


def started() -> ProcessView:
    return ProcessView(
        id="process_1", workflow="create_node", status=ProcessStatus.QUEUED, failure=None, steps=()
    )


def test_each_change_is_a_line(output: io.StringIO) -> None:
    process = show(output, started(), EVENTS, known=None)

    assert output.getvalue().splitlines() == LINES
    assert (process.status, process.failure, process.cursor) == (ProcessStatus.FAILED, "no answer", "3.1")


def test_what_was_shown_before_is_not_shown_again(output: io.StringIO) -> None:
    shown = show(output, started(), EVENTS[:3], known=None)

    show(output, shown, EVENTS[3:], known=shown)

    assert output.getvalue().splitlines() == LINES


def test_a_terminal_gets_one_table_of_all_steps(output: io.StringIO) -> None:
    process = started()
    display = Display(Console(file=output, force_terminal=True, width=80))

    with display.watching(None) as shown:
        for event in EVENTS:
            process = process.after(event)
            shown.show(process)

    last = output.getvalue().splitlines()
    assert any("create_node: FAILED" in line for line in last)
    assert [line for line in last if "Reserve" in line and "FAILED" in line and "1.50 s" in line]
