"""What the tests of the screens do with the served application."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from typing import Any

from bench.seeding.catalog import CATALOG
from bench.seeding.workflows import REGISTRY
from graph.schema import build_schema
from tests.explaining import ExplainingDatabase
from tests.graph.screens.operations import SEEDED_FILES, read_operations
from tests.graph.screens.shapes import Shape
from tests.graph.served.house import House

SCHEMA = build_schema(CATALOG, REGISTRY)
OPERATIONS = read_operations(SEEDED_FILES)


@dataclass(frozen=True, slots=True, kw_only=True)
class ScreensHouse(House):
    """A served application that is asked for the operations of the screens by their names."""

    explained: ExplainingDatabase

    async def show(self, operation: str, **variables: object) -> Any:
        """The data of a screen's answer, which is as it was asked for."""
        data = await self.ask(OPERATIONS[operation], **variables)
        assert Shape(SCHEMA.core, OPERATIONS[operation]).mistakes(data) == []
        return data

    async def first_event(self, operation: str, **variables: object) -> Any:
        """The data of the first event of a live screen."""
        stream: AsyncGenerator[Any] = self.follow(OPERATIONS[operation], **variables)
        async with aclosing(stream):
            async for response in stream:
                assert "errors" not in response, response["errors"]
                assert Shape(SCHEMA.core, OPERATIONS[operation]).mistakes(response["data"]) == []
                return response["data"]
        raise AssertionError("found no event")


def counted(texts: list[str]) -> list[str]:
    """The statements that were executed for a request."""
    return [text for text in texts if not text.startswith("LISTEN")]
