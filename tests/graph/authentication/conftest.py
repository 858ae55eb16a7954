"""A provider for all tests of a session, which begins anew with each."""

from collections.abc import AsyncGenerator

import httpx
import pytest
import pytest_asyncio

from tests.graph.authentication.provider import CURVE, FIRST, Provider, providing


@pytest_asyncio.fixture(scope="session")
async def running_provider() -> AsyncGenerator[Provider]:
    async with providing(FIRST, CURVE) as provider:
        yield provider


@pytest_asyncio.fixture(scope="session")
async def client() -> AsyncGenerator[httpx.AsyncClient]:
    async with httpx.AsyncClient() as client:
        yield client


@pytest.fixture
def provider(running_provider: Provider) -> Provider:
    running_provider.begin_anew(FIRST, CURVE)
    return running_provider
