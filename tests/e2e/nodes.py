"""Nodes of the sample, built over the public API."""

import asyncio
from contextlib import aclosing
from typing import Any

import httpx

from tests.e2e.api import PATIENCE_S, Answer, Api

CREATE = """
mutation Create($input: CreateNodeInput!) {
  createNode(input: $input) {
    __typename
    ... on ProcessStarted { process { id } }
    ... on InvalidInput { errors { path message code } }
  }
}
"""
RESUME = """
mutation Resume($process: ID!, $pages: [JSON!]!) {
  resumeProcess(process: $process, pages: $pages) {
    __typename
    ... on InvalidInput { errors { path message code } }
    ... on Refused { message }
  }
}
"""
CREATE_STEPS = [
    "construct_node",
    "reserve_place",
    "configure_device",
    "record_configuration",
    "confirm_installation",
    "set_status",
    "resync",
]


def node_values(hostname: str, /, **changes: Any) -> Answer:
    """A valid input of `createNode`."""
    place = {"site": "AMSTERDAM", "row": "AMS-A"}
    return {"customerId": "customer-1", "hostname": hostname, "role": "CORE"} | place | changes


async def start_node(api: Api, hostname: str, /, **changes: Any) -> str:
    """Start building a node; gives the process."""
    answer = await api.execute(CREATE, {"input": node_values(hostname, **changes)})
    assert answer["createNode"]["__typename"] == "ProcessStarted", answer
    return answer["createNode"]["process"]["id"]


async def until_step_runs(api: Api, process_id: str, key: str) -> None:
    """Wait, by its events, until a step of a process is being carried out."""
    async with asyncio.timeout(PATIENCE_S), aclosing(api.events_by_websocket(process_id)) as events:
        async for event in events:
            steps = (
                event["process"]["steps"] if event["__typename"] == "ProcessSnapshot" else [event.get("step")]
            )
            if any(step and step["key"] == key and step["status"] == "RUNNING" for step in steps):
                return
    raise AssertionError(f"{key} never ran")


async def confirm_and_complete(api: Api, process_id: str) -> Answer:
    """Fill in the form and wait for the end."""
    await api.until_status(process_id, "SUSPENDED")
    answer = await api.execute(RESUME, {"process": process_id, "pages": [{"remark": "lamps are green"}]})
    assert answer["resumeProcess"]["__typename"] == "ProcessUpdated", answer
    return await api.until_status(process_id, "COMPLETED")


def reservations(controller_url: str, hostname: str) -> list[Answer]:
    """What the controller did to reserve a place for a device."""
    effects = httpx.get(f"{controller_url}/effects").json()["effects"]
    return [
        effect for effect in effects if effect["operation"] == "reserve" and effect["resource"] == hostname
    ]
