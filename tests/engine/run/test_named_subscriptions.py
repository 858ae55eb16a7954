"""Inputs and forms that name subscriptions by their ids."""

import pytest

from domain.ids import SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from domain.type_ids import type_id
from engine.errors import FieldError, FormPageNeeded, InvalidInput
from engine.states import ProcessStatus
from tests.engine.run.circuit_house import ACME, CircuitHouse
from tests.engine.run.house import ACTOR
from tests.parity import parity
from tests.postgres import StatementLog

NOT_FOUND = ("subscription_not_found", "There is no such subscription; expected one of Port")


async def speeds(circuits: CircuitHouse, workflow: str, **values: JsonValue) -> JsonValue:
    """What a process of this input came to."""
    async with circuits.working():
        process_id = await circuits.begin(workflow, **values)
        await circuits.until(process_id, ProcessStatus.COMPLETED)
    (row,) = await circuits.rows("SELECT state->'speeds' AS speeds FROM process WHERE id = $1", process_id)
    found: JsonValue = row["speeds"]  # pyright: ignore[reportAssignmentType]  # JSON by its column
    return found


async def refused(circuits: CircuitHouse, workflow: str, **values: JsonValue) -> tuple[FieldError, ...]:
    before = await circuits.started()
    refusal = await circuits.attempt(workflow, **values)
    assert isinstance(refusal, InvalidInput)
    assert await circuits.started() == before
    return refusal.errors


@parity("PM-05")
async def test_a_step_gets_the_subscriptions_that_the_input_names(circuits: CircuitHouse) -> None:
    ids: list[JsonValue] = [str(await circuits.new_port(speed=speed)) for speed in (10, 20, 30)]

    assert await speeds(circuits, "survey_ports", port=ids[0], others=ids[1:]) == [10, 20, 30]
    assert await speeds(circuits, "survey_ports", others=[ids[2], ids[0], ids[2]]) == [30, 10, 30]
    assert await speeds(circuits, "survey_ports") == []


async def test_an_id_may_be_written_as_clients_see_it(circuits: CircuitHouse) -> None:
    port = await circuits.new_port(speed=10)

    assert await speeds(circuits, "survey_ports", port=type_id("subscription", port)) == [10]


