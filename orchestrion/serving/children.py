"""Child processes: they learn of our end by a pipe, are restarted when they die, stopped by process id."""

import asyncio
import sys
from collections.abc import AsyncGenerator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta

import structlog
from tenacity import RetryCallState, wait_exponential_jitter

from orchestrion.failures import StartFailed

READY = "ready "
HEALTHY_AFTER_S = 60.0
"""A program that lived this long did not die of how it was started."""

logger = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A Python module that runs as a process of its own.

    Attributes:
        name: What people call it.
        module: The module that Python runs.
        arguments: Its arguments.
        environment: Its whole environment.
    """

    name: str
    module: str
    arguments: Sequence[str] = ()
    environment: Mapping[str, str]


@asynccontextmanager
async def announced(
    program: Program, *, again: Callable[[str], Program], within: timedelta, stop_within: timedelta
) -> AsyncGenerator[str]:
    """Run a program that announces itself in a line `ready URL`; gives the URL, ends the program afterwards.

    Args:
        program: What to run.
        again: Gives what takes its place when it dies, at the same URL: others have learned it.
        within: How long it has to announce itself.
        stop_within: How long it has to end.

    Raises:
        StartFailed: If it ends, or says nothing in time.
    """
    process = await _spawn(program, stdout=asyncio.subprocess.PIPE)
    try:
        try:
            async with asyncio.timeout(within.total_seconds()):
                url = await _announcement(program, process)
        except TimeoutError as error:
            raise StartFailed(
                f"The {program.name} said nothing within {within.total_seconds():g} s."
            ) from error
        async with asyncio.TaskGroup() as tasks:
            watching = tasks.create_task(
                _replace(process, again(url), stop_within=stop_within), name=f"{program.name} watch"
            )
            try:
                yield url
            finally:
                watching.cancel()
    finally:
        await asyncio.shield(_end(process, within=stop_within))


async def _replace(process: asyncio.subprocess.Process, program: Program, *, stop_within: timedelta) -> None:
    """Run the program from the moment on at which the process has ended by itself."""
    exit_code = await process.wait()
    logger.warning("child.died", program=program.name, exit_code=exit_code, restart_in_s=0)
    # What it announces is known, and standard output is ours.
    await keep_running(program, stop_within=stop_within, stdout=asyncio.subprocess.DEVNULL)


async def keep_running(program: Program, *, stop_within: timedelta, stdout: int | None = None) -> None:
    """Run a program until cancelled, and start it again, with growing pauses, whenever it ends by itself."""
    pause = wait_exponential_jitter(multiplier=0.2, max=10, jitter=0.2)
    deaths = RetryCallState(retry_object=None, fn=None, args=(), kwargs={})  # pyright: ignore[reportArgumentType]  # only the number of attempts is read
    loop = asyncio.get_running_loop()
    while True:
        started_at = loop.time()
        process = await _spawn(program, stdout=stdout)
        try:
            exit_code = await process.wait()
        finally:
            # A cancelled wait must not leave the process behind.
            await asyncio.shield(_end(process, within=stop_within))
        if loop.time() - started_at > HEALTHY_AFTER_S:
            deaths.attempt_number = 1
        delay_s = pause(deaths)
        deaths.attempt_number += 1
        logger.warning(
            "child.died", program=program.name, exit_code=exit_code, restart_in_s=round(delay_s, 2)
        )
        await asyncio.sleep(delay_s)


async def _spawn(program: Program, *, stdout: int | None) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        program.module,
        *program.arguments,
        stdin=asyncio.subprocess.PIPE,
        stdout=stdout,
        env=dict(program.environment),
        # Ctrl-C goes to the terminal's foreground group; children are told by us, in order.
        start_new_session=True,
    )
    logger.debug("child.started", program=program.name, pid=process.pid)
    return process


async def _announcement(program: Program, process: asyncio.subprocess.Process) -> str:
    assert process.stdout is not None
    while line := await process.stdout.readline():
        text = line.decode(errors="replace").strip()
        if text.startswith(READY):
            return text.removeprefix(READY)
    raise StartFailed(f"The {program.name} ended with exit code {await process.wait()} before it was ready.")


async def _end(process: asyncio.subprocess.Process, *, within: timedelta) -> None:
    if process.returncode is not None:
        return
    process.terminate()
    try:
        async with asyncio.timeout(within.total_seconds()):
            await process.wait()
    except TimeoutError:
        logger.warning("child.killed", pid=process.pid, after_s=within.total_seconds())
        process.kill()
        await process.wait()
