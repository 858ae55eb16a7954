"""What commands are given has bounds: what cannot be kept is refused, typed, and nothing has changed."""

from dataclasses import replace

import pytest

from domain.ids import CustomerId, ProcessId
from domain.scope import Scope
from engine.errors import IdempotencyKeyUsed, InvalidInput
from engine.run.commands import Commands, StartedProcess
from engine.states import ProcessStatus
from tests.engine.run.house import ACTOR, SETTINGS, House

UNREADABLE = ["", " \n", "x" * 2001, "a\0b", "\ud800"]


async def test_the_longest_reason_is_kept(house: House) -> None:
    process_id = await house.start("single", text="a")

    await house.commands.abort(process_id, reason="é" * 2000, actor=ACTOR, scope=Scope.all())

    assert (await house.process(process_id)).failure_reason == "é" * 2000


async def test_an_abort_needs_no_reason(house: House) -> None:
    process_id = await house.start("single", text="a")

    assert await house.commands.abort(process_id, actor=ACTOR, scope=Scope.all()) is ProcessStatus.ABORTED


@pytest.mark.parametrize("reason", UNREADABLE, ids=ascii)
async def test_a_reason_that_cannot_be_kept_aborts_and_skips_nothing(house: House, reason: str) -> None:
    process_id = await _suspended(house)
    before = await house.process(process_id)

    with pytest.raises(InvalidInput) as abort:
        await house.commands.abort(process_id, reason=reason, actor=ACTOR, scope=Scope.all())
    with pytest.raises(InvalidInput) as skip:
        await house.commands.skip(
            process_id, "confirm", reason=reason, values={"confirmed": True}, actor=ACTOR, scope=Scope.all()
        )

    assert [error.path for refusal in (abort, skip) for error in refusal.value.errors] == [("reason",)] * 2
    assert await house.process(process_id) == before


@pytest.mark.parametrize("key", ["", "x" * 256, "a\0b", "\ud800"], ids=ascii)
async def test_a_key_that_cannot_be_kept_starts_nothing(house: House, key: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await house.commands.start(
            "single", values={"text": "a"}, idempotency_key=key, actor=ACTOR, scope=Scope.all()
        )

    assert [error.path for error in refusal.value.errors] == [("idempotency_key",)]
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]


async def test_a_version_of_no_subscription_starts_nothing(house: House) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await house.commands.start(
            "single", values={"text": "a"}, expected_version=3, actor=ACTOR, scope=Scope.all()
        )

    assert [str(error) for error in refusal.value.errors] == [
        "version: Found version 3 of a subscription, but no subscription"
    ]
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]


@pytest.mark.parametrize(
    ("arguments", "path"),
    [({"values": {"text": "x" * 1_000_000}}, ()), ({"pages": [{"text": "x" * 1_000_000}]}, ("pages",))],
    ids=["values", "pages"],
)
async def test_an_input_that_no_state_can_hold_starts_nothing(
    house: House, arguments: dict[str, object], path: tuple[str, ...]
) -> None:
    with pytest.raises(InvalidInput) as refusal:
        await house.commands.start("single", **({"actor": ACTOR, "scope": Scope.all()} | arguments))  # pyright: ignore[reportArgumentType]  # the table's values

    assert [(error.path, error.message) for error in refusal.value.errors] == [
        (path, "The state would be 1000011 bytes of JSON, at most 1000000 are allowed")
    ]
    assert await house.rows("SELECT count(*) FROM process") == [{"count": 0}]


async def test_an_answer_for_which_the_state_has_no_room_changes_nothing(house: House) -> None:
    process_id = await _suspended(house)
    before = await house.process(process_id)
    narrow = Commands(
        house.database,
        catalog=house.catalog,
        registry=house.registry,
        settings=replace(SETTINGS, state_limit_bytes=40),
    )

    with pytest.raises(InvalidInput) as refusal:
        await narrow.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())

    assert [(error.path, error.message) for error in refusal.value.errors] == [
        (("pages",), "The state would be 48 bytes of JSON, at most 40 are allowed")
    ]
    assert await house.process(process_id) == before


async def test_what_one_caller_has_used_as_a_key_is_nothing_to_another(house: House) -> None:
    first = await _start_for(house, "acme", actor="ada")

    other = await _start_for(house, "umbrella", actor="bob")
    again = [
        await _start_for(house, "acme", actor="ada"),
        await _start_for(house, "umbrella", actor="bob"),
    ]

    assert (first.created, other.created) == (True, True)
    assert [answer.process_id for answer in again] == [first.process_id, other.process_id]
    assert [answer.created for answer in again] == [False, False]


async def test_a_key_of_a_caller_whose_scope_was_narrowed_names_no_process(house: House) -> None:
    first = await _start_for(house, "acme", actor="ada")

    with pytest.raises(IdempotencyKeyUsed) as unseen:
        await _start_for(house, "umbrella", actor="ada")
    with pytest.raises(IdempotencyKeyUsed) as seen:
        await _start_for(house, "acme", actor="ada", speed=98)

    assert (unseen.value.process_id, seen.value.process_id) == (None, first.process_id)
    assert str(first.process_id) not in str(unseen.value)


async def _start_for(house: House, customer: str, *, actor: str, speed: int = 99) -> StartedProcess:
    return await house.commands.start(
        "create_port",
        values={"customer_id": customer, "speed": speed},
        idempotency_key="once",
        actor=actor,
        scope=Scope.of(CustomerId(customer)),
    )


async def _suspended(house: House) -> ProcessId:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)
    return process_id
