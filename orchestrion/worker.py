"""The worker process: `python -m orchestrion.worker`. It imports nothing of the graph floor."""

import asyncio
import gc
import os
import signal
import sys
import threading

import uvloop

from domain.storage.database import Database
from engine.run.worker import Worker
from orchestrion.application import Application, load_application
from orchestrion.failures import EXPECTED_FAILURES, report_failure
from orchestrion.logs import configure_logs
from orchestrion.parent import stop_with_parent
from orchestrion.preparing import prepare_database, reachable_database
from orchestrion.settings import Settings


def main() -> None:
    """Run one worker until it is told to stop; ends the interpreter with exit code 0 or 1."""
    try:
        settings = Settings()
        configure_logs(form=settings.log_format, level=settings.log_level)
        application = load_application(settings.app)
        uvloop.run(_run(settings, application))
    except EXPECTED_FAILURES as failure:
        sys.exit(report_failure(failure))
    _leave_threads_behind()


def _leave_threads_behind() -> None:
    """End now if a step's thread goes on: the interpreter would wait for it, perhaps for ever."""
    if threading.active_count() > 1:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


async def _run(settings: Settings, application: Application) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with reachable_database(settings) as dsn:
        await prepare_database(dsn, application.catalog)
        async with Database(
            dsn, read_pool_size=settings.read_connections, write_pool_size=settings.write_connections
        ) as database:
            worker = Worker(
                database,
                catalog=application.catalog,
                registry=application.registry,
                settings=settings.engine(),
                public_url=settings.reached_at,
            )
            _spare_what_is_loaded()
            await _until_stopped(worker, stop, watch_parent=settings.parent_pipe)


def _spare_what_is_loaded() -> None:
    """Keep the garbage collector from what stays as long as the worker: it would go through it for ever."""
    gc.collect()
    gc.freeze()


async def _until_stopped(worker: Worker, stop: asyncio.Event, *, watch_parent: bool) -> None:
    """Run the worker until it is told to stop; what it holds is handed back before this returns."""
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(worker.run(), name="worker")
        watching = tasks.create_task(stop_with_parent(stop), name="parent watch") if watch_parent else None
        await stop.wait()
        worker.stop()
        if watching is not None:
            watching.cancel()


if __name__ == "__main__":
    main()
