import asyncio

import pytest

from domain.json import JsonValue
from domain.scope import Scope
from engine.errors import ApiUnavailable, CallbackUnknown, CallbackUsed, InvalidInput, WrongStatus
from engine.states import FailureKind, ProcessStatus, StepStatus
from tests.engine.run.house import ACTOR, IMPATIENT, House
from tests.parity import parity

DELIVERY: JsonValue = {"parcel": "P-1"}


@parity("WE-09")
async def test_a_process_goes_on_with_what_was_posted(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        waiting = await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)

        await house.commands.receive_callback(house.stage.callback_token("order"), DELIVERY)
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert waiting.state == {"text": "a", "order_number": 1}
    assert process.state == {"text": "a", "order_number": 1, "parcel": "P-1"}
    step = (await house.steps(process_id))["order"]
    assert (step.status, step.attempts) == (StepStatus.SUCCESS, 1)
    assert step.delta == {"order_number": 1, "parcel": "P-1"}
    assert await house.versions(process_id) == list(range(1, process.version + 1))


@parity("W-10")
async def test_what_a_step_changed_after_an_input_stays_changed_when_a_callback_comes(house: House) -> None:
    async with house.working():
        process_id = await house.start("revoked", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)
        await house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
        await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
        await house.commands.receive_callback(house.stage.callback_token("order"), DELIVERY)
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert process.state == {"text": "a", "confirmed": False, "order_number": 1, "parcel": "P-1"}


async def test_a_callback_that_comes_before_the_step_has_ended_is_kept(house: House) -> None:
    gate = house.stage.hold("order")
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.stage.entry("order")

        await house.commands.receive_callback(house.stage.callback_token("order"), DELIVERY)
        still = await house.process(process_id)
        gate.set()
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert still.status is ProcessStatus.RUNNING
    assert process.state == {"text": "a", "order_number": 1, "parcel": "P-1"}
    statuses = [
        event.payload["status"]
        for event in await house.processes.events_after(Scope.all(), process_id, 0)
        if isinstance(event.payload, dict) and "currentStep" in event.payload
    ]
    assert statuses == ["QUEUED", "RUNNING", "COMPLETED"]


async def test_a_callback_is_taken_once_even_when_it_is_posted_many_times_at_once(house: House) -> None:
    gate = house.stage.hold("order")
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.stage.entry("order")
        token = house.stage.callback_token("order")

        answers = await asyncio.gather(
            *(house.commands.receive_callback(token, DELIVERY) for _ in range(4)), return_exceptions=True
        )
        gate.set()
        await house.until(process_id, ProcessStatus.COMPLETED)

    assert sorted(type(answer).__name__ for answer in answers) == ["CallbackUsed"] * 3 + ["NoneType"]
    assert await house.rows("SELECT count(*) FROM inbox") == [{"count": 1}]


async def test_a_callback_of_a_parked_process_is_taken_once(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
        token = house.stage.callback_token("order")
        await house.commands.receive_callback(token, DELIVERY)

        with pytest.raises(CallbackUsed):
            await house.commands.receive_callback(token, DELIVERY)

        await house.until(process_id, ProcessStatus.COMPLETED)


@pytest.mark.parametrize("token", ["nobody-gave-this-away", "", "a\0b", "\ud800"], ids=ascii)
async def test_an_unknown_token_is_refused(house: House, token: str) -> None:
    with pytest.raises(CallbackUnknown):
        await house.commands.receive_callback(token, DELIVERY)


async def test_a_body_that_does_not_fit_is_refused_and_the_token_stays_good(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        before = await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
        token = house.stage.callback_token("order")

        with pytest.raises(InvalidInput):
            await house.commands.receive_callback(token, {"parcel": 7})
        assert await house.process(process_id) == before

        await house.commands.receive_callback(token, DELIVERY)
        await house.until(process_id, ProcessStatus.COMPLETED)


@parity("WE-09")
@parity("WE-33")
async def test_a_callback_that_does_not_come_in_time_fails_the_process(house: House) -> None:
    async with house.working(IMPATIENT):
        process_id = await house.start("hastily_ordered", text="a")

        process = await house.until(process_id, ProcessStatus.FAILED)

        with pytest.raises(CallbackUsed):
            await house.commands.receive_callback(house.stage.callback_token("hasty_order"), DELIVERY)

    assert process.failure_kind is FailureKind.TIMEOUT
    assert process.failure_reason == "no callback came for step 'hasty_order' before its deadline"
    (attempt,) = (await house.processes.attempts_of([(process_id, "hasty_order")]))[process_id, "hasty_order"]
    assert (attempt.status, attempt.error_kind) == (StepStatus.FAILED, FailureKind.TIMEOUT)
    assert await house.versions(process_id) == list(range(1, process.version + 1))


async def test_a_callback_of_an_aborted_process_is_refused(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
        await house.abort(process_id)

        with pytest.raises((CallbackUsed, WrongStatus)):
            await house.commands.receive_callback(house.stage.callback_token("order"), DELIVERY)

    assert (await house.process(process_id)).status is ProcessStatus.ABORTED


@pytest.mark.parametrize("waits", [False, True])
async def test_an_attempt_that_failed_may_still_be_answered_by_who_took_its_order(
    house: House, *, waits: bool
) -> None:
    house.stage.raising["patient_order"] = [ApiUnavailable("no answer")]
    gate = house.stage.hold("patient_order")
    async with house.working():
        process_id = await house.start("patiently_ordered", text="a")
        await house.stage.entry("patient_order")
        first_token = house.stage.callback_token("patient_order")
        if not waits:
            await house.commands.receive_callback(first_token, DELIVERY)
        gate.set()
        if waits:
            await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
            await house.commands.receive_callback(first_token, DELIVERY)
        process = await house.until(process_id, ProcessStatus.COMPLETED)
        with pytest.raises(CallbackUsed):
            await house.commands.receive_callback(first_token, DELIVERY)

    assert process.state == {"text": "a", "order_number": 2, "parcel": "P-1"}
    assert (await house.steps(process_id))["patient_order"].attempts == 2
    (unread,) = await house.rows("SELECT count(*) FROM inbox WHERE read_version IS NULL")
    assert unread["count"] == 0


async def test_a_failed_step_takes_its_token_with_it(house: House) -> None:
    house.stage.raising["order"] = [RuntimeError("no")]
    async with house.working():
        process_id = await house.start("ordered", text="a")
        await house.until(process_id, ProcessStatus.FAILED)

        with pytest.raises(CallbackUsed):
            await house.commands.receive_callback(house.stage.callback_token("order"), DELIVERY)


@parity("WE-09")
@parity("W-22")
async def test_the_token_is_stored_as_a_hash_and_nowhere_else(house: House) -> None:
    async with house.working():
        process_id = await house.start("ordered", text="a")
        process = await house.until(process_id, ProcessStatus.AWAITING_CALLBACK)
    token = house.stage.callback_token("order")

    events = await house.processes.events_after(Scope.all(), process_id, 0)
    (row,) = await house.rows("SELECT * FROM callback")

    assert token not in repr((process, events, row, await house.steps(process_id)))
