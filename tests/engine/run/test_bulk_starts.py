"""A workflow started on several subscriptions: each as if by itself, all in one transaction."""

import asyncio
from collections.abc import Mapping, Sequence

from domain.ids import CustomerId, SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from engine.blockers import BlockerCode
from engine.errors import (
    ActionBlocked,
    EnginePaused,
    FormPageNeeded,
    IdempotencyKeyUsed,
    InvalidInput,
    Refusal,
    StaleSubject,
    SubjectNotFound,
    WorkflowNotFound,
)
from engine.run.commands import StartedProcess, StartSubject
from engine.states import ProcessStatus
from tests.engine.run.circuit_house import CircuitHouse
from tests.engine.run.house import ACTOR
from tests.postgres import StatementLog

SPEED: list[JsonValue] = [{"speed": 40}]


async def start(
    house: CircuitHouse,
    workflow: str,
    *subjects: StartSubject | SubscriptionId,
    pages: Sequence[JsonValue] = (),
    key: str | None = None,
    scope: Scope | None = None,
) -> Mapping[SubscriptionId, StartedProcess | Refusal]:
    return await house.commands.start_many(
        workflow,
        [each if isinstance(each, StartSubject) else StartSubject(subscription_id=each) for each in subjects],
        pages=pages,
        idempotency_key=key,
        actor=ACTOR,
        scope=scope or Scope.all(),
    )


async def new_ports(house: CircuitHouse, *customers: str) -> list[SubscriptionId]:
    """Ports in service, made at the same time."""
    async with house.working():
        made = [await house.begin("create_port", customer_id=each, speed=10) for each in customers]
        for process_id in made:
            await house.until(process_id, ProcessStatus.COMPLETED)
    found = await house.processes.subscriptions_of(made)
    return [found[process_id][0] for process_id in made]


def kinds(answers: Mapping[SubscriptionId, StartedProcess | Refusal]) -> list[type[object]]:
    return [type(answer) for answer in answers.values()]


async def held(house: CircuitHouse) -> dict[object, object]:
    rows = await house.rows("SELECT id, held_by FROM subscription WHERE NOT in_sync")
    return {row["id"]: row["held_by"] for row in rows}


async def test_each_is_started_or_told_why_not(circuits: CircuitHouse) -> None:
    first, second, foreign = await new_ports(circuits, "acme", "acme", "other")
    circuit = await circuits.new_circuit(second)
    before, unknown = await circuits.started(), SubscriptionId(new_uuid7())
    wanted = [
        StartSubject(subscription_id=first),
        StartSubject(subscription_id=second, expected_version=1),
        StartSubject(subscription_id=unknown),
        StartSubject(subscription_id=foreign),
        StartSubject(subscription_id=circuit),
    ]

    answers = await start(circuits, "modify_port", *wanted, pages=SPEED, scope=Scope.of(CustomerId("acme")))

    assert list(answers) == [each.subscription_id for each in wanted]
    assert kinds(answers) == [StartedProcess, StaleSubject, SubjectNotFound, SubjectNotFound, InvalidInput]
    started = answers[first]
    assert isinstance(started, StartedProcess)
    assert started.created
    assert await held(circuits) == {first: started.process_id}
    assert await circuits.started() == before + 1
    assert await circuits.rows("SELECT count(*) FROM pgqueuer") == [{"count": 1}]


async def test_pages_of_its_own_go_before_those_for_all(circuits: CircuitHouse) -> None:
    first, second, third = await new_ports(circuits, *["acme"] * 3)
    own = StartSubject(subscription_id=second, pages=[{"speed": 80}])
    wrong = StartSubject(subscription_id=third, pages=[{"speed": "fast"}])

    answers = await start(circuits, "modify_port", first, own, wrong, pages=SPEED)
    missing = await start(circuits, "modify_port", third)

    speeds = await circuits.rows(
        "SELECT state->>'speed' AS speed FROM process WHERE workflow = 'modify_port' ORDER BY id"
    )
    assert kinds(answers) == [StartedProcess, StartedProcess, InvalidInput]
    assert [row["speed"] for row in speeds] == ["40", "80"]
    refused = answers[third]
    assert isinstance(refused, InvalidInput)
    assert refused.page is not None
    assert (refused.page_index, refused.page.page_index) == (0, 0)
    assert kinds(missing) == [FormPageNeeded]


