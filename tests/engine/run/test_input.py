import asyncio

import pytest

from domain.ids import CustomerId
from domain.scope import Scope
from engine.errors import Conflict, FormPageNeeded, InvalidInput, ProcessNotFound, WrongStatus
from engine.states import ProcessStatus, StepStatus
from tests.engine.run.house import ACTOR, House
from tests.parity import parity


@parity("WE-04")
@parity("WE-40")
async def test_a_process_waits_for_a_person_and_goes_on_with_the_answer(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        waiting = await house.until(process_id, ProcessStatus.SUSPENDED)
        parked = (await house.steps(process_id))["confirm"]

        await house.commands.resume(process_id, pages=[{"sure": True}], actor="bob", scope=Scope.all())
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    assert (waiting.assignee, waiting.current_step) == ("NOC", "confirm")
    assert (parked.status, parked.assignee, parked.finished_at) == (StepStatus.SUSPENDED, "NOC", None)
    assert process.state == {"text": "a", "rack": "rack of a", "confirmed": True}
    assert process.assignee is None
    step = (await house.steps(process_id))["confirm"]
    assert (step.status, step.attempts, step.delta) == (StepStatus.SUCCESS, 1, {"confirmed": True})
    assert house.stage.contexts["third"].actor == "bob"
    assert house.stage.contexts["third"].reporter == ACTOR


async def test_the_form_of_a_suspended_process_can_be_seen(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)

    page = await house.commands.form(process_id, scope=Scope.all())

    assert (page.page_index, page.has_next) == (0, False)
    with pytest.raises(FormPageNeeded) as needed:
        await house.commands.resume(process_id, pages=[], actor=ACTOR, scope=Scope.all())
    assert needed.value.page == page


@parity("WE-04")
async def test_pages_that_do_not_fit_change_nothing(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        before = await house.until(process_id, ProcessStatus.SUSPENDED)

    with pytest.raises(InvalidInput) as refusal:
        await house.commands.resume(process_id, pages=[{"sure": "perhaps"}], actor=ACTOR, scope=Scope.all())

    assert refusal.value.errors[0].path == ("pages", 0, "sure")
    assert await house.process(process_id) == before


@parity("WE-40")
@parity("WE-40", mends="double-run")
async def test_of_many_answers_at_once_one_is_taken(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)

        answers = await asyncio.gather(
            *(
                house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())
                for _ in range(4)
            ),
            return_exceptions=True,
        )
        process = await house.until(process_id, ProcessStatus.COMPLETED)

    refused = [answer for answer in answers if answer is not None]
    assert len(refused) == 3
    assert all(isinstance(answer, Conflict | WrongStatus) for answer in refused)
    assert (await house.steps(process_id))["third"].attempts == 1
    assert await house.versions(process_id) == list(range(1, process.version + 1))


@parity("WE-09", mends="resume")
@parity("W-09")
async def test_a_process_that_is_not_suspended_takes_no_input(house: House) -> None:
    process_id = await house.start("confirmed", text="a")

    with pytest.raises(WrongStatus) as refusal:
        await house.commands.resume(process_id, pages=[{"sure": True}], actor=ACTOR, scope=Scope.all())

    assert (refusal.value.found, refusal.value.expected) == (
        ProcessStatus.QUEUED,
        frozenset({ProcessStatus.SUSPENDED}),
    )


async def test_a_process_out_of_scope_is_not_found(house: House) -> None:
    async with house.working():
        process_id = await house.start("confirmed", text="a")
        await house.until(process_id, ProcessStatus.SUSPENDED)

    with pytest.raises(ProcessNotFound):
        await house.commands.form(process_id, scope=Scope.of(CustomerId("acme")))
