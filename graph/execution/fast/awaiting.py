"""Waiting for those results of an object or of a list that are not there yet, as graphql-core does."""

from collections.abc import Awaitable
from typing import TypeVar

from graphql.pyutils import gather_with_cancel

Key = TypeVar("Key", str, int)


async def awaited_fields(
    results: dict[str, object], waiting: dict[str, Awaitable[object]]
) -> dict[str, object]:
    """Gives the results of an object when all are there; they keep their order."""
    results.update(await _together(waiting))
    return results


async def awaited_entries(results: list[object], waiting: dict[int, Awaitable[object]]) -> list[object]:
    """Gives the results of a list when all are there."""
    for index, value in (await _together(waiting)).items():
        results[index] = value
    return results


async def _together(waiting: dict[Key, Awaitable[object]]) -> dict[Key, object]:
    """What all give that is waited for; the failure of one cancels the others."""
    if len(waiting) == 1:
        [(key, only)] = waiting.items()
        return {key: await only}
    return dict(zip(waiting, await gather_with_cancel(*waiting.values()), strict=True))
