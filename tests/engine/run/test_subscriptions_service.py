from engine.states import ProcessStatus
from tests.engine.run.circuit_house import CircuitHouse
from tests.parity import parity


@parity("PM-32")
async def test_a_step_asks_about_subscriptions_without_a_service_of_its_own(circuits: CircuitHouse) -> None:
    port, alike = await circuits.new_port(speed=10), await circuits.new_port(speed=20)
    circuit = await circuits.new_circuit(port)
    async with circuits.working():
        process_id = await circuits.begin("look_at_port", port=str(port), speed=20)
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    assert await circuits.rows("SELECT delta FROM process_step WHERE process_id = $1", process_id) == [
        {"delta": {"own_speed": 10, "users": [str(circuit)], "alike": [str(alike)], "note": None}}
    ]


@parity("PM-32")
async def test_a_step_that_has_asked_holds_no_connection(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    gate = circuits.stage.hold("look_around")
    async with circuits.working():
        process_id = await circuits.begin("look_at_port", port=str(port), speed=10)
        await circuits.stage.entry("look_around")

        (row,) = await circuits.rows(
            "SELECT count(*) FROM pg_stat_activity"
            " WHERE datname = current_database() AND state LIKE 'idle in transaction%'"
        )
        gate.set()
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    assert row == {"count": 0}
