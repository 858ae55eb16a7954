from contextlib import aclosing
from typing import Any

from tests.clients.sample import Sample

NODE = {"customerId": "customer 1", "hostname": "lab-1", "site": "AMSTERDAM", "row": "AMS-A"}
EMPTY_PAGE: dict[str, object] = {}


async def test_every_screen_is_answered_as_it_is(sample: Sample) -> None:
    wizard = await sample.ask("StartWizardQuery", workflow="create_node")
    first_page = await sample.ask("StartWizardMutation", workflow="create_node", pages=[])
    started = await sample.ask("StartWizardCreateNodeMutation", input=NODE, idempotencyKey="one")
    process = started["createNode"]["process"]["id"]
    await _until_suspended(sample, process)
    detail = (await sample.ask("ProcessDetailQuery", id=process))["process"]
    [subscription] = detail["subscriptions"]
    shown = (await sample.ask("SubscriptionDetailQuery", id=subscription["id"]))["subscription"]
    listed = await sample.ask("SubscriptionsQuery", where={"inSync": {"eq": False}})
    row = await sample.ask("SubscriptionsActionsQuery", id=subscription["id"])
    processes = await sample.ask("ProcessesQuery", where={"status": {"in": ["SUSPENDED"]}})
    refused = await sample.ask("ProcessDetailRetryMutation", id=process)
    mistaken = await sample.ask("ProcessDetailResumeMutation", id=process, pages=[EMPTY_PAGE])
    start = await sample.ask("StartQuery", me=detail["createdBy"])

    assert wizard["workflow"]["name"] == "create_node"
    assert first_page["startWorkflow"]["__typename"] == "FormPage"
    assert started["createNode"]["created"] is True
    assert [step["status"] for step in detail["steps"]].count("SUSPENDED") == 1
    assert detail["form"] is not None
    assert detail["can"]["resume"] == {"allowed": True, "code": None, "reason": None}
    assert shown["__typename"] == "NodeSubscription"
    assert shown["node"]["hostname"] == "lab-1"
    assert {block["__typename"] for block in shown["blocks"]} == {"NodeBlock", "ManagementBlock"}
    assert listed["subscriptions"]["totalCount"] == 1
    assert [action["enabled"] for action in row["subscription"]["actions"]] == [False] * 3
    assert processes["processes"]["totalCount"] == 1
    assert refused["retryProcess"]["__typename"] == "WrongStatus"
    assert mistaken["resumeProcess"]["__typename"] == "InvalidInput"
    assert [line["id"] for line in start["mine"]["nodes"]] == [process]
    assert sample.asked == set(sample.screens)


async def _until_suspended(sample: Sample, process: str) -> None:
    """Follows the events of the process until it waits for a person."""
    async with aclosing(sample.follow("ProcessDetailSubscription", id=process)) as events:
        async for data in events:
            event: Any = data["processEvents"]
            whole = event["process"] if event["__typename"] == "ProcessSnapshot" else event
            if whole.get("status") == "SUSPENDED":
                return
    raise AssertionError("found the end of the stream, expected that the process is suspended")
