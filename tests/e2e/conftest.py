import shutil
import tempfile
from collections.abc import AsyncGenerator, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.e2e.api import Api
from tests.e2e.served import Served, served


@contextmanager
def data_folder() -> Generator[Path]:
    made = Path(tempfile.mkdtemp(prefix="orchestrion-e2e-", dir="/var/tmp"))
    made.chmod(0o755)
    try:
        yield made / "data"
    finally:
        shutil.rmtree(made)


@pytest.fixture
def data() -> Iterator[Path]:
    """A data folder that the embedded PostgreSQL's account can reach, removed afterwards."""
    with data_folder() as folder:
        yield folder


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """One running server for the tests of a module."""
    with data_folder() as folder, served(folder) as running:
        yield running


@pytest.fixture
async def api(server: Served) -> AsyncGenerator[Api]:
    async with Api(server.url) as client:
        yield client
