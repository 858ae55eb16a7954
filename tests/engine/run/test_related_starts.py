"""Starts on subscriptions that are related, at the same moment: of two, at most one."""

import asyncio
from collections.abc import AsyncGenerator
from uuid import UUID

import pytest
import pytest_asyncio

from domain.ids import SubscriptionId
from domain.model.trees.mapping import to_model, to_patch
from domain.scope import Scope
from domain.storage.database import Database
from domain.storage.saving.saves import ChangeAuthor, save
from domain.storage.subscriptions import SubscriptionRepository
from engine.errors import ActionBlocked, Conflict
from tests.engine.run.application import Port
from tests.engine.run.circuit_house import CircuitHouse
from tests.engine.run.circuits import CIRCUITS, Circuit
from tests.parity import parity

ROUNDS = 25
SAVES = 8


@pytest_asyncio.fixture
async def other_client(database_dsn: str) -> AsyncGenerator[CircuitHouse]:
    """The same application in another process, as far as the database can tell."""
    async with Database(database_dsn) as database:
        yield CircuitHouse(database)


async def let_go(circuits: CircuitHouse) -> None:
    await circuits.rows("UPDATE subscription SET in_sync = true, held_by = NULL")


@pytest.mark.parametrize(
    ("on_circuit", "on_port"),
    [
        ("modify_circuit", "modify_port"),
        ("modify_circuit", "force_port_out"),
        ("terminate_circuit", "modify_port"),
        ("terminate_circuit", "force_port_out"),
    ],
)
@parity("PM-25")
@parity("W-17")
async def test_of_two_starts_on_related_subscriptions_one_is_refused(
    circuits: CircuitHouse, other_client: CircuitHouse, on_circuit: str, on_port: str
) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    outcomes: list[int] = []

    for number in range(ROUNDS):
        starts = [
            circuits.attempt(on_circuit, circuit),
            other_client.attempt(on_port, port, **({"speed": 1} if on_port == "modify_port" else {})),
        ]
        answers = await asyncio.gather(*(starts if number % 2 else reversed(starts)))
        outcomes.append(len([answer for answer in answers if not isinstance(answer, ActionBlocked)]))
        assert await circuits.rows("SELECT count(*) FROM subscription WHERE NOT in_sync") == [{"count": 1}]
        await let_go(circuits)

    assert outcomes == [1] * ROUNDS


@parity("W-17")
async def test_the_second_of_two_starts_waits_for_the_first_and_sees_what_it_did(
    circuits: CircuitHouse, other_client: CircuitHouse
) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)

    for first, second in ((port, circuit), (circuit, port)):
        async with circuits.database.write() as connection:
            await connection.execute("SELECT FROM subscription WHERE id = $1 FOR NO KEY UPDATE", port)
            workflow = "modify_port" if second == port else "modify_circuit"
            values = {"speed": 1} if second == port else {}
            waiting = asyncio.create_task(other_client.attempt(workflow, second, **values), name="start")
            await circuits.until_blocked()
            await connection.execute("UPDATE subscription SET in_sync = false WHERE id = $1", first)
        refusal = await waiting

        assert isinstance(refusal, ActionBlocked)
        assert [blocker.subscriptions for blocker in refusal.blockers] == [(first,)]
        await let_go(circuits)


async def test_a_reference_that_is_added_while_a_start_waits_is_a_conflict(
    circuits: CircuitHouse, other_client: CircuitHouse
) -> None:
    port, other_port = await circuits.new_port(), await circuits.new_port(speed=20)
    circuit = await circuits.new_circuit(port)
    before = await circuits.started()

    async with circuits.database.write() as connection:
        await connection.execute("SELECT FROM subscription WHERE id = $1 FOR NO KEY UPDATE", port)
        waiting = asyncio.create_task(other_client.attempt("modify_circuit", circuit), name="start")
        await circuits.until_blocked()
        await circuits.rows(
            "INSERT INTO block_relation (subscription_id, attribute, position, child_id, owner_id)"
            " SELECT $1, 'more', 0, id, $2 FROM block WHERE subscription_id = $2",
            circuit,
            other_port,
        )
    refusal = await waiting

    assert isinstance(refusal, Conflict)
    assert await circuits.started() == before
    assert isinstance(await circuits.attempt("modify_circuit", circuit), UUID)


async def moved(circuits: CircuitHouse, circuit: SubscriptionId, port: SubscriptionId) -> object:
    """What became of a save that makes a circuit refer to another port, by nobody's process."""
    trees = await SubscriptionRepository(circuits.database).trees(Scope.all(), [circuit, port])
    model, target = (to_model(CIRCUITS, trees[each]) for each in (circuit, port))
    assert isinstance(model, Circuit)
    assert isinstance(target, Port)
    model.end.port = target.port_block
    async with circuits.database.write() as connection:
        return (await save(connection, [to_patch(model)], author=ChangeAuthor(actor="ada")))[circuit]


@parity("W-17")
async def test_of_a_start_and_a_save_that_comes_to_refer_to_its_subject_the_second_sees_the_first(
    circuits: CircuitHouse, other_client: CircuitHouse
) -> None:
    circuit_ids = [await circuits.new_circuit(await circuits.new_port(speed=20)) for _ in range(SAVES)]
    ports = [await circuits.new_port() for _ in range(SAVES)]
    both_went_through: list[bool] = []

    for number, (circuit, port) in enumerate(zip(circuit_ids, ports, strict=True)):
        actions = [moved(circuits, circuit, port), other_client.attempt("terminate_port", port)]
        ordered = actions if number % 2 else [*reversed(actions)]
        answers = await asyncio.gather(*ordered)
        saved_as, started = answers if number % 2 else reversed(answers)
        outcome = (isinstance(saved_as, int), not isinstance(started, ActionBlocked))
        assert outcome != (False, False)
        both_went_through.append(outcome == (True, True))

    assert both_went_through == [False] * SAVES
