"""However many rows there are, no statement of a run looks at all of them."""

from functools import partial

from domain.ids import ProcessId
from domain.scope import Scope
from domain.storage.database import Database
from engine.states import ProcessStatus
from engine.store import starts
from tests.engine.run.circuit_house import ACME, CircuitHouse
from tests.engine.run.house import IMPATIENT, PORT, House
from tests.waiting import eventually

TABLES = (
    "process",
    "process_step",
    "step_attempt",
    "process_subscription",
    "inbox",
    "callback",
    "event",
    "subscription",
    "block_relation",
)

FILL = """
INSERT INTO process
    (id, workflow, target, is_task, fingerprint, steps, customers, created_by, run_by, status, state,
     start_digest)
SELECT gen_random_uuid(), 'single', 'SYSTEM', true, '', '[]', '{}', 'ada', 'ada', 'COMPLETED', '{}', ''
FROM generate_series(1, 5000);
INSERT INTO process_step (process_id, key, position, name, kind, status, attempts)
SELECT id, 'first', 0, 'First', 'STEP', 'SUCCESS', 1 FROM process;
INSERT INTO step_attempt (process_id, step_key, number, epoch, status, actor, worker_id)
SELECT id, 'first', 1, 1, 'SUCCESS', 'ada', id FROM process;
INSERT INTO inbox (process_id, number, kind, step_key, payload, actor, read_version)
SELECT id, 1, 'INPUT', 'first', '{}', 'ada', 1 FROM process;
INSERT INTO callback (token_hash, process_id, step_key, attempt, used_at)
SELECT uuid_send(id), id, 'first', 1, now() FROM process;
INSERT INTO event (process_id, version, ordinal, kind, payload)
SELECT id, 1, 0, 'PROCESS_STATUS', '{}' FROM process;
INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)
SELECT gen_random_uuid(), (SELECT id FROM product LIMIT 1), 'acme', 'ACTIVE', '', true, 1
FROM generate_series(1, 5000);
INSERT INTO process_subscription (process_id, subscription_id)
SELECT p.id, s.id FROM (SELECT id, row_number() OVER () AS n FROM process) AS p
JOIN (SELECT id, row_number() OVER () AS n FROM subscription) AS s USING (n);
INSERT INTO block (id, subscription_id, block, values)
SELECT id, id, 'PortBlock', '{}' FROM subscription;
INSERT INTO block_relation (subscription_id, attribute, position, child_id, owner_id)
SELECT id, 'port', 0, lead(id) OVER (ORDER BY id), lead(id) OVER (ORDER BY id) FROM subscription
ORDER BY id LIMIT 4999;
ANALYZE;
"""


async def test_runs_and_commands_find_their_rows_by_index(house: House, database_dsn: str) -> None:
    async with Database(database_dsn) as database, database.writer() as connection:
        await connection.execute(FILL)
    before = await sequential_scans(house)

    async with Database(database_dsn) as database:
        await carry_out_everything(House(database))

    assert await sequential_scans(house) == before


async def test_actions_and_starts_find_related_subscriptions_by_index(
    house: House, database_dsn: str
) -> None:
    async with Database(database_dsn) as database:
        async with database.writer() as connection:
            await connection.execute(FILL)
        port = await CircuitHouse(database).new_port()
        circuit = await CircuitHouse(database).new_circuit(port)
    before = await sequential_scans(house)

    async with Database(database_dsn) as database:
        circuits = CircuitHouse(database)
        for _ in range(8):
            await circuits.commands.find_actions([port, circuit], scope=Scope.of(ACME))
            process_id = await circuits.begin("modify_circuit", circuit)
            await circuits.abort(process_id)
            await circuits.begin("survey_ports", port=str(port))

    assert await sequential_scans(house) == before


async def test_commands_to_many_and_the_engine_find_their_rows_by_index(
    house: House, database_dsn: str
) -> None:
    async with Database(database_dsn) as database, database.writer() as connection:
        await connection.execute(FILL)
    before = await sequential_scans(house)

    async with Database(database_dsn) as database:
        await command_everything(House(database))

    assert await sequential_scans(house) == before


async def command_everything(house: House) -> None:
    """Often enough for the server to settle on plans that serve any value."""
    everybody = Scope.all()
    for _ in range(8):
        await house.commands.unpause(actor="ada", scope=everybody)
        house.stage.raising["first"] = [RuntimeError("no"), RuntimeError("no")]
        async with house.working(IMPATIENT):
            failed = [await house.start("single", text="a") for _ in range(2)]
            for process_id in failed:
                await house.until(process_id, ProcessStatus.FAILED)
        await house.commands.pause(actor="ada", scope=everybody)
        await house.commands.skip(failed[0], "first", reason="so", actor="ada", scope=everybody)
        await house.commands.retry_many(None, actor="ada", scope=everybody)
        await house.abort(failed[1])
        await house.commands.delete(failed, actor="ada", scope=everybody)
        async with house.database.writer() as connection:
            await starts.count_processes(connection, "single", [ProcessStatus.QUEUED, ProcessStatus.RUNNING])


async def carry_out_everything(house: House) -> None:
    """Often enough for the server to settle on plans that serve any value."""
    async with house.working(IMPATIENT):
        for _ in range(8):
            ended = [await house.start("single", text="a"), await house.start("create_port", **PORT)]
            ordered = await house.start("ordered", text="a")
            suspended = await house.start("confirmed", text="a")
            await house.until(ordered, ProcessStatus.AWAITING_CALLBACK)
            await say_how_far(house, ordered)
            await house.commands.receive_callback(house.stage.callback_token("order"), {"parcel": "P-1"})
            await house.until(suspended, ProcessStatus.SUSPENDED)
            await house.abort(suspended)
            for process_id in (*ended, ordered):
                await house.until(process_id, ProcessStatus.COMPLETED)


async def say_how_far(house: House, ordered: ProcessId) -> None:
    """Progress of a step that is carried out, and of one that awaits its callback, both read."""
    gate = house.stage.hold("fourth")
    stubborn = await house.start("stubborn", text="a")
    (await house.stage.entry("fourth")).progress(percent=50)
    await house.commands.receive_progress(house.stage.callback_token("order"), {"percent": 50})
    for process_id in (stubborn, ordered):
        await eventually(partial(is_said, house, process_id))
    gate.set()
    await house.until(stubborn, ProcessStatus.COMPLETED)


async def is_said(house: House, process_id: ProcessId) -> bool:
    return await house.processes.step_in_progress(Scope.all(), process_id) is not None


async def sequential_scans(house: House) -> dict[object, object]:
    rows = await house.rows(
        "SELECT relname, seq_scan FROM pg_stat_user_tables WHERE relname = ANY($1) ORDER BY relname", TABLES
    )
    return {row["relname"]: row["seq_scan"] for row in rows}
