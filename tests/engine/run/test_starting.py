import asyncio

import pytest

from domain.ids import CustomerId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from engine.blockers import BlockerCode
from engine.errors import (
    ActionBlocked,
    Conflict,
    EnginePaused,
    InvalidInput,
    NotAllowed,
    Refusal,
    SubjectNotFound,
    WorkflowNotFound,
)
from engine.run.commands import StartedProcess
from tests.engine.run.house import ACTOR, PORT, House
from tests.parity import parity


async def start(house: House, key: str | None, **values: JsonValue) -> StartedProcess:
    return await house.commands.start(
        "single", values=values, idempotency_key=key, actor=ACTOR, scope=Scope.all()
    )


@parity("WE-37")
async def test_a_repetition_under_the_same_key_is_answered_with_the_same_process(house: House) -> None:
    first = await start(house, "once", text="a")

    again = await start(house, "once", text="a")

    assert (first.created, again) == (True, StartedProcess(process_id=first.process_id, created=False))
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 1}]
    assert await house.rows("SELECT count(*) FROM pgqueuer") == [{"count": 1}]


async def test_repetitions_at_the_same_moment_start_one_process(house: House) -> None:
    started = await asyncio.gather(*(start(house, "once", text="a") for _ in range(4)))

    assert len({answer.process_id for answer in started}) == 1
    assert [answer.created for answer in started].count(True) == 1
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 1}]


async def test_a_key_that_was_used_for_something_else_is_a_conflict(house: House) -> None:
    await start(house, "once", text="a")

    with pytest.raises(Conflict):
        await start(house, "once", text="b")

    assert await house.rows("SELECT count(*) FROM process") == [{"count": 1}]


async def test_a_start_on_a_subject_can_be_repeated_while_its_process_holds_the_subject(house: House) -> None:
    subscription_id = await house.create_port()
    async with house.working():
        house.stage.hold("change")
        answers = [
            await house.commands.start(
                "modify_port",
                values={"speed": 40},
                subscription_id=subscription_id,
                idempotency_key="once",
                actor=ACTOR,
                scope=Scope.all(),
            )
            for _ in range(2)
        ]

    assert [answer.created for answer in answers] == [True, False]


async def test_a_paused_engine_takes_no_work(house: House) -> None:
    await house.rows("INSERT INTO engine (status) VALUES ('PAUSED')")

    with pytest.raises(EnginePaused):
        await house.start("single", text="a")

    assert await house.rows("SELECT count(*) FROM pgqueuer") == [{"count": 0}]


@parity("PM-25")
@parity("W-17")
async def test_a_subject_is_taken_by_one_process_at_a_time(house: House) -> None:
    subscription_id = await house.create_port()

    answers = await asyncio.gather(
        *(house.modify(subscription_id, speed=speed) for speed in (20, 40, 80)), return_exceptions=True
    )

    refused = [answer for answer in answers if isinstance(answer, ActionBlocked)]
    (holder,) = [answer for answer in answers if not isinstance(answer, BaseException)]
    assert [
        (refusal.subscription_id, [(blocker.code, blocker.processes) for blocker in refusal.blockers])
        for refusal in refused
    ] == [(subscription_id, [(BlockerCode.NOT_IN_SYNC, (holder,))])] * 2
    assert await house.rows("SELECT count(*) FROM process WHERE workflow = 'modify_port'") == [{"count": 1}]


async def test_an_abort_before_the_first_step_lets_the_subject_go(house: House) -> None:
    subscription_id = await house.create_port()
    process_id = await house.modify(subscription_id, speed=20)

    await house.abort(process_id)

    assert await house.rows("SELECT in_sync, held_by FROM subscription") == [
        {"in_sync": True, "held_by": None}
    ]


@parity("WE-37")
@pytest.mark.parametrize(
    ("workflow", "arguments", "refusal"),
    [
        ("nothing", {"values": {}}, WorkflowNotFound),
        ("single", {"values": {"text": 1}}, InvalidInput),
        ("single", {"pages": [{"text": "a"}, {}]}, InvalidInput),
        ("modify_port", {"values": {"speed": 1}}, InvalidInput),
        ("modify_port", {"values": {"speed": 1}, "subscription_id": new_uuid7()}, SubjectNotFound),
        ("single", {"values": {"text": "a"}, "scope": Scope.of(CustomerId("acme"))}, NotAllowed),
        ("create_port", {"values": PORT, "scope": Scope.of(CustomerId("other"))}, NotAllowed),
    ],
)
async def test_a_start_that_cannot_be_is_refused_and_writes_nothing(
    house: House, workflow: str, arguments: dict[str, object], refusal: type[Refusal]
) -> None:
    with pytest.raises(refusal):
        await house.commands.start(workflow, **({"actor": ACTOR, "scope": Scope.all()} | arguments))  # pyright: ignore[reportArgumentType]  # the table's values

    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]


@parity("PM-24")
@parity("PM-24", mends="form-only")
async def test_a_subject_that_changed_since_it_was_seen_is_a_conflict(house: House) -> None:
    subscription_id = await house.create_port()

    with pytest.raises(Conflict):
        await house.commands.start(
            "modify_port",
            values={"speed": 20},
            subscription_id=subscription_id,
            expected_version=1,
            actor=ACTOR,
            scope=Scope.all(),
        )

    assert await house.rows("SELECT in_sync FROM subscription") == [{"in_sync": True}]
