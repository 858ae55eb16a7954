"""What may be started on subscriptions that are related to others, as it is read and as it is decided."""

from collections.abc import Iterable

import pytest

from domain.ids import SubscriptionId, new_uuid7
from domain.json import JsonValue
from domain.scope import Scope
from engine.actions import Action, Blocker, BlockerCode
from engine.errors import ActionBlocked, FormPageNeeded
from engine.states import ProcessStatus
from engine.store.subjects import MOST_LISTED
from tests.engine.run.circuit_house import ACME, OTHER, CircuitHouse
from tests.engine.run.house import ACTOR
from tests.parity import parity
from tests.postgres import StatementLog

ALL = Scope.all()


def blocked(actions: Iterable[Action]) -> dict[str, list[BlockerCode]]:
    return {action.workflow.name: [blocker.code for blocker in action.blockers] for action in actions}


@parity("PM-33")
async def test_the_actions_of_many_subscriptions_are_one_statement(
    circuits: CircuitHouse, statements: StatementLog
) -> None:
    port = await circuits.new_port()
    circuit = await circuits.new_circuit(port)
    others = [await circuits.new_port(speed=speed) for speed in (20, 30)]
    await circuits.commands.find_actions([port], scope=ALL)

    with statements.recorded() as recorded:
        actions = await circuits.commands.find_actions([port, circuit, *others], scope=ALL)

    assert recorded.verbs == ["SELECT"]
    assert {subscription_id: blocked(found) for subscription_id, found in actions.items()} == {
        port: {
            "modify_port": [],
            "terminate_port": [BlockerCode.IN_USE],
            "force_port_out": [],
            "validate_port": [],
        },
        circuit: {"modify_circuit": [], "terminate_circuit": [], "change_circuit_and_port": []},
        **{
            other: {"modify_port": [], "terminate_port": [], "force_port_out": [], "validate_port": []}
            for other in others
        },
    }


@parity("PM-25")
@parity("PM-33")
async def test_a_subscription_under_work_blocks_those_that_use_it_and_those_it_uses(
    circuits: CircuitHouse,
) -> None:
    port = await circuits.new_port()
    circuit, sibling = await circuits.new_circuit(port), await circuits.new_circuit(port)
    process_id = await circuits.begin("modify_circuit", circuit)

    actions = await circuits.commands.find_actions([port, circuit, sibling], scope=ALL)
    refusals = [
        await circuits.attempt("modify_port", port, speed=1),
        await circuits.attempt("terminate_circuit", circuit),
        await circuits.attempt("modify_circuit", sibling),
    ]

    assert blocked(actions[port]) == {
        "modify_port": [BlockerCode.RELATED_NOT_IN_SYNC],
        "terminate_port": [BlockerCode.RELATED_NOT_IN_SYNC, BlockerCode.IN_USE],
        "force_port_out": [BlockerCode.RELATED_NOT_IN_SYNC],
        "validate_port": [],
    }
    related, held, started = refusals
    assert isinstance(related, ActionBlocked)
    assert (related.workflow, related.subscription_id, related.blockers) == (
        "modify_port",
        port,
        (
            Blocker(
                code=BlockerCode.RELATED_NOT_IN_SYNC,
                message="A subscription that uses this one, or that it uses, is out of sync;"
                " expected all of them in sync",
                subscriptions=(circuit,),
                processes=(process_id,),
            ),
        ),
    )
    assert isinstance(held, ActionBlocked)
    assert [(each.code, each.processes) for each in held.blockers] == [
        (BlockerCode.NOT_IN_SYNC, (process_id,))
    ]
    assert not isinstance(started, ActionBlocked)
    assert await circuits.rows("SELECT id, held_by FROM subscription WHERE NOT in_sync ORDER BY id") == [
        {"id": circuit, "held_by": process_id},
        {"id": sibling, "held_by": started},
    ]