async def test_the_state_holds_ids(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()

    process_id = await circuits.begin("survey_ports", port=str(port), others=[str(port)])

    assert await circuits.rows("SELECT state FROM process WHERE id = $1", process_id) == [
        {"state": {"port": str(port), "others": [str(port)]}}
    ]


@parity("PM-17")
async def test_a_list_of_subscriptions_that_a_step_gives_is_saved(circuits: CircuitHouse) -> None:
    ports = sorted([await circuits.new_port(speed=speed) for speed in (10, 20)])
    ids: list[JsonValue] = [str(port) for port in ports]
    async with circuits.working():
        process_id = await circuits.begin("speed_ports_up", others=ids)
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    assert await speeds(circuits, "survey_ports", others=ids) == [100, 200]
    assert await circuits.rows(
        "SELECT subscription_id AS id FROM process_subscription WHERE process_id = $1 ORDER BY 1", process_id
    ) == [{"id": port} for port in ports]


async def test_one_that_is_not_there_or_out_of_scope_is_not_found_with_the_same_text(
    circuits: CircuitHouse,
) -> None:
    theirs, mine = await circuits.new_port("other"), await circuits.new_port()
    errors: list[tuple[FieldError, ...]] = []
    for port in (theirs, SubscriptionId(new_uuid7())):
        with pytest.raises(InvalidInput) as refusal:
            await circuits.begin_within(
                Scope.of(ACME),
                "create_circuit",
                product="Circuit",
                customer_id="acme",
                vlan=1,
                port=str(port),
            )
        errors.append(refusal.value.errors)

    code, message = NOT_FOUND
    assert errors == [(FieldError(path=("port",), message=message, code=code),)] * 2
    assert await circuits.begin_within(
        Scope.of(ACME), "create_circuit", product="Circuit", customer_id="acme", vlan=1, port=str(mine)
    )


@pytest.mark.parametrize(
    ("spoil", "code", "message"),
    [
        (
            "UPDATE subscription SET status = 'PROVISIONING'",
            "subscription_status",
            "The subscription is PROVISIONING; expected ACTIVE",
        ),
        (
            "UPDATE subscription SET in_sync = false",
            "subscription_not_in_sync",
            "The subscription is out of sync; expected it in sync",
        ),
        (
            "UPDATE subscription SET product_id = (SELECT id FROM product WHERE name = 'Circuit')",
            "subscription_model",
            "Found a subscription of product Circuit; expected one of Port",
        ),
    ],
)
@parity("PM-05")
async def test_one_that_cannot_be_used_is_refused_with_the_place_of_its_id(
    circuits: CircuitHouse, spoil: str, code: str, message: str
) -> None:
    port = str(await circuits.new_port())
    await circuits.rows(spoil)

    assert await refused(circuits, "survey_ports", port=port, others=[port]) == (
        FieldError(path=("port",), message=message, code=code),
        FieldError(path=("others", 0), message=message, code=code),
    )


async def test_every_fault_is_told_at_once(circuits: CircuitHouse) -> None:
    port = str(await circuits.new_port())
    await circuits.rows("UPDATE subscription SET status = 'DISABLED', in_sync = false")

    errors = await refused(circuits, "survey_ports", others=[port, str(new_uuid7())])

    assert [(error.path, error.code) for error in errors] == [
        (("others", 0), "subscription_status"),
        (("others", 0), "subscription_not_in_sync"),
        (("others", 1), "subscription_not_found"),
    ]


async def test_the_path_of_one_that_pages_name_begins_with_its_page(circuits: CircuitHouse) -> None:
    pages: list[JsonValue] = [{"others": [str(new_uuid7())]}]

    with pytest.raises(InvalidInput) as refusal:
        await circuits.commands.start("survey_ports", pages=pages, actor=ACTOR, scope=Scope.all())

    assert [error.path for error in refusal.value.errors] == [("pages", 0, "others", 0)]


async def test_naming_subscriptions_costs_a_start_two_statements_for_any_number(
    circuits: CircuitHouse, statements: StatementLog
) -> None:
    ids = [str(await circuits.new_port()) for _ in range(3)]
    await circuits.begin("survey_ports", port=ids[0])
    found: list[list[str]] = []

    for values in ({"port": ids[0]}, {"port": ids[0], "others": ids}):
        with statements.recorded() as recorded:
            await circuits.begin("survey_ports", **values)  # pyright: ignore[reportArgumentType]  # JSON
        found.append(recorded.verbs)

    assert found == [["BEGIN", "SELECT", "SELECT", "WITH", "WITH", "COMMIT"]] * 2


async def test_a_form_of_a_step_may_name_a_subscription(circuits: CircuitHouse) -> None:
    port = await circuits.new_port(speed=40)
    async with circuits.working():
        process_id = await circuits.begin("choose_port")
        await circuits.until(process_id, ProcessStatus.SUSPENDED)
        form = await circuits.commands.form(process_id, scope=Scope.all())
        with pytest.raises(InvalidInput) as refusal:
            await circuits.commands.resume(
                process_id, pages=[{"spare": str(new_uuid7())}], actor=ACTOR, scope=Scope.all()
            )
        await circuits.commands.resume(
            process_id, pages=[{"spare": str(port)}], actor=ACTOR, scope=Scope.all()
        )
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    code, message = NOT_FOUND
    assert refusal.value.errors == (FieldError(path=("pages", 0, "spare"), message=message, code=code),)
    assert isinstance(form.schema, dict)
    assert form.schema["properties"] == {
        "spare": {
            "title": "Spare",
            "type": "string",
            "format": "subscription",
            "model": "Port",
            "statuses": ["ACTIVE"],
        }
    }
    assert await circuits.rows("SELECT state->'speeds' AS speeds FROM process WHERE id = $1", process_id) == [
        {"speeds": [40]}
    ]


@pytest.mark.parametrize("text", ["", "a port", "subscription_01h", "port_01h455vb4pex5vsknk084sn02q"])
async def test_what_is_no_id_is_refused_before_anything_is_read(circuits: CircuitHouse, text: str) -> None:
    (error,) = await refused(circuits, "survey_ports", port=text)

    assert (error.path, error.code) == (("port",), "subscription_id")
    assert error.message == (
        f"Found {text!r}; expected subscription_ and 26 characters of Crockford's base 32 in lower case"
    )


async def test_a_page_that_names_what_cannot_be_used_is_refused_before_the_next_one_is_asked_for(
    circuits: CircuitHouse, statements: StatementLog
) -> None:
    port, gone = str(await circuits.new_port()), str(new_uuid7())
    before = await circuits.started()
    first: JsonValue = {"port": gone, "others": [port, None, gone]}

    async def start(*pages: JsonValue) -> None:
        await circuits.commands.start("look_by_pages", pages=pages, actor=ACTOR, scope=Scope.all())

    with pytest.raises(InvalidInput) as refusal:
        await start(first)
    with statements.recorded() as recorded, pytest.raises(FormPageNeeded) as needed:
        await start({"port": port, "others": [port]})

    code, message = NOT_FOUND
    assert refusal.value.errors == (
        FieldError(path=("pages", 0, "port"), message=message, code=code),
        FieldError(path=("pages", 0, "others", 2), message=message, code=code),
    )
    assert needed.value.page.page_index == 1
    assert len(recorded) == 1
    assert await circuits.started() == before


async def test_a_page_of_a_steps_form_is_checked_before_the_next_one_is_asked_for(
    circuits: CircuitHouse,
) -> None:
    theirs = await circuits.new_port("other")
    async with circuits.working():
        process_id = await circuits.begin("choose_port_by_pages")
        await circuits.until(process_id, ProcessStatus.SUSPENDED)

    async def resume(scope: Scope) -> None:
        pages: list[JsonValue] = [{"port": str(theirs)}]
        await circuits.commands.resume(process_id, pages=pages, actor=ACTOR, scope=scope)

    with pytest.raises(FormPageNeeded):
        await resume(Scope.all())
    await circuits.rows("UPDATE subscription SET in_sync = false")
    with pytest.raises(InvalidInput) as refusal:
        await resume(Scope.all())

    assert [(error.path, error.code) for error in refusal.value.errors] == [
        (("pages", 0, "port"), "subscription_not_in_sync")
    ]
