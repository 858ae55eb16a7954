"""What a command and a run ask of the database, statement by statement."""

from domain.scope import Scope
from engine.states import ProcessStatus
from tests.engine.run.circuit_house import CircuitHouse
from tests.engine.run.house import ACTOR, QUIET, House
from tests.postgres import StatementLog

CLAIM = "epoch = p.epoch + 1"
CHECKPOINT = "checkpoint_no = p.checkpoint_no + 1"


async def test_a_start_is_one_transaction_of_two_statements(house: House, statements: StatementLog) -> None:
    await house.start("linear", text="warm up")

    with statements.recorded() as recorded:
        await house.start("linear", text="a")

    assert recorded.verbs == ["BEGIN", "WITH", "WITH", "COMMIT"]


async def test_a_start_on_a_subject_reads_it_locks_it_and_reads_it_again(
    circuits: CircuitHouse, statements: StatementLog
) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    await circuits.abort(await circuits.begin("modify_circuit", circuit))

    with statements.recorded() as recorded:
        await circuits.begin("modify_circuit", circuit)

    assert recorded.verbs == ["SELECT", "BEGIN", "SELECT", "SELECT", "WITH", "WITH", "COMMIT"]
    assert "FOR NO KEY UPDATE" in recorded.texts[2]
    assert recorded.texts[0] == recorded.texts[3]


async def test_a_run_of_five_steps_is_a_claim_and_one_statement_for_each_step(
    house: House, statements: StatementLog
) -> None:
    async with house.working(QUIET):
        warm_up = await house.start("linear", text="warm up")
        await house.until(warm_up, ProcessStatus.COMPLETED)

        with statements.recorded() as recorded:
            process_id = await house.start("linear", text="a")
            while (await house.process(process_id)).status is not ProcessStatus.COMPLETED:
                pass

    asked = [text for text in recorded if text.startswith("\nWITH item AS")]
    assert [CHECKPOINT in text for text in asked] == [False, True, True, True, True, True]
    assert [CLAIM in text for text in asked] == [True, False, False, False, False, False]


async def test_nothing_is_asked_while_a_step_is_under_way(house: House, statements: StatementLog) -> None:
    gate = house.stage.hold("first")
    async with house.working(QUIET):
        process_id = await house.start("linear", text="a")
        await house.stage.entry("first")

        with statements.recorded() as recorded:
            assert house.database.pool.get_idle_size() == house.database.pool.get_size()

        gate.set()
        await house.until(process_id, ProcessStatus.COMPLETED)

    assert list(recorded) == []


async def test_resume_retry_and_abort_are_short_transactions(house: House, statements: StatementLog) -> None:
    async with house.working(QUIET):
        suspended = await house.start("confirmed", text="a")
        await house.until(suspended, ProcessStatus.SUSPENDED)

    with statements.recorded() as resuming:
        await house.commands.resume(suspended, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
    with statements.recorded() as aborting:
        await house.abort(suspended)

    assert resuming.verbs == ["SELECT", "BEGIN", "WITH", "WITH", "COMMIT"]
    assert aborting.verbs == ["SELECT", "BEGIN", "SELECT", "WITH", "COMMIT"]