async def test_a_blocked_start_writes_nothing(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    await circuits.new_circuit(port)
    before = await circuits.started()

    refusal = await circuits.attempt("terminate_port", port)

    assert isinstance(refusal, ActionBlocked)
    assert str(refusal) == (
        f"workflow 'terminate_port' cannot be started on subscription {port}: "
        "Other subscriptions use this one; expected only TERMINATED ones"
    )
    assert await circuits.started() == before
    assert await circuits.rows("SELECT count(*) FROM subscription WHERE NOT in_sync") == [{"count": 0}]


async def test_a_blocked_start_is_refused_before_its_form_is_asked(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    await circuits.begin("modify_port", port, speed=1)

    several: list[list[JsonValue]] = [[], [{"speed": 2}]]
    for pages in several:
        with pytest.raises(ActionBlocked):
            await circuits.commands.start(
                "modify_port", pages=pages, subscription_id=port, actor=ACTOR, scope=ALL
            )


async def test_a_form_is_asked_where_nothing_is_in_the_way(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()

    with pytest.raises(FormPageNeeded):
        await circuits.commands.start("modify_port", pages=[], subscription_id=port, actor=ACTOR, scope=ALL)


@parity("PM-33")
async def test_actions_are_given_in_scope_and_list_what_is_in_scope(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    mine, theirs = await circuits.new_circuit(port), await circuits.new_circuit(port, "other")
    held = {circuit: await circuits.begin("modify_circuit", circuit) for circuit in (mine, theirs)}
    ids = [port, mine, theirs, SubscriptionId(new_uuid7())]

    seen = await circuits.commands.find_actions(ids, scope=Scope.of(ACME))

    assert seen.keys() == {port, mine}
    blockers = {action.workflow.name: action.blockers for action in seen[port]}["terminate_port"]
    assert [(each.code, each.subscriptions, each.processes) for each in blockers] == [
        (BlockerCode.RELATED_NOT_IN_SYNC, (mine,), (held[mine],)),
        (BlockerCode.IN_USE, (mine,), ()),
    ]
    assert await circuits.commands.find_actions([port], scope=Scope.of(OTHER)) == {}


async def test_of_very_many_users_some_are_listed_and_those_in_scope_first(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    mine = await circuits.new_circuit(port)
    await circuits.rows(
        """
        WITH block AS (SELECT id FROM block WHERE block = 'PortBlock'),
        user_ AS (
            INSERT INTO subscription (id, product_id, customer_id, status, description, in_sync, version)
            SELECT ('00000000-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, product_id, 'other',
                   'ACTIVE', 'many', true, 1
            FROM subscription, generate_series(1, 150) AS n WHERE subscription.id = $1
            RETURNING id
        )
        INSERT INTO block_relation (subscription_id, parent_id, attribute, position, child_id, owner_id)
        SELECT user_.id, NULL, 'end', 0, block.id, $1 FROM user_, block
        """,
        port,
    )

    def used(actions: Iterable[Action]) -> list[int]:
        return [len(blocker.subscriptions) for action in actions for blocker in action.blockers]

    everything = await circuits.commands.find_actions([port], scope=ALL)
    scoped = await circuits.commands.find_actions([port], scope=Scope.of(ACME))

    assert used(everything[port]) == [MOST_LISTED]
    assert [blocker.subscriptions for action in scoped[port] for blocker in action.blockers] == [(mine,)]


@parity("PM-33")
async def test_one_that_starts_out_of_sync_does_not_take_the_lock(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()
    holder = await circuits.begin("modify_port", port, speed=20)

    validation = await circuits.begin("validate_port", port)

    assert await circuits.rows("SELECT in_sync, held_by FROM subscription") == [
        {"in_sync": False, "held_by": holder}
    ]
    assert (await circuits.processes.subscriptions_of([validation]))[validation] == [port]


async def test_one_that_started_out_of_sync_lets_nothing_go_that_it_does_not_hold(
    circuits: CircuitHouse,
) -> None:
    port = await circuits.new_port()
    await circuits.rows("UPDATE subscription SET in_sync = false")

    async with circuits.working():
        process_id = await circuits.begin("validate_port", port)
        await circuits.until(process_id, ProcessStatus.COMPLETED)

    assert await circuits.rows("SELECT in_sync, held_by FROM subscription") == [
        {"in_sync": False, "held_by": None}
    ]


async def test_one_that_may_start_out_of_sync_takes_the_lock_of_one_in_sync(circuits: CircuitHouse) -> None:
    port = await circuits.new_port()

    validation = await circuits.begin("validate_port", port)

    assert await circuits.rows("SELECT in_sync, held_by FROM subscription") == [
        {"in_sync": False, "held_by": validation}
    ]


async def test_a_repetition_is_answered_although_its_subject_is_blocked_by_now(
    circuits: CircuitHouse,
) -> None:
    port = await circuits.new_port()

    started = [
        await circuits.commands.start(
            "modify_port",
            pages=[{"speed": 20}],
            subscription_id=port,
            idempotency_key="once",
            actor=ACTOR,
            scope=ALL,
        )
        for _ in range(2)
    ]

    assert [each.created for each in started] == [True, False]
    assert started[0].process_id == started[1].process_id