async def test_one_that_uses_what_another_has_taken_is_blocked(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    tasks = await start(circuits, "validate_port", port)
    taken = tasks[port]

    answers = await start(circuits, "modify_circuit", circuit)

    assert isinstance(taken, StartedProcess)
    blocked = answers[circuit]
    assert isinstance(blocked, ActionBlocked)
    assert [(blocker.code, blocker.processes) for blocker in blocked.blockers] == [
        (BlockerCode.RELATED_NOT_IN_SYNC, (taken.process_id,))
    ]


async def test_the_whole_can_be_repeated_under_its_key(circuits: CircuitHouse) -> None:
    first, second, third = await new_ports(circuits, *["acme"] * 3)
    before = await circuits.started()

    answers = await start(circuits, "modify_port", first, second, pages=SPEED, key="once")
    again = await start(circuits, "modify_port", third, second, first, pages=SPEED, key="once")
    other = await start(circuits, "modify_port", first, pages=[{"speed": 1}], key="once")

    for subject in (first, second):
        one, two = answers[subject], again[subject]
        assert isinstance(one, StartedProcess)
        assert two == StartedProcess(process_id=one.process_id, created=False)
    newest = again[third]
    assert isinstance(newest, StartedProcess)
    assert newest.created
    assert kinds(other) == [IdempotencyKeyUsed]
    assert await circuits.started() == before + 3


async def test_of_the_same_at_the_same_moment_each_is_started_once(
    circuits: CircuitHouse,
) -> None:
    ports = await new_ports(circuits, *["acme"] * 3)
    before = await circuits.started()

    answers = await asyncio.gather(
        *(
            start(circuits, "modify_port", *order, pages=SPEED, key="once")
            for order in (ports, ports[::-1], ports)
        )
    )

    for port in ports:
        found = [answer[port] for answer in answers]
        assert len({each.process_id for each in found if isinstance(each, StartedProcess)}) == 1
        assert [isinstance(each, StartedProcess) and each.created for each in found].count(True) == 1
    assert await circuits.started() == before + 3


async def test_a_paused_engine_starts_none_and_still_knows_what_it_has_started(
    circuits: CircuitHouse,
) -> None:
    first, second = await new_ports(circuits, "acme", "acme")
    await start(circuits, "modify_port", first, pages=SPEED, key="once")
    await circuits.rows("INSERT INTO engine (status) VALUES ('PAUSED')")

    answers = await start(circuits, "modify_port", first, second, pages=SPEED, key="once")

    assert kinds(answers) == [StartedProcess, EnginePaused]
    assert second not in await held(circuits)


async def test_what_is_wrong_for_all_is_said_of_each(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()

    unknown = await start(circuits, "nothing", port)
    blank = await start(circuits, "modify_port", port, pages=SPEED, key=" ")
    without = await start(circuits, "survey_ports", port)
    none = await start(circuits, "modify_port", pages=SPEED)

    assert [kinds(answers) for answers in (unknown, blank, without, none)] == [
        [WorkflowNotFound],
        [InvalidInput],
        [InvalidInput],
        [],
    ]


async def test_any_number_takes_the_same_statements(circuits: CircuitHouse, statements: StatementLog) -> None:
    ports = await new_ports(circuits, *["acme"] * 7)
    await start(circuits, "modify_port", ports.pop(), pages=SPEED, key="warm up")

    with statements.recorded() as one:
        await start(circuits, "modify_port", ports.pop(), pages=SPEED, key="one")
    with statements.recorded() as five:
        await start(circuits, "modify_port", *ports, pages=SPEED, key="five")

    assert one.verbs == five.verbs
    assert len(one.verbs) == 9, one.verbs
