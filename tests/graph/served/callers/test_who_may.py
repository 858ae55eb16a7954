"""Who may do what: every query, mutation and event, for every kind of caller, over HTTP."""

import pytest

from graph.authentication.settings import OPERATOR, READER
from graph.execution.needs import permissions_of
from graph.permissions import Permission
from tests.graph.served.callers.house import ROOTS, ClosedHouse, Target
from tests.graph.served.house import SCHEMA

ROLES = {"reader": READER, "operator": OPERATOR, "admin": frozenset(Permission)}


def needs(target: Target) -> frozenset[Permission | None]:
    return frozenset(permissions_of(SCHEMA.core, SCHEMA.core.type_map[target.holder], target.name))  # pyright: ignore[reportArgumentType]  # a root type has fields


async def test_strangers_may_do_nothing(closed: ClosedHouse) -> None:
    before = await closed.stored()

    with closed.log.recorded() as statements:
        answers = [await closed.ask(target, role=None) for target in ROOTS]

    assert {answer["errors"][0]["extensions"]["code"] for answer in answers} == {"NO_TOKEN"}
    assert {tuple(answer) for answer in answers} == {("errors",)}
    assert list(statements) == []
    assert await closed.stored() == before


@pytest.mark.parametrize("role", ["gardener", *ROLES])
async def test_a_role_may_do_what_its_permissions_say_and_nothing_else(
    closed: ClosedHouse, role: str
) -> None:
    permissions = ROLES.get(role, frozenset[Permission]())
    allowed = [target for target in ROOTS if needs(target) <= permissions]
    forbidden = [target for target in ROOTS if not needs(target) <= permissions]
    before = await closed.stored()

    with closed.log.recorded() as statements:
        refused = {target.name: await closed.ask(target, role=role) for target in forbidden}
    # What changes nothing may be tried by those who may.
    read = {
        target.name: await closed.ask(target, role=role) for target in allowed if target.kind != "mutation"
    }

    assert {
        name: ({error["extensions"]["code"] for error in answer["errors"]}, "data" in answer)
        for name, answer in refused.items()
    } == {target.name: ({"NOT_ALLOWED"}, False) for target in forbidden}
    assert list(statements) == []
    assert [name for name, answer in read.items() if "NOT_ALLOWED" in str(answer)] == []
    assert await closed.stored() == before


async def test_who_serves_other_customers_finds_nothing_and_changes_nothing(closed: ClosedHouse) -> None:
    before = await closed.stored()
    own = {
        *(closed.ids[kind] for kind in ("process", "subscription", "step", "block", "customer")),
        "lab-1",
        "customer 1",
    }

    for target in ROOTS:
        if needs(target) <= OPERATOR:
            answer = await closed.ask(target, role="operator", customer="customer 2")
            said = str(target.operation(closed.ids))
            assert [each for each in own if each in str(answer) and each not in said] == [], target.name

    assert await closed.stored() == before
