"""What the engine carries out, on an embedded PostgreSQL with full durability, and how fast it recovers.

One run gives, of one and of two worker processes, five-step processes and durable steps per second, set
against connections that commit single rows as fast as they can on the same server; what a process costs in
statements; and how long a process lies idle whose worker was killed. Rates are measured in turn, round by
round, as other work on the machine changes them: the ratio within a round says more than any of them.
`python -m bench.throughput --processes 3000 --rounds 3`
"""

import asyncio
import logging
import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator, Sequence
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Annotated

import structlog
import typer

from bench.backlog import Backlog, Carried, workers
from bench.five_steps import app
from bench.recovery import recovery_times_s
from bench.statements import LONE, Asked, count_statements
from bench.yardstick import CONNECTIONS, durability, single_row_commits_per_s
from domain.storage.database import Database
from domain.storage.embedded import EmbeddedPostgres, ensure_database
from orchestrion.preparing import prepare_database

DEFAULT_LEASE_S = 5.0
_ROWS_PER_PROCESS = 4
_WRITE_CONNECTIONS = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """Rates that were measured one after the other.

    Attributes:
        commits_per_s: The yardstick.
        started_per_s: Processes started, by callers in one process.
    """

    commits_per_s: float
    started_per_s: float
    one: Carried
    two: Carried


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What one run of the benchmark found.

    Attributes:
        backlog: The statements of the processes of a backlog.
        lone: The statements of processes that come one by one.
        recoveries_s: Seconds from each kill of a worker until its step began anew.
    """

    server: dict[str, str]
    rounds: Sequence[Round]
    backlog: Asked
    lone: Asked
    recoveries_s: Sequence[float]
    lease_s: float


def main(
    processes: Annotated[int, typer.Option(min=1, help="Five-step processes of each measurement.")] = 3000,
    rounds: Annotated[int, typer.Option(min=1)] = 3,
    kills: Annotated[int, typer.Option(min=1)] = 3,
    lease_s: Annotated[float, typer.Option(help="As the setting of workers.")] = DEFAULT_LEASE_S,
) -> None:
    """Print what the engine carries out and how fast it recovers."""
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with durable_postgres() as server:
        report = asyncio.run(
            measure(server, processes=processes, rounds=rounds, kills=kills, lease_s=lease_s)
        )
    print("\n".join(lines(report)))


async def measure(
    server: EmbeddedPostgres, *, processes: int, rounds: int, kills: int, lease_s: float
) -> Report:
    """Measure all, on databases of their own."""
    measured = [
        await _round(server, f"round_{number}", processes=processes, lease_s=lease_s)
        for number in range(rounds)
    ]
    async with _prepared(server, "statements") as (database, dsn):
        backlog, lone = await count_statements(
            Backlog(database), dsn, server.log_file, processes=min(processes, 500), lease_s=lease_s
        )
    async with _prepared(server, "recovery") as (database, dsn):
        recoveries_s = await recovery_times_s(Backlog(database), database, dsn, kills=kills, lease_s=lease_s)
    return Report(
        server=await durability(server.dsn("recovery")),
        rounds=measured,
        backlog=backlog,
        lone=lone,
        recoveries_s=recoveries_s,
        lease_s=lease_s,
    )


async def _round(server: EmbeddedPostgres, name: str, *, processes: int, lease_s: float) -> Round:
    async with _prepared(server, f"{name}_one") as (database, dsn):
        started_s = await Backlog(database).start_many(processes)
        one = await _carried_out(database, dsn, 1, lease_s=lease_s)
        commits_per_s = await single_row_commits_per_s(dsn, rows=processes * _ROWS_PER_PROCESS)
    async with _prepared(server, f"{name}_two") as (database, dsn):
        await Backlog(database).start_many(processes)
        two = await _carried_out(database, dsn, 2, lease_s=lease_s)
    return Round(commits_per_s=commits_per_s, started_per_s=processes / started_s, one=one, two=two)


async def _carried_out(database: Database, dsn: str, number: int, *, lease_s: float) -> Carried:
    async with workers(dsn, number, lease_s=lease_s):
        return await Backlog(database).carried_out()


def lines(report: Report) -> Sequence[str]:
    """The report as text: medians of the rounds, and between what they lay."""
    rounds = report.rounds
    return [
        ", ".join(f"{name} {value}" for name, value in report.server.items()),
        _rate("processes started", [each.started_per_s for each in rounds]),
        _rate(f"single-row commits of {CONNECTIONS} connections", [each.commits_per_s for each in rounds]),
        *_carried("one worker", [each.one for each in rounds], rounds),
        *_carried("two workers", [each.two for each in rounds], rounds),
        _asked("statements for a process of a backlog", report.backlog),
        _asked(f"statements for a lone process (of {LONE})", report.lone),
        _recoveries(report),
    ]


def _carried(who: str, carried: Sequence[Carried], rounds: Sequence[Round]) -> Sequence[str]:
    ratios = [each.steps_per_s / within.commits_per_s for each, within in zip(carried, rounds, strict=True)]
    return [
        _rate(f"{who}: five-step processes", [each.processes_per_s for each in carried]),
        _rate(f"{who}: durable steps", [each.steps_per_s for each in carried]),
        f"{who}: durable steps to a commit: {median(ratios):.2f} ({min(ratios):.2f} to {max(ratios):.2f})",
    ]


def _recoveries(report: Report) -> str:
    times = ", ".join(f"{seconds:.1f} s" for seconds in report.recoveries_s)
    return f"from kill -9 to the step's next attempt, with a lease of {report.lease_s:g} s: {times}"


def _rate(what: str, rates: Sequence[float]) -> str:
    return f"{what}: {median(rates):,.0f} per second ({min(rates):,.0f} to {max(rates):,.0f})"


def _asked(what: str, asked: Asked) -> str:
    parts = (
        f"{count / asked.processes:.2f} {kind}"
        for kind, count in (
            ("checkpoints", asked.checkpoints),
            ("claims", asked.claims),
            ("queue", asked.queue),
            ("other", asked.other),
        )
    )
    return f"{what}: {asked.per_process:.2f} ({', '.join(parts)})"


@asynccontextmanager
async def _prepared(server: EmbeddedPostgres, name: str) -> AsyncGenerator[tuple[Database, str]]:
    """A new database with the application's tables, and its address."""
    await ensure_database(server.dsn(), name)
    dsn = server.dsn(name)
    await prepare_database(dsn, app.catalog)
    async with Database(dsn, read_pool_size=2, write_pool_size=_WRITE_CONNECTIONS) as database:
        yield database, dsn


@contextmanager
def durable_postgres() -> Generator[EmbeddedPostgres]:
    """An embedded PostgreSQL that commits to disk, deleted afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="orchestrion-bench-", dir="/var/tmp"))
    folder.chmod(0o755)
    server = EmbeddedPostgres.start(folder / "postgres")
    try:
        yield server
    finally:
        server.delete()
        shutil.rmtree(folder)


if __name__ == "__main__":
    typer.run(main)
