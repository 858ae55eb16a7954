import asyncio

import pytest

from domain.ids import ProcessId
from domain.json import JsonValue
from domain.scope import Scope
from domain.storage.database import Database
from engine.authorizers import AuthorizedAction
from engine.errors import NotAllowed, ProcessMovedOn
from engine.run.commands import Deleted, Queued
from engine.states import ProcessStatus
from tests.engine.run.guarded import GuardedHouse, claims_of
from tests.engine.run.house import ACTOR, QUIET
from tests.parity import parity

EVERYBODY = Scope.all()


@pytest.fixture
def house(database: Database) -> GuardedHouse:
    return GuardedHouse(database)


async def start(house: GuardedHouse, *roles: str) -> ProcessId:
    started = await house.commands.start(
        "guarded", values={"text": "a"}, actor=ACTOR, scope=EVERYBODY, claims=claims_of(*roles)
    )
    return started.process_id


async def command(house: GuardedHouse, name: str, process_id: ProcessId, *roles: str) -> object:
    commands, claims = house.commands, claims_of(*roles)
    match name:
        case "resume":
            return await commands.resume(
                process_id, pages=[{"sure": True}], actor="bob", scope=EVERYBODY, claims=claims
            )
        case "retry":
            return await commands.retry(process_id, actor="bob", scope=EVERYBODY, claims=claims)
        case "skip":
            step_key = (await house.process(process_id)).current_step or ""
            return await commands.skip(
                process_id,
                step_key,
                reason="known",
                values={"rack": "R"} if step_key == "first" else {},
                actor="bob",
                scope=EVERYBODY,
                claims=claims,
            )
        case "abort":
            return await commands.abort(process_id, actor="bob", scope=EVERYBODY, claims=claims)
        case _:
            raise AssertionError(name)


async def in_status(house: GuardedHouse, status: ProcessStatus) -> ProcessId:
    if status is ProcessStatus.FAILED:
        house.stage.raising["first"] = [RuntimeError("no")]
    async with house.working(QUIET):
        process_id = await start(house, "starter")
        if status is ProcessStatus.AWAITING_CALLBACK:
            await house.until(process_id, ProcessStatus.SUSPENDED)
            await command(house, "resume", process_id, "approver")
        await house.until(process_id, status)
    return process_id


@parity("WE-34")
@parity("WE-34", mends="graphql-bypass")
@parity("W-06")
async def test_who_may_not_start_a_workflow_sees_not_even_its_form(house: GuardedHouse) -> None:
    sent: tuple[list[JsonValue] | None, ...] = (None, [])
    for pages in sent:
        with pytest.raises(NotAllowed) as refusal:
            await house.commands.start(
                "guarded",
                pages=pages,
                values={"text": "a"},
                actor=ACTOR,
                scope=EVERYBODY,
                claims=claims_of("approver"),
            )
        assert (refusal.value.code, refusal.value.reason) == (
            "NOT_AUTHORIZED",
            "ada may not start workflow 'guarded'",
        )

    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]
    assert await start(house, "starter")


async def test_an_authorizer_is_told_who_wants_what(house: GuardedHouse) -> None:
    process_id = await in_status(house, ProcessStatus.SUSPENDED)
    house.directory.asked.clear()

    await command(house, "resume", process_id, "approver")

    ((role, told),) = house.directory.asked
    assert (role, told.actor, told.claims) == ("approver", "bob", claims_of("approver"))
    assert (told.action, told.workflow, told.step) == (AuthorizedAction.RESUME, "guarded", "approve")
    assert told.process is not None
    assert (told.process.id, told.process.created_by, told.process.status) == (
        process_id,
        ACTOR,
        ProcessStatus.SUSPENDED,
    )


async def test_the_authorizer_of_a_start_is_told_of_the_subject(house: GuardedHouse) -> None:
    subscription_id = await house.create_port()

    with pytest.raises(NotAllowed):
        await house.commands.start(
            "guarded_change",
            values={"speed": 20},
            subscription_id=subscription_id,
            actor=ACTOR,
            scope=EVERYBODY,
        )

    ((_, told),) = house.directory.asked
    assert (told.subscription_id, told.customers, told.process) == (subscription_id, ("acme",), None)
    assert await house.rows("SELECT in_sync FROM subscription") == [{"in_sync": True}]


@parity("WE-34", mends="not-awaited")
@parity("W-07")
async def test_an_action_that_the_caller_may_not_start_is_not_enabled(house: GuardedHouse) -> None:
    subscription_id = await house.create_port()

    found = [
        await house.commands.find_actions(
            [subscription_id], scope=EVERYBODY, actor=ACTOR, claims=claims_of(*roles)
        )
        for roles in ((), ("starter",))
    ]

    enabled = [
        {action.workflow.name: action.enabled for action in actions[subscription_id]} for actions in found
    ]
    assert enabled == [
        {"modify_port": True, "guarded_change": False, "change_alone": True},
        {"modify_port": True, "guarded_change": True, "change_alone": True},
    ]
    assert [action.blockers for action in found[0][subscription_id]] == [()] * 3


