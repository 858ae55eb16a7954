"""The benchmark itself, with few processes: what it counts is exact, what it times is there."""

from bench.statements import LONE
from bench.throughput import durable_postgres, lines, measure

PROCESSES = 20
STEPS = 5


async def test_one_run_gives_the_rates_the_statements_and_the_recovery() -> None:
    with durable_postgres() as server:
        report = await measure(server, processes=PROCESSES, rounds=1, kills=1, lease_s=1.0)

    (only,) = report.rounds
    (recovery_s,) = report.recoveries_s
    assert {report.server[name] for name in ("fsync", "synchronous_commit", "full_page_writes")} == {"on"}
    assert (only.one.workers, only.one.steps) == (1, PROCESSES * STEPS)
    assert min(only.commits_per_s, only.started_per_s, only.two.steps_per_s) > 0
    assert (report.lone.checkpoints, report.lone.claims) == (LONE * STEPS, LONE)
    assert report.backlog.checkpoints < PROCESSES * STEPS
    assert report.backlog.claims < PROCESSES
    assert 0 < recovery_s < 30
    assert lines(report)[-1].startswith("from kill -9 to the step's next attempt, with a lease of 1 s: ")
