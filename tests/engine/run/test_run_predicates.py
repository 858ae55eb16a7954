import asyncio
from dataclasses import replace

import pytest

from domain.ids import ProcessId, SubscriptionId
from domain.scope import Scope
from domain.storage.database import Database
from engine.errors import FormPageNeeded, PredicateFailed
from engine.predicates import Refused
from engine.run.commands import Commands, StartedProcess
from engine.states import ProcessStatus
from tests.engine.run.guarded import UNFINISHED, GuardedHouse
from tests.engine.run.house import ACTOR, QUIET, SETTINGS
from tests.parity import parity


@pytest.fixture
def house(database: Database) -> GuardedHouse:
    return GuardedHouse(database)


async def start(house: GuardedHouse, key: str | None = None) -> StartedProcess:
    return await house.commands.start(
        "alone", values={"text": "a"}, idempotency_key=key, actor=ACTOR, scope=Scope.all()
    )


async def refusal_of_start(house: GuardedHouse, workflow: str = "ruled") -> PredicateFailed:
    with pytest.raises(PredicateFailed) as refusal:
        await house.start(workflow, text="a")
    return refusal.value


@parity("WE-36")
async def test_a_predicate_says_why_a_workflow_cannot_start(house: GuardedHouse) -> None:
    house.rules.refusal = Refused(reason="the moon is full", code="MOON")

    refusal = await refusal_of_start(house)

    assert (refusal.workflow, refusal.reason, refusal.code) == ("ruled", "the moon is full", "MOON")
    assert str(refusal) == "workflow 'ruled' cannot be started now: the moon is full"
    assert [(asked.workflow, asked.actor) for asked in house.rules.asked] == [("ruled", ACTOR)]
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]


@parity("WE-36")
async def test_a_predicate_is_asked_before_the_form_and_when_the_process_is_written(
    house: GuardedHouse,
) -> None:
    with pytest.raises(FormPageNeeded):
        await house.commands.start("ruled", pages=[], actor=ACTOR, scope=Scope.all())
    before_form = len(house.rules.asked)

    await house.commands.start("ruled", pages=[{"text": "a"}], actor=ACTOR, scope=Scope.all())
    in_all = len(house.rules.asked)
    house.rules.refusal = Refused(reason="no", code="NO")
    with pytest.raises(PredicateFailed):
        await house.commands.start("ruled", pages=[], actor=ACTOR, scope=Scope.all())

    assert (before_form, in_all) == (1, 3)


@parity("WE-36")
@parity("WE-36", mends="no-lock")
async def test_of_many_starts_at_once_one_is_alone(house: GuardedHouse) -> None:
    answers = await asyncio.gather(*(start(house) for _ in range(8)), return_exceptions=True)

    assert [type(answer) for answer in answers].count(StartedProcess) == 1
    assert [answer.code for answer in answers if isinstance(answer, PredicateFailed)] == [
        "UNFINISHED_PROCESS"
    ] * 7
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 1}]


async def test_of_many_starts_on_subjects_one_is_alone_and_the_others_take_nothing(
    house: GuardedHouse,
) -> None:
    ports = [await house.create_port(), await house.create_port()]

    answers = await asyncio.gather(
        *(_change(house, subscription_id) for subscription_id in ports), return_exceptions=True
    )

    assert sorted(type(answer).__name__ for answer in answers) == ["PredicateFailed", "UUID"]
    assert await house.rows("SELECT in_sync FROM subscription ORDER BY in_sync") == [
        {"in_sync": False},
        {"in_sync": True},
    ]


@parity("WE-36", mends="failed-blocks")
@parity("W-20")
@pytest.mark.parametrize("status", ProcessStatus)
async def test_a_process_that_failed_or_has_ended_does_not_block_the_next(
    house: GuardedHouse, status: ProcessStatus
) -> None:
    await start(house)
    await house.rows("UPDATE process SET status = $1", status)

    if status in UNFINISHED:
        refusal = await refusal_of_start(house, "alone")
        assert refusal.reason == "found 1 unfinished process of it, expected none"
    else:
        assert (await start(house)).created


async def test_a_repetition_is_answered_although_the_first_is_under_way(house: GuardedHouse) -> None:
    first = await start(house, "once")

    again = await start(house, "once")
    at_once = await asyncio.gather(*(start(house, "once") for _ in range(4)))

    assert [answer.process_id for answer in (again, *at_once)] == [first.process_id] * 5
    assert not any(answer.created for answer in (again, *at_once))


async def test_repetitions_at_once_start_one_process(house: GuardedHouse) -> None:
    answers = await asyncio.gather(*(start(house, "once") for _ in range(6)))

    assert len({answer.process_id for answer in answers}) == 1
    assert [answer.created for answer in answers].count(True) == 1


async def test_a_predicate_that_fails_says_no(house: GuardedHouse) -> None:
    house.rules.error = RuntimeError("secret of the house")

    refusal = await refusal_of_start(house)

    assert refusal.code == "PREDICATE_FAILED"
    assert "secret" not in str(refusal)


async def test_a_predicate_that_does_not_answer_in_time_says_no(house: GuardedHouse) -> None:
    house.rules.held = asyncio.Event()
    house.commands = Commands(
        house.database,
        catalog=house.catalog,
        registry=house.registry,
        settings=replace(SETTINGS, predicate_timeout_s=0.05),
    )

    refusal = await refusal_of_start(house)

    assert refusal.code == "PREDICATE_FAILED"


async def test_a_process_that_has_ended_lets_the_next_start(house: GuardedHouse) -> None:
    async with house.working(QUIET):
        for _ in range(2):
            process_id = (await start(house)).process_id
            await house.until(process_id, ProcessStatus.COMPLETED)

    assert await house.rows("SELECT count(*) FROM process") == [{"count": 2}]


async def _change(house: GuardedHouse, subscription_id: SubscriptionId) -> ProcessId:
    started = await house.commands.start(
        "change_alone",
        values={"speed": 20},
        subscription_id=subscription_id,
        actor=ACTOR,
        scope=Scope.all(),
    )
    return started.process_id
