"""Processes that `serve` runs beside itself."""

import os
from collections.abc import Mapping, Sequence
from datetime import timedelta

import psutil
from structlog.testing import capture_logs

from orchestrion.serving.children import Program, announced
from tests.waiting import eventually

PROGRAM = Program(name="companion", module="tests.orchestrion.short_lived", environment=dict(os.environ))
SOON = timedelta(seconds=20)


async def test_a_companion_that_ends_by_itself_is_reported() -> None:
    with capture_logs() as logs:
        async with announced(PROGRAM, within=SOON, stop_within=SOON) as url:
            (companion,) = psutil.Process().children()
            companion.kill()
            await eventually(lambda: _is_told(logs), deadline_s=20)
            told = logs[-1]

    assert url == "http://short-lived.test"
    assert (told["event"], told["program"], told["exit_code"]) == ("child.died", "companion", -9)


async def test_a_companion_that_is_ended_in_order_is_not() -> None:
    with capture_logs() as logs:
        async with announced(PROGRAM, within=SOON, stop_within=SOON):
            pass

    assert not await _is_told(logs)


async def _is_told(logs: Sequence[Mapping[str, object]]) -> bool:
    return any(log["event"] == "child.died" for log in logs)
