"""A worker in a process of its own, to be killed: `python -m tests.engine.run.crash_worker DSN SOCKET`."""

import asyncio
import sys
from pathlib import Path

from domain.storage.database import Database
from engine.run.worker import Worker
from engine.settings import EngineSettings
from tests.engine.run.application import CATALOG, new_registry
from tests.engine.run.remote_stage import RemoteStage


async def main(dsn: str, socket: Path) -> None:
    async with Database(dsn, read_pool_size=2, write_pool_size=3) as database:
        await Worker(
            database,
            catalog=CATALOG,
            registry=new_registry(RemoteStage(socket=socket)),
            settings=EngineSettings(concurrent_runs=20),
            public_url="http://orchestrion.test",
        ).run()


if __name__ == "__main__":
    asyncio.run(main(sys.argv[1], Path(sys.argv[2])))
