"""Asking for lists with filters."""

from collections.abc import Mapping
from typing import Any

from tests.graph.served.house import House

NAMES = """
query ($where: CircuitSubscriptionWhere) {
  circuitSubscriptions(where: $where, orderBy: {field: ID}) { totalCount nodes { circuit { name } } }
}
"""


async def names(house: House, where: object) -> str:
    """The names of the circuits of which the filter holds, in the order they were made."""
    found = (await house.ask(NAMES, where=where))["circuitSubscriptions"]
    assert found["totalCount"] == len(found["nodes"])
    return " ".join(node["circuit"]["name"].split("_")[0].lower() for node in found["nodes"])


async def refusal(house: House, where: object) -> tuple[str, list[str], str]:
    """The code, the path and the message of the only error that a filter makes; no rows come with it."""
    response = await house.post(NAMES, where=where)
    [error] = response["errors"]
    assert response["data"] is None
    return error["extensions"]["code"], error["extensions"]["argumentPath"], error["message"]


async def found_by(ask: Any, known: Mapping[str, str], model: str | None, where: object) -> str:
    """The names of the subscriptions that the list of a model, or of all, gives for a filter."""
    field = "subscriptions" if model is None else f"{model}Subscriptions"
    kind = f"{(model or '').capitalize()}SubscriptionWhere"
    found = await ask(
        f"query ($where: {kind}) {{ {field}(where: $where, orderBy: {{field: ID}})"
        " { totalCount nodes { id } } }",
        where=where,
    )
    listed = found.get("data", found)[field]
    assert listed["totalCount"] == len(listed["nodes"])
    return " ".join(known[node["id"]] for node in listed["nodes"])
