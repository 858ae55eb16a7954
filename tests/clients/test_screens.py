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
    start = await sample.ask("StartQuery")

    assert wizard["workflow"]["name"] == "create_node"
    assert first_page["startWorkflow"]["__typename"] == "FormPage"
    assert started["createNode"]["created"] is True
    assert [step["status"] for step in detail["steps"]].count("SUSPENDED") == 1
    assert detail["form"] is not None
    assert detail["can"]["resume"] == {"allowed": True, "code": None, "reason": None}
    assert shown["__typename"] == "NodeSubscription"
    assert shown["node"]["hostname"] == "lab-1"
    assert [
        (place["depth"], place["field"], place["block"]["__typename"]) for place in shown["blockTree"]
    ] == [
        (0, "node", "NodeBlock"),
        (1, "management", "ManagementBlock"),
    ]
    assert listed["subscriptions"]["totalCount"] == 1
    assert [action["canStart"]["allowed"] for action in row["subscription"]["actions"]] == [False] * 3
    assert processes["processes"]["totalCount"] == 1
    assert refused["retryProcess"]["__typename"] == "WrongStatus"
    assert mistaken["resumeProcess"]["__typename"] == "InvalidInput"
    assert [line["id"] for line in start["mine"]["nodes"]] == [process]
    await _see_the_rest(sample)
    await _give_commands(sample, process=process, subscription=subscription["id"])
    assert sample.asked == set(sample.screens)


async def _see_the_rest(sample: Sample) -> None:
    """Asks for what does not depend on the process."""
    chrome = await sample.ask("ChromeQuery")
    products = (await sample.ask("MetadataProductsQuery"))["products"]
    blocks = await sample.ask("MetadataBlocksQuery")
    workflows = await sample.ask("MetadataWorkflowsQuery", orderBy=[{"field": "NAME"}])
    customers = (await sample.ask("CustomersQuery", first=2))["customers"]

    assert [workflow["canStart"]["allowed"] for workflow in chrome["creations"]["nodes"]] == [True] * 3
    assert products["totalCount"] == len(products["nodes"])
    assert {block["name"] for block in blocks["productBlocks"]["nodes"]} > {"NodeBlock", "ManagementBlock"}
    assert workflows["workflows"]["totalCount"] == 12
    assert customers["totalCount"] >= len(customers["nodes"]) > 0


async def _give_commands(sample: Sample, *, process: str, subscription: str) -> None:
    """Gives the commands that change something, the abort of the process among them."""
    delta = await sample.ask("ProcessesDeltaQuery", id=process)
    noted = await sample.ask("ProcessesNoteMutation", id=process, note="Ask first", version=0)
    described = await sample.ask("SubscriptionsNoteMutation", id=subscription, note="Mine", version=0)
    retried = await sample.ask("ProcessesRetryMutation")
    checked = await sample.ask(
        "SubscriptionsStartMutation",
        workflow="terminate_node",
        subscriptions=[{"subscription": subscription}],
    )
    repaired = await sample.ask("SubscriptionsInSyncMutation", ids=[subscription])
    aborted = await sample.ask("ProcessDetailAbortMutation", id=process, reason="Not needed")
    paused = await sample.ask("SettingsPauseMutation")
    running = await sample.ask("SettingsUnpauseMutation")
    settings = await sample.ask("SettingsQuery")
    async with aclosing(sample.follow("ChromeSubscription")) as events:
        told = await anext(events)

    assert delta["process"]["changes"][0]["created"] is True
    assert noted["setProcessNote"]["process"]["noteVersion"] == 1
    assert described["setSubscriptionNote"]["subscription"]["note"] == "Mine"
    assert retried["retryFailedTasks"] == {"doneCount": 0, "refusedCount": 0, "items": []}
    assert checked["startWorkflows"]["items"][0]["result"]["__typename"] == "ActionBlocked"
    assert repaired["setSubscriptionsInSync"]["refusedCount"] == 1
    assert aborted["abortProcess"]["process"]["status"] == "ABORTED"
    assert paused["pauseEngine"]["engine"]["status"] in {"PAUSING", "PAUSED"}
    assert running["unpauseEngine"]["engine"]["status"] == "RUNNING"
    assert settings["engine"]["status"] == told["engine"]["status"] == "RUNNING"


async def _until_suspended(sample: Sample, process: str) -> None:
    """Follows the events of the process until it waits for a person."""
    async with aclosing(sample.follow("ProcessDetailSubscription", id=process)) as events:
        async for data in events:
            event: Any = data["processEvents"]
            whole = event["process"] if event["__typename"] == "ProcessSnapshot" else event
            if whole.get("status") == "SUSPENDED":
                return
    raise AssertionError("found the end of the stream, expected that the process is suspended")
