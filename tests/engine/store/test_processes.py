import pytest

from domain.scope import Scope
from domain.storage.listing.filters import And, FieldFilter, Not, Operator
from domain.storage.listing.paging import PageRequest
from engine.states import ProcessStatus, StepKind, StepStatus
from engine.store.processes import HEAVY_COLUMNS
from engine.store.records import PlannedStep
from tests.engine.run.house import House
from tests.postgres import StatementLog


async def test_pages_hold_the_newest_first_and_say_whether_there_are_more(house: House) -> None:
    ids = [await house.start("single", text=str(number)) for number in range(5)]
    newest_first = ids[::-1]

    first = await house.processes.page(Scope.all(), request=PageRequest(first=2))
    second = await house.processes.page(Scope.all(), request=PageRequest(first=2, after=(first.rows[-1].id,)))
    last = await house.processes.page(Scope.all(), request=PageRequest(last=2))
    numbered = await house.processes.page(Scope.all(), request=PageRequest(first=2, offset=4))

    assert [row.id for row in first.rows] == newest_first[:2]
    assert (first.has_previous, first.has_next) == (False, True)
    assert [row.id for row in second.rows] == newest_first[2:4]
    assert (second.has_previous, second.has_next) == (True, True)
    assert [row.id for row in last.rows] == newest_first[3:]
    assert (last.has_previous, last.has_next) == (True, False)
    assert [row.id for row in numbered.rows] == newest_first[4:]


async def test_a_page_is_narrowed_by_status_workflow_and_kind(house: House) -> None:
    single = await house.start("single", text="a")
    await house.start("linear", text="a")

    page = await house.processes.page(
        Scope.all(),
        request=PageRequest(first=10),
        where=And(
            (
                FieldFilter("status", Operator.IN, [ProcessStatus.QUEUED, ProcessStatus.FAILED]),
                FieldFilter("workflow", Operator.EQ, "single"),
                FieldFilter("is_task", Operator.EQ, value=True),
            )
        ),
    )

    assert [row.id for row in page.rows] == [single]
    failed = FieldFilter("status", Operator.EQ, ProcessStatus.FAILED)
    assert await house.processes.count(Scope.all(), failed) == 0
    assert await house.processes.count(Scope.all(), Not(failed)) == 2


@pytest.mark.parametrize("columns", [None, frozenset[str](), HEAVY_COLUMNS])
async def test_heavy_columns_are_read_where_they_are_asked_for(
    house: House, columns: frozenset[str] | None
) -> None:
    process_id = await house.start("confirmed", text="a")

    process = (await house.processes.by_ids(Scope.all(), [process_id], columns))[process_id]

    wanted = columns is None or columns == HEAVY_COLUMNS
    assert process.state == ({"text": "a"} if wanted else None)
    assert process.planned_steps == (
        (
            PlannedStep(key="first", name="First", kind=StepKind.STEP),
            PlannedStep(key="confirm", name="Confirm", kind=StepKind.INPUT, assignee="NOC"),
            PlannedStep(key="third", name="Third", kind=StepKind.STEP),
        )
        if wanted
        else ()
    )


async def test_what_belongs_to_many_processes_is_one_statement(
    house: House, statements: StatementLog
) -> None:
    async with house.working():
        ids = [await house.start("linear", text=str(number)) for number in range(3)]
        for process_id in ids:
            await house.until(process_id, ProcessStatus.COMPLETED)

    with statements.recorded() as recorded:
        steps = await house.processes.steps_of(ids)
        attempts = await house.processes.attempts_of([(process_id, "first") for process_id in ids])
        subscriptions = await house.processes.subscriptions_of(ids)
        snapshot = await house.processes.snapshot(Scope.all(), ids[0])

    assert recorded.verbs == ["SELECT"] * 4
    assert [len(found) for found in steps.values()] == [5] * 3
    assert [found[0].status for found in attempts.values()] == [StepStatus.SUCCESS] * 3
    assert subscriptions == {process_id: [] for process_id in ids}
    assert snapshot is not None