@parity("WE-42", mends="authorizer")
@parity("WE-40")
@parity("WE-34")
@parity("WE-34", mends="callback-resume")
@parity("W-09")
@pytest.mark.parametrize(
    ("status", "name", "missing", "roles"),
    [
        (ProcessStatus.SUSPENDED, "resume", ("starter", "retrier"), ("approver",)),
        (ProcessStatus.SUSPENDED, "abort", ("starter", "retrier"), ("approver",)),
        (ProcessStatus.SUSPENDED, "skip", ("starter", "retrier"), ("approver",)),
        (ProcessStatus.FAILED, "retry", ("starter", "approver"), ("retrier",)),
        (ProcessStatus.FAILED, "abort", ("starter", "approver"), ("retrier",)),
        (ProcessStatus.FAILED, "skip", ("retrier", "approver"), ("starter", "retrier")),
        (ProcessStatus.AWAITING_CALLBACK, "abort", ("starter", "retrier"), ("approver",)),
        (ProcessStatus.AWAITING_CALLBACK, "skip", ("starter", "retrier"), ("approver",)),
    ],
)
async def test_a_command_needs_the_role_that_counts_there(
    house: GuardedHouse, status: ProcessStatus, name: str, missing: tuple[str, ...], roles: tuple[str, ...]
) -> None:
    process_id = await in_status(house, status)
    before = await house.process(process_id)

    with pytest.raises(NotAllowed) as refusal:
        await command(house, name, process_id, *missing)
    after_refusal = await house.process(process_id)
    await command(house, name, process_id, *roles)

    assert refusal.value.code == "NOT_AUTHORIZED"
    assert after_refusal == before
    assert (await house.process(process_id)).version > before.version


async def test_of_several_processes_those_are_tried_again_that_the_caller_may(house: GuardedHouse) -> None:
    guarded = await in_status(house, ProcessStatus.FAILED)
    house.stage.raising["first"] = [RuntimeError("no")]
    async with house.working(QUIET):
        free = await house.start("single", text="a")
        await house.until(free, ProcessStatus.FAILED)

    answers = await house.commands.retry_many(None, actor="bob", scope=EVERYBODY)

    assert isinstance(answers[guarded], NotAllowed)
    assert answers[free] == Queued(process_id=free)
    assert (await house.process(guarded)).status is ProcessStatus.FAILED


async def test_a_task_is_deleted_by_whom_it_may_be(house: GuardedHouse) -> None:
    process_id = await in_status(house, ProcessStatus.SUSPENDED)
    await command(house, "abort", process_id, "approver")

    refused = await house.commands.delete([process_id], actor="bob", scope=EVERYBODY)
    deleted = await house.commands.delete(
        [process_id], actor="bob", scope=EVERYBODY, claims=claims_of("retrier")
    )

    assert isinstance(refused[process_id], NotAllowed)
    assert deleted == {process_id: Deleted(process_id=process_id)}


@pytest.mark.parametrize("answer", [1, "yes", object()], ids=["number", "text", "object"])
async def test_nothing_but_true_is_a_yes(house: GuardedHouse, answer: object) -> None:
    house.directory.answer = answer

    with pytest.raises(NotAllowed):
        await start(house, "starter")


async def test_an_authorizer_that_fails_says_no(house: GuardedHouse) -> None:
    house.directory.away = True

    with pytest.raises(NotAllowed) as refusal:
        await start(house, "starter")

    assert refusal.value.code == "NOT_AUTHORIZED"
    assert "directory" not in str(refusal.value)
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]


async def test_an_answer_does_not_count_where_others_decide_by_now(house: GuardedHouse) -> None:
    process_id = await in_status(house, ProcessStatus.FAILED)
    house.directory.held = asyncio.Event()
    house.directory.called.clear()
    async with asyncio.TaskGroup() as tasks:
        refused = tasks.create_task(refusal_of(house, process_id), name="slow abort")
        await house.directory.called.wait()

        # Meanwhile somebody else has brought it to the step that others guard.
        await house.rows("UPDATE process SET current_step = 'approve', status = 'SUSPENDED'")
        house.directory.held.set()

    assert isinstance(refused.result(), ProcessMovedOn)
    assert (await house.process(process_id)).status is ProcessStatus.SUSPENDED


async def refusal_of(house: GuardedHouse, process_id: ProcessId) -> ProcessMovedOn | None:
    try:
        await command(house, "abort", process_id, "retrier")
    except ProcessMovedOn as refusal:
        return refusal
    return None


async def test_no_connection_is_held_while_an_authorizer_thinks(house: GuardedHouse) -> None:
    house.directory.held = asyncio.Event()
    async with asyncio.TaskGroup() as tasks:
        starting = tasks.create_task(start(house, "starter"), name="slow start")
        await house.directory.called.wait()
        idle, size = house.database.pool.get_idle_size(), house.database.pool.get_size()
        house.directory.held.set()

    assert idle == size
    assert starting.result()
