"""Processes that `serve` runs beside itself."""

import os
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

import psutil
from structlog.testing import capture_logs

from orchestrion.serving.children import Program, announced
from tests.waiting import eventually

PROGRAM = Program(name="companion", module="tests.orchestrion.short_lived", environment=dict(os.environ))
SOON = timedelta(seconds=20)


async def test_a_companion_that_dies_is_reported_and_replaced_at_its_url() -> None:
    asked: list[str] = []

    def again(url: str) -> Program:
        asked.append(url)
        return replace(PROGRAM, name="replacement")

    # Fixtures of other tests may have children too.
    others = _children()
    with capture_logs() as logs:
        async with announced(PROGRAM, again=again, within=SOON, stop_within=SOON) as url:
            (companion,) = _children() - others
            companion.kill()
            await eventually(lambda: _is_there_another(others | {companion}), deadline_s=20)
            told = next(log for log in logs if log["event"] == "child.died")

    assert asked == [url] == ["http://short-lived.test"]
    assert (told["program"], told["exit_code"]) == ("replacement", -9)
    assert _children() <= others


async def test_a_companion_that_is_ended_in_order_is_not() -> None:
    with capture_logs() as logs:
        async with announced(PROGRAM, again=lambda _: PROGRAM, within=SOON, stop_within=SOON):
            pass

    assert not await _is_told(logs)


def _children() -> set[psutil.Process]:
    return set(psutil.Process().children())


async def _is_there_another(known: set[psutil.Process]) -> bool:
    return bool(_children() - known)


async def _is_told(logs: Sequence[Mapping[str, object]]) -> bool:
    return any(log["event"] == "child.died" for log in logs)
